package io.tensorpool.client;

import io.tensorpool.Dtype;
import io.tensorpool.MicroBenchmark;
import io.tensorpool.TensorShape;
import io.tensorpool.embedded.TensorPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One frame through claim, commit, poll and check, in one thread; and its baseline, the copy of the same bytes. */
public class ProducerConsumerBenchmark extends MicroBenchmark {
    private static final int STREAM_ID = 10_000;
    private static final TensorShape SHAPE = TensorShape.of(Dtype.UINT8, 64, 64);

    /** Memory of the application's own. */
    @State(Scope.Thread)
    public static class Heap {
        private final MemorySegment source = Arena.ofAuto().allocate(SHAPE.lengthBytes(), 64);
        private final MemorySegment target = Arena.ofAuto().allocate(SHAPE.lengthBytes(), 64);
    }

    /** A producer and a consumer of one stream. */
    @State(Scope.Thread)
    public static class Stream {
        private final FrameClaim claim = new FrameClaim();
        private final FrameHandler handler = this::onFrame;
        private TensorPool pool;
        private Producer producer;
        private Consumer consumer;
        private long intact;

        /** Starts everything in this process. */
        @Setup
        public void launch() {
            pool = TensorPool.launchEmbedded();
            producer = pool.client().addProducer(STREAM_ID);
            consumer = pool.client().addConsumer(STREAM_ID);
            if (!producer.awaitConnected(Duration.ofSeconds(10))) {
                throw new IllegalStateException("no consumer came");
            }
        }

        /** Ends it, and fails if something other than whole frames was measured. */
        @TearDown
        public void close() {
            final long received = consumer.counts().received();
            consumer.close();
            producer.close();
            pool.close();
            if (intact == 0 || received != intact) {
                throw new IllegalStateException(received + " frames received, " + intact + " of them intact");
            }
        }

        private void onFrame(final Frame frame) {
            if (frame.isIntact()) {
                intact++;
            }
        }
    }

    /** Claim, commit, poll, check; the payload is not touched. */
    @Benchmark
    public int claimCommitPoll(final Stream stream) {
        stream.producer.tryClaim(SHAPE, stream.claim);
        stream.claim.commit();
        return stream.consumer.poll(stream.handler, 1);
    }

    /** The same with the payload copied in. */
    @Benchmark
    public int offerPoll(final Stream stream, final Heap heap) {
        stream.producer.offer(SHAPE, heap.source);
        return stream.consumer.poll(stream.handler, 1);
    }

    /** Baseline: the copy alone. */
    @Benchmark
    public MemorySegment copyBaseline(final Heap heap) {
        return heap.target.copyFrom(heap.source);
    }
}
