package io.tensorpool.client;

import io.tensorpool.protocol.DescriptorProxy;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Tells consumers of a frame that is in the ring, and counts what became of that. Producer's thread only, except for the
 * mark.
 */
final class FrameAnnouncer {
    private final int streamId;
    private final boolean publishTimestamps;
    private final NanoClock clock;
    private final Handover<ProducerBinding> handover;
    private final ProducerCounts counts;
    private final UseMark useMark = new UseMark();
    private @Nullable ProducerBinding announcedIn;
    private long lastAnnounced;
    private final ConsumerPublications consumerPublications;

    FrameAnnouncer(
            final ProducerOptions options,
            final NanoClock clock,
            final Handover<ProducerBinding> handover,
            final ProducerCounts counts) {
        this.streamId = options.streamId();
        this.publishTimestamps = options.publishTimestamps();
        this.clock = clock;
        this.handover = handover;
        this.counts = counts;
        this.consumerPublications = new ConsumerPublications(clock);
    }

    /** Where single consumers are told, inside the mark. */
    ConsumerPublications consumerPublications() {
        return consumerPublications;
    }

    /** Says whether the owner's thread is inside Aeron's buffers at this moment. */
    UseMark useMark() {
        return useMark;
    }

    /**
     * Within an epoch numbers only go forward (wire specification 10.2.1). Returns a position, or one of the codes that a
     * commit may answer.
     */
    long announce(final ProducerBinding with, final FrameClaim claim) {
        if (with != announcedIn) {
            announcedIn = with;
            lastAnnounced = -1;
        }
        if (claim.seq() <= lastAnnounced) {
            counts.onOutOfOrder();
            return FixedPool.OUT_OF_ORDER;
        }
        useMark.enter();
        try {
            final long result = handover.isClosed() ? Producer.CLOSED : announceOpen(with, claim);
            count(result);
            return result;
        } finally {
            useMark.leave();
        }
    }

    private long announceOpen(final ProducerBinding with, final FrameClaim claim) {
        final long publishTimeNs = publishTimestamps ? clock.nanoTime() : DescriptorProxy.NULL_TIMESTAMP;
        final long epoch = with.mapping().epoch();
        final long position = with.descriptors()
                .frame(streamId, epoch, claim.seq(), publishTimeNs, claim.metaVersion(), claim.traceId());
        consumerPublications.frame(streamId, epoch, claim.seq(), publishTimeNs, claim.metaVersion(), claim.traceId());
        if (position > 0) {
            lastAnnounced = claim.seq();
            with.ownSubscription().onPublished(position);
            return position;
        }
        if (position == Producer.CLOSED) { // Aeron is lost, and the epoch with it; or this is closed
            return handover.isClosed() ? Producer.CLOSED : Producer.EPOCH_CHANGED;
        }
        if (position == Producer.MAX_POSITION_EXCEEDED) {
            return position;
        }
        with.ownSubscription().moveToPublished();
        return Producer.BACK_PRESSURED;
    }

    private void count(final long result) {
        if (result > 0) {
            counts.onPublished();
        } else if (result == Producer.BACK_PRESSURED) {
            counts.onBackPressured();
        } else if (result == Producer.MAX_POSITION_EXCEEDED) {
            counts.onMaxPositionExceeded();
        } else {
            counts.onDropped();
        }
    }
}
