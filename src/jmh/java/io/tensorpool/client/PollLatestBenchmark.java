package io.tensorpool.client;

import io.tensorpool.MicroBenchmark;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The newest of the frames that wait. They are published before each measured invocation, by the same thread. One
 * invocation is short, so that reading the clock is a part of what is shown: subtract the baseline.
 */
@State(Scope.Thread)
public class PollLatestBenchmark extends MicroBenchmark {
    private static final int SIZE_BYTES = 4096;

    /** How many frames wait. */
    @Param({"1", "16", "64"})
    private int waiting;

    private final FrameHandler handler = this::onFrame;
    private final FrameHandler ignoring = frame -> {};
    private BenchmarkStream stream;
    private Consumer consumer;
    private long polls;
    private long seen;
    private long lastSeq = -1;
    private long notNewest;

    /** Starts everything in this process. */
    @Setup
    public void launch() {
        stream = new BenchmarkStream(SIZE_BYTES);
        consumer = stream.addConsumer();
    }

    /** Publishes what is going to wait; what waits from before goes first. */
    @Setup(Level.Invocation)
    public void publish() {
        consumer.pollLatest(ignoring);
        for (int i = 0; i < waiting; i++) {
            stream.publishWhenThereIsRoom();
        }
    }

    /** Fails if it was not the newest frame, once each time. */
    @TearDown
    public void check() {
        try {
            require(
                    seen == polls && notNewest == 0,
                    polls + " newest frames, found " + seen + " with " + notNewest + " that were not; " + consumer);
        } finally {
            stream.close();
        }
    }

    private void onFrame(final Frame frame) {
        seen++;
        lastSeq = frame.seq();
        if (lastSeq != stream.committed() - 1) {
            notNewest++;
        }
    }

    /** The newest one; again where a term ends just before it. */
    @Benchmark
    public long pollLatest() {
        polls++;
        while (consumer.pollLatest(handler) == 0) {
            Thread.onSpinWait();
        }
        return lastSeq;
    }

    /** Baseline: nothing but the clock. */
    @Benchmark
    public long baselineClock() {
        return lastSeq;
    }
}
