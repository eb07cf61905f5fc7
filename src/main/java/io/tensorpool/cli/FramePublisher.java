package io.tensorpool.cli;

import io.tensorpool.TensorPoolException;
import io.tensorpool.TensorShape;
import io.tensorpool.bench.Pacer;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/** Publishes the frames of a source at a steady rate. */
final class FramePublisher {
    /**
     * What was published.
     *
     * @param committed     frames in the ring.
     * @param announced     those of them that were announced.
     * @param lastAnnounced sequence number of the last one announced; -1 for none.
     * @param bytes         of all committed frames.
     * @param seconds       from the first claim to the last commit.
     */
    record Report(long committed, long announced, long lastAnnounced, long bytes, double seconds) {
        /** Frames behind the last announced one: nobody can know of them. Earlier ones are gaps. */
        long unannouncedAtEnd() {
            return committed - 1 - lastAnnounced;
        }
    }

    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Producer producer;
    private final FrameSource source;
    private final FrameClaim claim = new FrameClaim();
    private final long reattachTimeoutNs;

    /**
     * A publisher.
     *
     * @param reattachTimeout how long to wait for a new lease when one is lost; then the frames go on in the next epoch,
     *                        and those in between are lost.
     */
    FramePublisher(final Producer producer, final FrameSource source, final Duration reattachTimeout) {
        this.producer = producer;
        this.source = source;
        this.reattachTimeoutNs = reattachTimeout.toNanos();
    }

    /**
     * Publishes.
     *
     * @param frames   how many.
     * @param rateHz   0 for as many as possible.
     * @param stop     ends it early.
     * @param progress told the number of frames committed so far.
     * @return the report.
     */
    Report publish(final long frames, final double rateHz, final StopSignal stop, final LongConsumer progress) {
        final Pacer pacer = new Pacer(rateHz);
        final long startNs = System.nanoTime();
        long committed = 0;
        long announced = 0;
        long lastAnnounced = -1;
        long bytes = 0;
        while (committed < frames && !stop.isStopped()) {
            pacer.awaitSlot(stop::isStopped);
            final TensorShape shape = source.shape(committed);
            final long seq = claim(shape, stop);
            if (stop.isStopped()) {
                claim.abort();
                break;
            }
            source.fill(committed, claim.payload());
            final long result = claim.commit();
            if (result == Producer.EPOCH_CHANGED && reattachTimeoutNs > 0) {
                continue;
            }
            committed++;
            bytes += shape.lengthBytes();
            if (result >= 0) {
                announced++;
                lastAnnounced = seq;
            } else if (result != Producer.BACK_PRESSURED) {
                throw failed("commit", result);
            }
            progress.accept(committed);
        }
        return new Report(committed, announced, lastAnnounced, bytes, (System.nanoTime() - startNs) / 1e9);
    }

    /** Claims; while there is no lease, tries again for as long as was allowed. */
    private long claim(final TensorShape shape, final StopSignal stop) {
        final long startNs = System.nanoTime();
        long seq = producer.tryClaim(shape, claim);
        while (seq == Producer.NO_EPOCH && System.nanoTime() - startNs < reattachTimeoutNs && !stop.isStopped()) {
            LockSupport.parkNanos(RETRY_NS);
            seq = producer.tryClaim(shape, claim);
        }
        if (seq < 0 && !stop.isStopped()) {
            throw failed("claim", seq);
        }
        return seq;
    }

    private TensorPoolException failed(final String what, final long code) {
        final String cause;
        if (code == Producer.TOO_LARGE) {
            cause = "the frame is larger than every pool of the stream; use a profile with a larger stride";
        } else if (code == Producer.NO_EPOCH || code == Producer.EPOCH_CHANGED) {
            cause = "the driver ended the lease";
        } else if (code == Producer.CLOSED) {
            cause = "the producer is closed";
        } else {
            cause = "code " + code;
        }
        return new TensorPoolException(producer + ": " + what + " failed: " + cause);
    }
}
