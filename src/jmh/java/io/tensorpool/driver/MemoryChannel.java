package io.tensorpool.driver;

import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.logbuffer.Header;
import io.aeron.protocol.DataHeaderFlyweight;
import io.tensorpool.protocol.FragmentSource;
import io.tensorpool.protocol.MessageSink;
import java.nio.ByteBuffer;
import org.agrona.BitUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Messages in memory instead of Aeron, from one thread to itself; begins anew when all were read. Allocates nothing. */
final class MemoryChannel implements MessageSink, FragmentSource {
    private static final int CAPACITY = 16 * 1024 * 1024;
    private static final int ALIGNMENT = 64;

    private final UnsafeBuffer buffer = new UnsafeBuffer(ByteBuffer.allocateDirect(CAPACITY));
    private final Header header = new Header(0, 16);
    private int readAt;
    private int writtenTo;

    MemoryChannel() {
        header.buffer(buffer);
    }

    @Override
    public long tryClaim(final int length, final BufferClaim claim) {
        final int at = append(length);
        claim.wrap(buffer, at, DataHeaderFlyweight.HEADER_LENGTH + length);
        return writtenTo;
    }

    @Override
    public long offer(final DirectBuffer from, final int offset, final int length) {
        final int at = append(length);
        buffer.putBytes(at + DataHeaderFlyweight.HEADER_LENGTH, from, offset, length);
        return writtenTo;
    }

    private int append(final int length) {
        final int at = writtenTo;
        buffer.putInt(at, DataHeaderFlyweight.HEADER_LENGTH + length); // as a claim does when it is committed
        buffer.putByte(at + DataHeaderFlyweight.FLAGS_FIELD_OFFSET, FrameDescriptor.UNFRAGMENTED);
        writtenTo += BitUtil.align(DataHeaderFlyweight.HEADER_LENGTH + length, ALIGNMENT);
        return at;
    }

    @Override
    public int poll(final FragmentHandler handler, final int limit) {
        int count = 0;
        while (count < limit && readAt < writtenTo) {
            final int at = readAt;
            final int frameLength = buffer.getInt(at);
            readAt += BitUtil.align(frameLength, ALIGNMENT);
            header.offset(at);
            handler.onFragment(
                    buffer,
                    at + DataHeaderFlyweight.HEADER_LENGTH,
                    frameLength - DataHeaderFlyweight.HEADER_LENGTH,
                    header);
            count++;
        }
        if (readAt == writtenTo) {
            readAt = 0;
            writtenTo = 0;
        }
        return count;
    }

    /** Forgets everything that was not read; how many bytes that was. */
    int discard() {
        final int bytes = writtenTo - readAt;
        readAt = 0;
        writtenTo = 0;
        return bytes;
    }
}
