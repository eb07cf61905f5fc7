package io.tensorpool.cli;

import io.tensorpool.bench.LatencyRecorder;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.ConsumerCounts;
import io.tensorpool.client.Frame;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/** Receives the frames of a source and checks each against the hash that it must have. */
final class FrameReceiver {
    /**
     * What was received.
     *
     * @param received frames whose content was right.
     * @param dropsGap frames whose descriptor never came.
     * @param dropsLate frames overwritten before or while they were read.
     * @param torn     frames that were declared intact and were not. There are none.
     * @param other    frames lost in any other way: rejected, of another epoch, or with a fault.
     * @param bytes    of the received frames.
     */
    record Report(long received, long dropsGap, long dropsLate, long torn, long other, long bytes) {}

    /** In place of the last sequence number: not known yet. */
    static final long UNKNOWN = -2;

    private static final int LIMIT = 16;
    private static final long QUIET_NS = TimeUnit.SECONDS.toNanos(2);

    private final Consumer consumer;
    private final FrameSource source;
    private final LatencyRecorder latency = new LatencyRecorder();
    private final IdleStrategy idle =
            new BackoffIdleStrategy(200, 20, TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MICROSECONDS.toNanos(50));
    private long lastSeen = -1;
    private long missedAtStart;
    private long torn;
    private long bytes;

    FrameReceiver(final Consumer consumer, final FrameSource source) {
        this.consumer = consumer;
        this.source = source;
    }

    LatencyRecorder latency() {
        return latency;
    }

    /**
     * Receives until the last announced frame was seen, or nothing has come for a while after its number became known.
     *
     * @param lastAnnounced sequence number of the last announced frame; {@link #UNKNOWN} until the publisher has ended.
     * @param stop          ends it early.
     * @param progress      told the number of frames seen so far.
     * @return the report.
     */
    Report receive(final LongSupplier lastAnnounced, final StopSignal stop, final LongConsumer progress) {
        long heardNs = System.nanoTime();
        while (!stop.isStopped()) {
            final long last = lastAnnounced.getAsLong();
            final int polled = consumer.poll(this::onFrame, LIMIT);
            if (polled > 0) {
                heardNs = System.nanoTime();
                progress.accept(lastSeen + 1);
            } else if (last != UNKNOWN && (lastSeen >= last || System.nanoTime() - heardNs > QUIET_NS)) {
                break;
            }
            idle.idle(polled);
        }
        final ConsumerCounts counts = consumer.counts();
        return new Report(
                counts.received() - torn,
                counts.dropsGap() + missedAtStart,
                counts.dropsLate() + counts.beforeJoin(), // the stream began with this run
                torn,
                counts.rejected() + counts.otherEpoch() + counts.faults() + counts.oldSeq(),
                bytes);
    }

    private void onFrame(final Frame frame) {
        final long publishedNs = frame.publishTimestampNs();
        final long latencyNs = System.nanoTime() - publishedNs;
        final long seq = frame.seq();
        if (lastSeen < 0) {
            // What this consumer was never told of; frames before this one may have been announced and dropped already.
            final ConsumerCounts counts = consumer.counts();
            missedAtStart = seq - counts.dropsGap() - counts.beforeJoin() - counts.rejected();
        }
        lastSeen = seq;
        final long lengthBytes = frame.shape().lengthBytes();
        final long hash = PayloadHash.of(frame.payload(), lengthBytes, seq);
        final boolean isRight = hash == source.hash(seq) && frame.shape().equals(source.shape(seq));
        if (!frame.isIntact()) {
            return;
        }
        if (!isRight) {
            torn++;
            return;
        }
        bytes += lengthBytes;
        if (publishedNs != Frame.NO_TIMESTAMP) {
            latency.record(latencyNs);
        }
    }
}
