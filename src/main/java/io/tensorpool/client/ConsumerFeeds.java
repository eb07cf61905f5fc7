package io.tensorpool.client;

import io.aeron.Subscription;
import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.runtime.AeronConnection;
import io.tensorpool.runtime.AeronResource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The conductor's side of where a consumer's descriptors come from. It keeps the first stream that it is assigned until that
 * is withdrawn, and goes back to the shared one when its own is gone (wire specification 5 and 10.1.3). Only what is polled
 * is subscribed to, since a subscription that stands still would hold up its publications; what is left is closed once the
 * consumer's thread was seen outside. Conductor's thread only.
 *
 * <pre>
 *   SHARED     own assigned and there           read both     JOINING
 *   JOINING    consumer's thread went over      close shared  OWN
 *   JOINING    withdrawn, gone                  close own     SHARED
 *   OWN        withdrawn, gone                  add shared    LEAVING
 *   LEAVING    shared there                     read both     RETURNING
 *   RETURNING  consumer's thread went over      close own     SHARED
 * </pre>
 */
final class ConsumerFeeds {
    private enum State {
        SHARED,
        JOINING,
        OWN,
        LEAVING,
        RETURNING
    }

    private final AeronConnection connection;
    private final DescriptorFeeds feeds;
    private final Endpoint sharedEndpoint;
    private final List<Added> closing = new ArrayList<>();
    private State state = State.SHARED;
    private OwnStream assigned = OwnStream.NONE;
    private @Nullable Added shared;
    private @Nullable Added own;
    private boolean isPlanned;
    private boolean isPaused;
    private boolean isEnded;

    /** A subscription, from the moment it is asked for. */
    private static final class Added {
        private final AeronResource<Subscription> resource;
        private final boolean isOwn;
        private @Nullable Subscription subscription;
        private DescriptorFeeds.@Nullable Feed feed;

        private Added(final AeronConnection connection, final Endpoint endpoint, final boolean isOwn) {
            this.resource = connection.addSubscription(endpoint);
            this.isOwn = isOwn;
        }

        /** The subscription when it is there; throws if the media driver refuses it. */
        private DescriptorFeeds.@Nullable Feed feed() {
            final Subscription current = resource.current();
            if (current == null) {
                feed = null;
            } else if (feed == null) {
                feed = new DescriptorFeeds.Feed(current::poll, isOwn);
            }
            subscription = current;
            return feed;
        }

        /** Whether somebody publishes there. */
        private boolean isConnected() {
            return subscription != null && subscription.isConnected();
        }

        /** The Aeron client is gone. */
        private void drop() {
            subscription = null;
            feed = null;
        }
    }

    ConsumerFeeds(final AeronConnection connection, final DescriptorFeeds feeds, final Endpoint sharedEndpoint) {
        this.connection = connection;
        this.feeds = feeds;
        this.sharedEndpoint = sharedEndpoint;
        this.shared = addShared();
    }

    private Added addShared() {
        return new Added(connection, sharedEndpoint, false);
    }

    /** Whether the consumer has been given something to read. */
    boolean isConnected() {
        return isPlanned;
    }

    /** Whether the consumer reads a stream of its own. */
    boolean isOnOwn() {
        return state == State.OWN;
    }

    /** A stream of the consumer's own. The first one is kept until it is withdrawn, and left. */
    void assign(final OwnStream stream) {
        if (state == State.SHARED && own == null && !isPaused && !isEnded) {
            assigned = stream;
            own = new Added(connection, new Endpoint(stream.channel(), stream.streamId()), true);
        }
    }

    /** There is no stream of the consumer's own any more. */
    void withdraw() {
        assigned = OwnStream.NONE;
    }

    /**
     * Goes on.
     *
     * @return a work count.
     * @throws ConfigurationException if the media driver refuses the shared stream.
     */
    int doWork() {
        if (isEnded) {
            return 0;
        }
        final int workCount = switch (state) {
            case SHARED -> isPaused ? 0 : onShared();
            case JOINING -> onJoining();
            case OWN -> onOwn();
            case LEAVING -> onLeaving();
            case RETURNING -> onReturning();
        };
        return workCount + closeUnused();
    }

