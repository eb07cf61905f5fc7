package io.tensorpool.client;

import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Subscription;
import org.jspecify.annotations.Nullable;

/**
 * A producer's subscription to its own publication, moved along without reading. A media driver leaves an untethered
 * subscriber behind only when another one is ahead of it; this is that other one, so that a sole stopped consumer cannot
 * stall the producer for long. Producer's thread only.
 */
final class OwnSubscription {
    /** Fraction of a term after which the position is moved: often enough, and far from every frame. */
    private static final int MOVES_PER_TERM = 16;

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
        this.stepBytes = termLength / MOVES_PER_TERM;
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
