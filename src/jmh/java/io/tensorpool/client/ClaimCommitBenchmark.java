package io.tensorpool.client;

import io.tensorpool.AeronIpc;
import io.tensorpool.MicroBenchmark;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A frame published without touching its payload: claim, commit and descriptor, on the producer's thread. Before each
 * measured batch the same thread lets a consumer read the one before, and waits until the media driver gives room for
 * more; that is not measured. With terms of 4 MiB, every 43,690th descriptor goes into a new one.
 */
public class ClaimCommitBenchmark extends MicroBenchmark {
    private static final int BATCH = BenchmarkStream.NSLOTS;

    /** A stream with its producer and a consumer. */
    @State(Scope.Thread)
    public static class Frames {
        /** Length of the payload. */
        @Param({"64", "4096", "655360", "8388608"})
        private int sizeBytes;

        private BenchmarkStream stream;
        private Consumer consumer;

        /** Starts everything in this process. */
        @Setup
        public void launch() {
            stream = new BenchmarkStream(sizeBytes);
            consumer = stream.addConsumer();
        }

        /** Has all read that is there, and waits for room. */
        @Setup(Level.Invocation)
        public void drain() {
            stream.drain(consumer);
            stream.publishWhenThereIsRoom();
            stream.drain(consumer);
        }

        /** Fails if frames were not announced, not received, or are not in the ring. */
        @TearDown
        public void check() {
            try {
                stream.drain(consumer);
                stream.requirePublished();
                stream.requireReceived(consumer);
            } finally {
                stream.close();
            }
        }
    }

    /** The payload as an Aeron message. */
    @State(Scope.Thread)
    public static class Messages {
        /** Length of the payload. */
        @Param({"64", "4096", "655360", "8388608"})
        private int sizeBytes;

        private AeronIpc ipc;
        private UnsafeBuffer payload;

        /** Starts a media driver. */
        @Setup
        public void launch() {
            ipc = AeronIpc.forMessages(sizeBytes);
            payload = new UnsafeBuffer(ByteBuffer.allocateDirect(sizeBytes));
        }

        /** Ends it. */
        @TearDown
        public void close() {
            ipc.close();
        }
    }

    /** Claim, commit, descriptor. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long claimCommit(final Frames frames) {
        long result = 0;
        for (int i = 0; i < BATCH; i++) {
            result += frames.stream.publish();
        }
        return result;
    }

    /** Baseline: the clock, which a claim reads for the time of the frame. */
    @Benchmark
    public long baselineClock() {
        return System.nanoTime();
    }

    /** Baseline: Aeron carries the whole payload, and nobody reads it. */
    @Benchmark
    public long baselineAeronIpc(final Messages messages) {
        final long position = messages.ipc.offer(messages.payload, messages.sizeBytes);
        messages.ipc.passOver();
        return position;
    }
}
