package io.tensorpool.protocol;

import io.aeron.Publication;
import io.aeron.logbuffer.BufferClaim;
import org.agrona.DirectBuffer;

/**
 * A publication as a sink. {@link Publication#ADMIN_ACTION} comes with every rotation of the terms and is retried at
 * once.
 *
 * @param publication the messages go to; owned by whoever closes it.
 */
public record PublicationSink(Publication publication) implements MessageSink {
    /** A rotation takes one retry; more mean that something else is wrong, and the caller learns of it. */
    private static final int ADMIN_ACTION_RETRIES = 8;

    /**
     * Whether messages go to this very publication.
     *
     * @param other publication.
     * @return false for any other, of the same stream or not.
     */
    @SuppressWarnings("ReferenceEquality") // identity is what is asked for
    public boolean isFor(final Publication other) {
        return publication == other;
    }

    @Override
    public long tryClaim(final int length, final BufferClaim claim) {
        long result = publication.tryClaim(length, claim);
        for (int i = 0; result == Publication.ADMIN_ACTION && i < ADMIN_ACTION_RETRIES; i++) {
            result = publication.tryClaim(length, claim);
        }
        return result;
    }

    @Override
    public long offer(final DirectBuffer buffer, final int offset, final int length) {
        long result = publication.offer(buffer, offset, length);
        for (int i = 0; result == Publication.ADMIN_ACTION && i < ADMIN_ACTION_RETRIES; i++) {
            result = publication.offer(buffer, offset, length);
        }
        return result;
    }

    @Override
    public int maxMessageLength() {
        return publication.maxMessageLength();
    }
}
