package io.tensorpool.client;

import io.tensorpool.Endpoint;
import io.tensorpool.ProgressHints;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.protocol.ProgressProxy;
import io.tensorpool.runtime.AeronConnection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The consumers that want to hear how far a producer's frames are (wire specification 10.2.2). From their wishes follow how often
 * they are told, and whether on the control stream that all share: it gets a publication of this producer's when the first
 * consumer comes that has no stream of its own. Conductor's thread only.
 */
final class ProgressFollowers {
    /** More are not remembered; they hear what the others do. */
    static final int MAX_FOLLOWERS = 256;
    /** A consumer is gone when neither hello nor report came for so many intervals. */
    private static final int STALE_INTERVALS = 4;

    private static final class Follower {
        private final int consumerId;
        private ProgressHints hints;
        private long heardNs;

        private Follower(final int consumerId, final ProgressHints hints) {
            this.consumerId = consumerId;
            this.hints = hints;
        }
    }

    private final AeronConnection connection;
    private final OwnStream sharedStream;
    private final ProgressLimits limits;
    private final ProgressAnnouncer announcer;
    private final ConsumerPublications publications;
    private final long staleNs;
    private final List<Follower> followers = new ArrayList<>();
    private ConsumerPublications.Controls[] controls = {};
    private @Nullable ServedStream shared;
    private @Nullable ProgressProxy sharedProxy;
    private boolean isChanged;

    ProgressFollowers(
            final AeronConnection connection,
            final Endpoint controlEndpoint,
            final ProgressLimits limits,
            final Producer producer,
            final long reportIntervalNs) {
        this.connection = connection;
        this.sharedStream = new OwnStream(controlEndpoint.channel(), controlEndpoint.streamId());
        this.limits = limits;
        this.announcer = producer.progress();
        this.publications = producer.consumerPublications();
        this.staleNs = STALE_INTERVALS * reportIntervalNs;
    }

    private @Nullable Follower find(final int consumerId) {
        for (int i = 0; i < followers.size(); i++) {
            if (followers.get(i).consumerId == consumerId) {
                return followers.get(i);
            }
        }
        return null;
    }

    /** A consumer of the producer's stream presented itself. */
    void onHello(final ConsumerHello hello, final long nowNs) {
        if (!hello.progress().areWanted()) {
            onGone(hello.consumerId());
            return;
        }
        Follower follower = find(hello.consumerId());
        if (follower == null) {
            if (followers.size() == MAX_FOLLOWERS) {
                return;
            }
            follower = new Follower(hello.consumerId(), hello.progress());
            followers.add(follower);
            isChanged = true;
        }
        isChanged |= !follower.hints.equals(hello.progress());
        follower.hints = hello.progress();
        follower.heardNs = nowNs;
    }

    /** A consumer of the producer's stream reported. */
    void onReport(final int consumerId, final long nowNs) {
        final Follower follower = find(consumerId);
        if (follower != null) {
            follower.heardNs = nowNs;
        }
    }

    /** A consumer's lease on the producer's stream is over. */
    void onGone(final int consumerId) {
        final Follower follower = find(consumerId);
        if (follower != null) {
            followers.remove(follower);
            isChanged = true;
        }
    }

    /** Advances what is due. Returns a work count. */
    @SuppressWarnings("ReferenceEquality") // the array is replaced whole
    int doWork(final long nowNs) {
        if (followers.isEmpty() && !isChanged) {
            return 0;
        }
        isChanged |= followers.removeIf(follower -> nowNs - follower.heardNs > staleNs);
        if (controls != publications.controls()) {
            controls = publications.controls();
            isChanged = true;
        }
        final boolean needsShared = needsShared();
        if (needsShared) {
            isChanged |= advanceShared();
        }
        if (!isChanged) {
            return 0;
        }
        isChanged = false;
        announcer.plan(followers.isEmpty() ? null : plan(needsShared));
        return 1;
    }

    private ProgressAnnouncer.Plan plan(final boolean needsShared) {
        final List<ProgressHints> wishes = new ArrayList<>();
        followers.forEach(follower -> wishes.add(follower.hints));
        return new ProgressAnnouncer.Plan(ProgressPolicy.of(limits, wishes), needsShared ? sharedProxy : null);
    }

    /** Whether somebody has no stream of its own. */
    private boolean needsShared() {
        for (int i = 0; i < followers.size(); i++) {
            if (!hasOwn(followers.get(i).consumerId)) {
                return true;
            }
        }
        return false;
    }

    private boolean hasOwn(final int consumerId) {
        for (final ConsumerPublications.Controls own : controls) {
            if (own.consumerId() == consumerId) {
                return true;
            }
        }
        return false;
    }

    private boolean advanceShared() {
        if (sharedProxy != null) {
            return false;
        }
        if (shared == null) {
            shared = new ServedStream(connection, sharedStream);
        }
        shared.doWork(publications.counts());
        final ConsumerPublication ready = shared.ready();
        sharedProxy = ready == null ? null : new ProgressProxy(ready);
        return ready != null;
    }

    /** The producer ends; the publication is closed by {@link #release}. */
    void close() {
        followers.clear();
        isChanged = false;
        announcer.plan(null);
    }

    /** Once no thread is inside the publication. */
    void release() {
        if (shared != null) {
            shared.close();
            shared = null;
            sharedProxy = null;
        }
    }

    /** The Aeron client is gone, and the publication with it; hellos bring the consumers back. */
    void onAeronLost() {
        close();
        release();
    }
}
