package io.tensorpool.client;

import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Subscription;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.protocol.DataHeaderFlyweight;
import io.tensorpool.protocol.DescriptorProxy;
import org.agrona.BitUtil;
import org.jspecify.annotations.Nullable;

/**
 * A producer's subscription to its own publication, moved along without reading. A media driver leaves an untethered
 * subscriber behind only when another one is ahead of it; this is that other one, so that a sole stopped consumer cannot
 * stall the producer for long. Producer's thread only.
 */
final class OwnSubscription {
    /** Frames after which the position is moved. A subscriber that comes later joins at this position, not at the end. */
    private static final int FRAMES_PER_MOVE = 16;

    private final ExclusivePublication publication;
    private final Subscription subscription;
    private final int sessionId;
    private final int termLength;
    private final int stepBytes;
    private @Nullable Image image;
    private long movedTo;

    OwnSubscription(final ExclusivePublication publication, final Subscription subscription) {
        this.publication = publication;
        this.subscription = subscription;
        this.sessionId = publication.sessionId();
        this.termLength = publication.termBufferLength();
        this.stepBytes = FRAMES_PER_MOVE
                * BitUtil.align(
                        DescriptorProxy.MESSAGE_LENGTH + DataHeaderFlyweight.HEADER_LENGTH,
                        FrameDescriptor.FRAME_ALIGNMENT);
    }

    /** After a frame was published at a position. */
    void onPublished(final long position) {
        if (position - movedTo >= stepBytes) {
            moveTo(position);
        }
    }

    /** On back pressure: nothing of ours shall be what holds the publication up. */
    void moveToPublished() {
        final long position = publication.position();
        if (position > 0) {
            moveTo(position);
        }
    }

    /** Moves to a position of the publication, through as many terms as it takes. */
    private void moveTo(final long position) {
        Image current = image;
        if (current == null || current.isClosed()) {
            current = subscription.imageBySessionId(sessionId);
            image = current;
            if (current == null) {
                return; // not linked yet, or the media driver is gone
            }
        }
        long at = current.position();
        while (at < position && !current.isClosed()) {
            final long endOfTerm = (at & -termLength) + termLength;
            at = Math.min(position, endOfTerm);
            current.position(at);
        }
        movedTo = at;
    }
}