    private int onShared() {
        if (shared == null) {
            shared = addShared();
        }
        final DescriptorFeeds.Feed main = shared.feed();
        if (main == null) {
            return 0;
        }
        if (!isPlanned) {
            isPlanned = true;
            feeds.plan(new DescriptorFeeds.Plan(main, null));
            return 1;
        }
        if (own != null && assigned.isNone()) {
            discardOwn();
            return 1;
        }
        final DescriptorFeeds.Feed next = ownFeed();
        if (next == null || own == null || !own.isConnected()) {
            return 0;
        }
        feeds.plan(new DescriptorFeeds.Plan(main, next));
        state = State.JOINING;
        return 1;
    }

    /** One that is refused is not tried again until it is assigned again. */
    private DescriptorFeeds.@Nullable Feed ownFeed() {
        try {
            return own == null ? null : own.feed();
        } catch (final ConfigurationException refused) {
            System.getLogger(ConsumerFeeds.class.getName()).log(System.Logger.Level.DEBUG, refused::getMessage);
            discardOwn();
            return null;
        }
    }

    private int onJoining() {
        final DescriptorFeeds.Feed main = feedOf(shared);
        final DescriptorFeeds.Feed next = feedOf(own);
        if (feeds.hasJoined(next)) {
            feeds.plan(new DescriptorFeeds.Plan(next, null));
            discard(shared);
            shared = null;
            state = State.OWN;
            return 1;
        }
        if (isOwnOver()) {
            feeds.plan(new DescriptorFeeds.Plan(main, null));
            discardOwn();
            state = State.SHARED;
            return 1;
        }
        return 0;
    }

    private int onOwn() {
        if (!isOwnOver()) {
            return 0;
        }
        shared = addShared();
        state = State.LEAVING;
        return 1;
    }

    private int onLeaving() {
        final DescriptorFeeds.Feed next = shared == null ? null : shared.feed();
        if (next == null || shared == null || !shared.isConnected()) {
            return 0; // until the shared stream is there, what is left in its own is read
        }
        feeds.plan(new DescriptorFeeds.Plan(feedOf(own), next));
        state = State.RETURNING;
        return 1;
    }

    private int onReturning() {
        final DescriptorFeeds.Feed next = feedOf(shared);
        if (!feeds.hasJoined(next)) {
            return 0;
        }
        feeds.plan(new DescriptorFeeds.Plan(next, null));
        discardOwn();
        state = State.SHARED;
        return 1;
    }

    private boolean isOwnOver() {
        return assigned.isNone() || own == null || !own.isConnected();
    }

    private static DescriptorFeeds.Feed feedOf(final @Nullable Added added) {
        if (added == null || added.feed == null) {
            throw new IllegalStateException("no feed where one is read");
        }
        return added.feed;
    }

    private void discardOwn() {
        discard(own);
        own = null;
        assigned = OwnStream.NONE;
    }

    private void discard(final @Nullable Added added) {
        if (added != null) {
            closing.add(added);
        }
    }

    private int closeUnused() {
        if (closing.isEmpty() || feeds.useMark().isInUse()) {
            return 0;
        }
        release();
        return 1;
    }

    /** Reads nothing until {@link #resume}: the frames come another way. */
    void pause() {
        if (!isPaused) {
            isPaused = true;
            stop();
            discard(shared);
            shared = null;
        }
    }

    /** Reads again. */
    void resume() {
        isPaused = false;
    }

    private void stop() {
        feeds.plan(null);
        discardOwn();
        state = State.SHARED;
        isPlanned = false;
    }

    /** The Aeron client is gone. The shared stream comes back by itself; one of the consumer's own is assigned anew. */
    void onAeronLost() {
        stop();
        release();
        if (shared != null) {
            shared.drop();
        }
    }

    /** The consumer reads nothing any more; what is left is closed by {@link #release}. */
    void close() {
        isEnded = true;
        stop();
        discard(shared);
        shared = null;
    }

    /** Once the consumer's thread is outside. */
    void release() {
        closing.forEach(added -> added.resource.close());
        closing.clear();
    }
}
