package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.aeron.protocol.DataHeaderFlyweight;
import java.nio.ByteBuffer;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Keeps the last message in memory: a sink that costs next to nothing, and a source that never ends. */
final class OneMessage implements MessageSink {
    /** Where the message begins in the buffer. */
    static final int OFFSET = DataHeaderFlyweight.HEADER_LENGTH;

    private final UnsafeBuffer buffer;
    private final Header header = new Header(0, 16);
    private int length;

    OneMessage(final int maxLength) {
        buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(BitUtil.align(OFFSET + maxLength, 64)));
        header.buffer(buffer);
    }

    UnsafeBuffer buffer() {
        return buffer;
    }

    int length() {
        return length;
    }

    @Override
    public long tryClaim(final int messageLength, final BufferClaim claim) {
        length = messageLength;
        claim.wrap(buffer, 0, OFFSET + messageLength);
        return OFFSET + messageLength;
    }

    @Override
    public long offer(final DirectBuffer from, final int offset, final int messageLength) {
        length = messageLength;
        buffer.putBytes(OFFSET, from, offset, messageLength);
        return OFFSET + messageLength;
    }

    void deliver(final FragmentHandler handler) {
        handler.onFragment(buffer, OFFSET, length, header);
    }
}
