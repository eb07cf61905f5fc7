package io.tensorpool.client;

import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.protocol.MessageSink;
import io.tensorpool.protocol.PublicationSink;
import org.agrona.DirectBuffer;

/**
 * A producer's publication for one consumer alone: descriptors, or progress messages (wire specification 5). It keeps its
 * own subscription moving, so that a consumer that stands still is left behind; what meets back pressure is counted and lost
 * to this consumer alone. Producer's thread only.
 */
final class ConsumerPublication implements MessageSink {
    private final PublicationSink sink;
    private final OwnSubscription ownSubscription;
    private final ConsumerPublications.Counts counts;

    ConsumerPublication(
            final ExclusivePublication publication,
            final Subscription ownSubscription,
            final ConsumerPublications.Counts counts) {
        this.sink = new PublicationSink(publication);
        this.ownSubscription = new OwnSubscription(publication, ownSubscription);
        this.counts = counts;
    }

    @Override
    public long tryClaim(final int length, final BufferClaim claim) {
        return settle(sink.tryClaim(length, claim));
    }

    @Override
    public long offer(final DirectBuffer buffer, final int offset, final int length) {
        return settle(sink.offer(buffer, offset, length));
    }

    /** The position is moved with the claim still open: whoever reads it waits for the commit. */
    private long settle(final long result) {
        if (result > 0) {
            ownSubscription.onPublished(result);
        } else if (result != Publication.CLOSED) {
            counts.onDropped();
            ownSubscription.moveToPublished();
        }
        return result;
    }
}
