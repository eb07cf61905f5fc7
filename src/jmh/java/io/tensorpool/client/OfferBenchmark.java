package io.tensorpool.client;

import io.tensorpool.AeronIpc;
import io.tensorpool.MicroBenchmark;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
 * A frame published by copying it, and the same bytes copied into the same mapping, or carried by Aeron. The 64 slots are
 * written in turn: with large frames, all of it goes to main memory. A consumer reads between the measured batches, as
 * in {@link ClaimCommitBenchmark}.
 */
public class OfferBenchmark extends MicroBenchmark {
    private static final int BATCH = BenchmarkStream.NSLOTS;

    /** What is copied from. */
    @State(Scope.Thread)
    public static class Source {
        /** Length of the payload. */
        @Param({"64", "4096", "655360", "8388608"})
        private int sizeBytes;

        private MemorySegment segment;
        private UnsafeBuffer buffer;

        /** Memory of the application's own, written once. */
        @Setup
        public void fill() {
            segment = Arena.ofAuto().allocate(sizeBytes, 64).fill((byte) 1);
            buffer = new UnsafeBuffer(segment.address(), sizeBytes);
        }
    }

    /** A stream with its producer and a consumer. */
    @State(Scope.Thread)
    public static class Frames {
        private BenchmarkStream stream;
        private Consumer consumer;

        /** Starts everything in this process. */
        @Setup
        public void launch(final Source source) {
            stream = new BenchmarkStream(source.sizeBytes);
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

    /** The slots of a stream, without the protocol. */
    @State(Scope.Thread)
    public static class Slots {
        private final FixedPool pool = new FixedPool();
        private BenchmarkStream stream;
        private MemorySegment[] segments;
        private UnsafeBuffer[] buffers;

        /** Claims all slots. */
        @Setup
        public void launch(final Source source) {
            stream = new BenchmarkStream(source.sizeBytes);
            stream.producer().tryClaimAll(stream.shape(), pool);
            segments = new MemorySegment[pool.size()];
            buffers = new UnsafeBuffer[pool.size()];
            for (int i = 0; i < segments.length; i++) {
                segments[i] = pool.claim(i).payload();
                buffers[i] = new UnsafeBuffer(segments[i].address(), source.sizeBytes);
            }
        }

        /** Fails if nothing was copied. */
        @TearDown
        public void check(final Source source) {
            try {
                for (final MemorySegment segment : segments) {
                    require(segment.mismatch(source.segment) < 0, "the same bytes");
                }
            } finally {
                pool.close();
                stream.close();
            }
        }
    }

    /** Aeron. */
    @State(Scope.Thread)
    public static class Messages {
        private AeronIpc ipc;

        /** Starts a media driver. */
        @Setup
        public void launch(final Source source) {
            ipc = AeronIpc.forMessages(source.sizeBytes);
        }

        /** Ends it. */
        @TearDown
        public void close() {
            ipc.close();
        }
    }

    /** Claim, copy, commit, descriptor. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long offer(final Frames frames, final Source source) {
        long result = 0;
        for (int i = 0; i < BATCH; i++) {
            result += frames.stream.offer(source.segment);
        }
        return result;
    }

    /** Baseline: the copy alone, as the library does it. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void baselineCopy(final Slots slots, final Source source) {
        for (int i = 0; i < BATCH; i++) {
            MemorySegment.copy(source.segment, 0, slots.segments[i], 0, source.sizeBytes);
        }
    }

    /** Baseline: the copy alone, with Agrona buffers. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void baselineAgrona(final Slots slots, final Source source) {
        for (int i = 0; i < BATCH; i++) {
            slots.buffers[i].putBytes(0, source.buffer, 0, source.sizeBytes);
        }
    }

    /** Baseline: Aeron carries the whole payload, and nobody reads it. */
    @Benchmark
    public long baselineAeronIpc(final Messages messages, final Source source) {
        final long position = messages.ipc.offer(source.buffer, source.sizeBytes);
        messages.ipc.passOver();
        return position;
    }
}
