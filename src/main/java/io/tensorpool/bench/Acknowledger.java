package io.tensorpool.bench;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A consumer's side of flow control: says which sequence number it expects next. Not after each poll, which would take
 * more of the consumer than a small frame does, but after each 16th of the ring, and when nothing has come for a moment.
 */
final class Acknowledger implements AutoCloseable {
    /** A term that holds what can be said while the media driver sleeps. */
    static final String CHANNEL = "aeron:ipc?term-length=1m";

    private static final int PARTS_OF_RING = 16;
    private static final int EMPTY_POLLS = 100;

    private final Aeron aeron;
    private final ExclusivePublication publication;
    private final UnsafeBuffer message = new UnsafeBuffer(new byte[Long.BYTES]);
    private final long stepFrames;
    private long toldSeq;
    private int emptyPolls;

    Acknowledger(final RoleOptions options) {
        stepFrames = Math.max(1, options.setting().slots() / PARTS_OF_RING);
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(options.aeronDir()));
        publication = aeron.addExclusivePublication(CHANNEL, options.ackStreamId());
    }

    /**
     * To be called after each poll.
     *
     * @param polled  frames that it brought.
     * @param nextSeq number of the frame that is expected next.
     */
    void onPolled(final int polled, final long nextSeq) {
        emptyPolls = polled == 0 ? emptyPolls + 1 : 0;
        final long news = nextSeq - toldSeq;
        if (news >= stepFrames || (news > 0 && emptyPolls >= EMPTY_POLLS)) {
            tell(nextSeq);
        }
    }

    /** Tells at once; if that fails, the next poll will. */
    private void tell(final long nextSeq) {
        message.putLong(0, nextSeq, ByteOrder.LITTLE_ENDIAN);
        if (publication.offer(message, 0, Long.BYTES) > 0) {
            toldSeq = nextSeq;
        }
    }

    @Override
    public void close() {
        publication.close();
        aeron.close();
    }
}
