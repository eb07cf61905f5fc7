package io.tensorpool.client;

import io.aeron.Subscription;
import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.protocol.FragmentSource;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.runtime.AeronConnection;
import io.tensorpool.runtime.AeronResource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The conductor's side of where a consumer hears how far frames are: the control stream that all share, or its own while
 * somebody publishes there. What is subscribed to is polled, since a subscription that stands still would hold up its
 * publications; what is left is closed once the consumer's thread was seen outside. Conductor's thread only.
 */
final class ProgressFeed {
    private final AeronConnection connection;
    private final ProgressReader reader;
    private final UseMark useMark;
    private final Endpoint sharedEndpoint;
    private final List<AeronResource<Subscription>> closing = new ArrayList<>();
    private OwnStream assigned = OwnStream.NONE;
    private @Nullable AeronResource<Subscription> shared;
    private @Nullable AeronResource<Subscription> own;
    private @Nullable Subscription readShared;
    private @Nullable Subscription readOwn;
    private boolean isOn;

    ProgressFeed(final ClientServices services, final Consumer consumer, final ConsumerOptions options) {
        this.connection = services.connection();
        this.reader = consumer.progressReader();
        this.useMark = consumer.useMark();
        this.sharedEndpoint = services.context().controlEndpoint();
        this.isOn = options.progress().areWanted();
    }

    /** A control stream of the consumer's own. The first one is kept until it is withdrawn. */
    void assign(final OwnStream stream) {
        if (isOn && assigned.isNone() && !stream.isNone()) {
            assigned = stream;
            own = connection.addSubscription(new Endpoint(stream.channel(), stream.streamId()));
        }
    }

    /** There is no stream of the consumer's own any more. */
    void withdraw() {
        assigned = OwnStream.NONE;
        discard(own);
        own = null;
    }

    /** Goes on. Returns a work count. */
    int doWork() {
        if (isOn) {
            final Subscription toOwn = own == null ? null : current(own);
            final boolean isOnOwn = toOwn != null && toOwn.isConnected();
            if (isOnOwn) {
                discard(shared);
                shared = null;
            } else if (shared == null) {
                shared = connection.addSubscription(sharedEndpoint);
            }
            read(shared == null ? null : current(shared), toOwn);
        }
        if (closing.isEmpty() || useMark.isInUse()) {
            return 0;
        }
        release();
        return 1;
    }

    /** One that the media driver refuses is done without. */
    private static @Nullable Subscription current(final AeronResource<Subscription> resource) {
        try {
            return resource.current();
        } catch (final ConfigurationException refused) {
            System.getLogger(ProgressFeed.class.getName()).log(System.Logger.Level.DEBUG, refused::getMessage);
            return null;
        }
    }

    @SuppressWarnings("ReferenceEquality") // the very subscriptions
    private void read(final @Nullable Subscription fromShared, final @Nullable Subscription fromOwn) {
        if (fromShared == readShared && fromOwn == readOwn) {
            return;
        }
        readShared = fromShared;
        readOwn = fromOwn;
        final List<FragmentSource> sources = new ArrayList<>();
        if (fromShared != null) {
            sources.add(fromShared::poll);
        }
        if (fromOwn != null) {
            sources.add(fromOwn::poll);
        }
        reader.sources(sources.toArray(FragmentSource[]::new));
    }

    private void discard(final @Nullable AeronResource<Subscription> resource) {
        if (resource != null) {
            closing.add(resource);
        }
    }

    /** The Aeron client is gone. The shared stream comes back by itself; one of the consumer's own is assigned anew. */
    void onAeronLost() {
        read(null, null);
        withdraw();
        release();
    }

    /** The consumer hears nothing any more; what is left is closed by {@link #release}. */
    void close() {
        isOn = false;
        read(null, null);
        withdraw();
        discard(shared);
        shared = null;
    }

    /** Once the consumer's thread is outside. */
    void release() {
        closing.forEach(AeronResource::close);
        closing.clear();
    }
}
