package io.tensorpool.bench;

import io.aeron.Aeron;
import io.aeron.Subscription;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.DirectBuffer;

/**
 * A producer's side of flow control: at most half the ring is ahead of what the consumer has acknowledged, so that no slot is
 * written again before it was read. Looks for news only when it would have to wait.
 */
final class FlowControl implements AutoCloseable {
    private static final int FRAGMENTS_MAX = 64;
    private static final long BACK_PRESSURE_NS = TimeUnit.MICROSECONDS.toNanos(50);
    private static final long LAST_NS = TimeUnit.SECONDS.toNanos(5);

    private final FragmentHandler handler = this::onMessage;
    private final Aeron aeron;
    private final Subscription subscription;
    private final long windowFrames;
    private long acknowledgedSeq;

    FlowControl(final RoleOptions options) {
        windowFrames = options.setting().slots() / 2;
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(options.aeronDir()));
        subscription = aeron.addSubscription(Acknowledger.CHANNEL, options.ackStreamId());
    }

    /** Whether the consumer can be heard. */
    boolean isConnected() {
        return subscription.isConnected();
    }

    /**
     * Whether the frame of a number may be published; looks for acknowledgements if not. Frames that could not be announced
     * are never acknowledged: with nothing but those ahead, the producer goes on.
     *
     * @param announcedSeq number behind the last frame that was announced for sure.
     */
    boolean mayPublish(final long seq, final long announcedSeq) {
        if (seq - acknowledgedSeq < windowFrames) {
            return true;
        }
        poll();
        return seq - acknowledgedSeq < windowFrames || acknowledgedSeq >= announcedSeq;
    }

    /**
     * To be called when a frame could not be announced: sleeps a moment. Both sides spin, and it is the media driver's thread
     * that needs a processor to let the stream go on.
     */
    void onBackPressure() {
        LockSupport.parkNanos(BACK_PRESSURE_NS);
    }

    /** Number of the frame that the consumer expected next when it was last heard; frames before it are acknowledged. */
    long poll() {
        while (subscription.poll(handler, FRAGMENTS_MAX) > 0) {
            // to the newest
        }
        return acknowledgedSeq;
    }

    /** Waits until everything is acknowledged, for some seconds at most. */
    void awaitAcknowledged(final long nextSeq, final RoleTalk talk) {
        final long startNs = System.nanoTime();
        while (poll() < nextSeq && !talk.isStopped() && System.nanoTime() - startNs < LAST_NS) {
            Thread.onSpinWait();
        }
    }

    private void onMessage(final DirectBuffer buffer, final int offset, final int length, final Header header) {
        if (length >= Long.BYTES) {
            acknowledgedSeq = Math.max(acknowledgedSeq, buffer.getLong(offset, ByteOrder.LITTLE_ENDIAN));
        }
    }

    @Override
    public void close() {
        subscription.close();
        aeron.close();
    }
}
