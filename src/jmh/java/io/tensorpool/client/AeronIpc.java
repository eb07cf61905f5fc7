package io.tensorpool.client;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.FragmentHandler;
import org.agrona.DirectBuffer;

/**
 * The baseline: messages of any length through Aeron IPC, in one thread. Made as fast as Aeron makes them: an exclusive
 * publication, the largest fragments that there are, terms long enough for eight messages.
 */
final class AeronIpc implements AutoCloseable {
    private static final int STREAM_ID = 4711;
    private static final int MESSAGES_PER_TERM = 8;
    private static final int TERM_LENGTH_MIN = 4 * 1024 * 1024;
    private static final int MTU_BYTES = 65_504;

    private final Aeron aeron;
    private final ExclusivePublication publication;
    private final Subscription subscription;
    private final Image image;
    private final int termLength;

    AeronIpc(final String aeronDirectoryName, final int messageBytes) {
        termLength =
                Math.max(TERM_LENGTH_MIN, Integer.highestOneBit(Math.max(messageBytes, 2) - 1) * 2 * MESSAGES_PER_TERM);
        final String channel = "aeron:ipc?term-length=" + termLength + "|mtu=" + MTU_BYTES;
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(aeronDirectoryName));
        subscription = aeron.addSubscription("aeron:ipc", STREAM_ID);
        publication = aeron.addExclusivePublication(channel, STREAM_ID);
        BenchmarkStream.await("image", () -> subscription.isConnected() && publication.isConnected());
        image = subscription.imageAtIndex(0);
    }

    /** Offers until it is taken, and lets the reader pass over what was published: nobody reads it. */
    long offerUnread(final DirectBuffer buffer, final int length) {
        long position;
        while ((position = publication.offer(buffer, 0, length)) <= 0) {
            requireTransient(position);
            Thread.onSpinWait();
        }
        long at = image.position();
        while (at < position) {
            at = Math.min(position, (at & -termLength) + termLength);
            image.position(at);
        }
        return position;
    }

    /** Offers until it is taken, for {@link #poll}. */
    void offer(final DirectBuffer buffer, final int length) {
        for (long position; (position = publication.offer(buffer, 0, length)) <= 0; ) {
            requireTransient(position);
            Thread.onSpinWait();
        }
    }

    int poll(final FragmentHandler handler, final int limit) {
        return subscription.poll(handler, limit);
    }

    private static void requireTransient(final long position) {
        if (position != Publication.BACK_PRESSURED && position != Publication.ADMIN_ACTION) {
            throw new IllegalStateException("Aeron answered " + position);
        }
    }

    @Override
    public void close() {
        aeron.close();
    }
}
