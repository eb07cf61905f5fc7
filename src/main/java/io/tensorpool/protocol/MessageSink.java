package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import org.agrona.DirectBuffer;

/**
 * Where a proxy puts its messages: an Aeron publication, or a buffer in a test. The results are Aeron's: a position, or
 * one of the negative codes of {@link io.aeron.Publication}.
 */
public interface MessageSink {
    /**
     * Claims room for a message that fits one fragment.
     *
     * @param length bytes of the message.
     * @param claim  to write into and commit.
     * @return a position, or a negative code.
     */
    long tryClaim(int length, BufferClaim claim);

    /**
     * Copies a message of any length.
     *
     * @param buffer holds the message.
     * @param offset of its first byte.
     * @param length in bytes.
     * @return a position, or a negative code.
     */
    long offer(DirectBuffer buffer, int offset, int length);

    /**
     * Longest message that {@link #offer} takes.
     *
     * @return bytes; without limit by default.
     */
    default int maxMessageLength() {
        return Integer.MAX_VALUE;
    }
}
