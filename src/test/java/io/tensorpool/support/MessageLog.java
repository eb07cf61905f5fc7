package io.tensorpool.support;

import io.aeron.Publication;
import io.aeron.logbuffer.BufferClaim;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.FrameDescriptor;
import io.aeron.logbuffer.Header;
import io.aeron.protocol.DataHeaderFlyweight;
import io.tensorpool.protocol.FragmentSource;
import io.tensorpool.protocol.MessageSink;
import java.util.ArrayDeque;
import java.util.Deque;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A stream of messages in memory: what is put in at one end comes out of the other, in order, once. It can refuse
 * messages as a publication does. One thread.
 */
public final class MessageLog implements MessageSink, FragmentSource {
    /** Longest message that a publication takes into one claim. */
    private static final int MAX_PAYLOAD_LENGTH = 1408 - DataHeaderFlyweight.HEADER_LENGTH;

    private final Deque<UnsafeBuffer> frames = new ArrayDeque<>();
    private final Header header = new Header(0, 16);
    private long result = 1;
    private long position;
    private RuntimeException failure;

    /** From now on each message is refused with this code of Aeron's; a positive one lets them through. */
    public void answer(final long code) {
        result = code;
    }

    public void backPressured(final boolean isBackPressured) {
        answer(isBackPressured ? Publication.BACK_PRESSURED : 1);
    }

    /** From now on each message fails so, as one does that is too long; null lets them through. */
    public void throwing(final RuntimeException exception) {
        failure = exception;
    }

    public boolean isEmpty() {
        return frames.isEmpty();
    }

    public void clear() {
        frames.clear();
    }

    @Override
    public long tryClaim(final int length, final BufferClaim claim) {
        if (length > MAX_PAYLOAD_LENGTH) {
            throw new IllegalArgumentException("claim exceeds maxPayloadLength, length=" + length);
        }
        if (failure != null) {
            throw failure;
        }
        if (result <= 0) {
            return result;
        }
        final UnsafeBuffer frame = newFrame(length);
        claim.wrap(frame, 0, frame.capacity());
        return position;
    }

    @Override
    public long offer(final DirectBuffer buffer, final int offset, final int length) {
        if (failure != null) {
            throw failure;
        }
        if (result <= 0) {
            return result;
        }
        newFrame(length).putBytes(DataHeaderFlyweight.HEADER_LENGTH, buffer, offset, length);
        return position;
    }

    private UnsafeBuffer newFrame(final int length) {
        final UnsafeBuffer frame = new UnsafeBuffer(new byte[DataHeaderFlyweight.HEADER_LENGTH + length]);
        frame.putByte(DataHeaderFlyweight.FLAGS_FIELD_OFFSET, FrameDescriptor.UNFRAGMENTED);
        frames.addLast(frame);
        position += frame.capacity();
        return frame;
    }

    @Override
    public int poll(final FragmentHandler handler, final int limit) {
        int count = 0;
        while (count < limit && !frames.isEmpty()) {
            final UnsafeBuffer frame = frames.removeFirst();
            header.buffer(frame);
            header.offset(0);
            handler.onFragment(
                    frame,
                    DataHeaderFlyweight.HEADER_LENGTH,
                    frame.capacity() - DataHeaderFlyweight.HEADER_LENGTH,
                    header);
            count++;
        }
        return count;
    }

    /** Takes the oldest message out, without Aeron's header. */
    public byte[] take() {
        final UnsafeBuffer frame = frames.removeFirst();
        final byte[] message = new byte[frame.capacity() - DataHeaderFlyweight.HEADER_LENGTH];
        frame.getBytes(DataHeaderFlyweight.HEADER_LENGTH, message);
        return message;
    }
}
