package io.tensorpool;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.aeron.Image;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.logbuffer.FragmentHandler;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;

/**
 * A media driver, and messages through it from this thread to itself: the baseline of what TensorPool does, and what lies
 * under its descriptors. An exclusive publication, the largest fragments that there are, terms long enough for eight
 * messages unless given.
 */
public final class AeronIpc implements AutoCloseable {
    private static final int STREAM_ID = 4711;
    private static final int MESSAGES_PER_TERM = 8;
    private static final int TERM_LENGTH_MIN = 4 * 1024 * 1024;
    private static final int MTU_MAX_BYTES = 65_504;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(20);

    private final EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch();
    private final Aeron aeron;
    private final ExclusivePublication publication;
    private final Subscription subscription;
    private final Image image;
    private final int termLength;

    /**
     * For messages of one length.
     *
     * @param messageBytes length.
     * @return connected.
     */
    public static AeronIpc forMessages(final int messageBytes) {
        return new AeronIpc(Math.max(
                TERM_LENGTH_MIN, Integer.highestOneBit(Math.max(messageBytes, 2) - 1) * 2 * MESSAGES_PER_TERM));
    }

    /**
     * With terms of one length.
     *
     * @param termLength a power of two.
     */
    public AeronIpc(final int termLength) {
        this.termLength = termLength;
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(mediaDriver.aeronDirectoryName()));
        subscription = aeron.addSubscription("aeron:ipc", STREAM_ID);
        publication = aeron.addExclusivePublication(
                "aeron:ipc?term-length=" + termLength + "|mtu=" + Math.min(MTU_MAX_BYTES, termLength / 16), STREAM_ID);
        final long startNs = System.nanoTime();
        while (!publication.isConnected() || !subscription.isConnected()) {
            if (System.nanoTime() - startNs > PATIENCE_NS) {
                throw new IllegalStateException("no image");
            }
            Thread.onSpinWait();
        }
        image = subscription.imageAtIndex(0);
    }

    /**
     * What is published through.
     *
     * @return open.
     */
    public ExclusivePublication publication() {
        return publication;
    }

    /**
     * Publishes a message as soon as there is room for it.
     *
     * @param buffer holds it from its first byte.
     * @param length of the message.
     * @return position behind it.
     */
    public long offer(final DirectBuffer buffer, final int length) {
        long position;
        while ((position = publication.offer(buffer, 0, length)) <= 0) {
            if (position != Publication.BACK_PRESSURED && position != Publication.ADMIN_ACTION) {
                throw new IllegalStateException("Aeron answered " + position);
            }
            Thread.onSpinWait();
        }
        return position;
    }

    /** Passes over what was published and not polled: nobody reads it. */
    public void passOver() {
        final long position = publication.position();
        long at = image.position();
        while (at < position) {
            at = Math.min(position, (at & -termLength) + termLength);
            image.position(at);
        }
    }

    /**
     * Passes over what was published, and waits until there is room.
     *
     * @param bytes of room.
     */
    public void awaitRoom(final long bytes) {
        passOver();
        while (publication.availableWindow() < bytes) {
            Thread.onSpinWait();
        }
    }

    /**
     * Reads.
     *
     * @param handler called for each fragment.
     * @param limit   most fragments.
     * @return how many there were.
     */
    public int poll(final FragmentHandler handler, final int limit) {
        return subscription.poll(handler, limit);
    }

    @Override
    public void close() {
        aeron.close();
        mediaDriver.close();
    }
}
