package io.tensorpool.client;

import io.aeron.logbuffer.FragmentHandler;
import io.tensorpool.AeronIpc;
import io.tensorpool.MicroBenchmark;
import io.tensorpool.protocol.DescriptorProxy;
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
 * The consumer's side of a frame: descriptor, header, checks. A batch is published before each measured invocation and not
 * measured, by the same thread: descriptors and headers are in its cache. The payload is not touched.
 */
public class PollBenchmark extends MicroBenchmark {
    private static final int BATCH = BenchmarkStream.NSLOTS;

    /** Frames that are announced and not polled yet. */
    @State(Scope.Thread)
    public static class Frames {
        /** Length of the payload. */
        @Param({"4096", "8388608"})
        private int sizeBytes;

        private final FrameHandler counting = frame -> this.polled++;
        private final FrameHandler asking = this::ask;
        private BenchmarkStream stream;
        private Consumer consumer;
        private long filled;
        private long polled;
        private long notIntact;

        /** Starts everything in this process. */
        @Setup
        public void launch() {
            stream = new BenchmarkStream(sizeBytes);
            consumer = stream.addConsumer();
        }

        /** Publishes a batch. */
        @Setup(Level.Invocation)
        public void fill() {
            stream.publishWhenThereIsRoom();
            int announced = 1;
            while (announced < BATCH) {
                if (stream.publish() > 0) {
                    announced++;
                } else { // what is in the ring now overwrites the batch if it goes on
                    stream.drain(consumer);
                    stream.publishWhenThereIsRoom();
                    announced = 1;
                }
            }
            filled += BATCH;
        }

        /** Fails if frames were missed, or were not intact. */
        @TearDown
        public void check() {
            final long received = consumer.counts().received();
            try {
                require(
                        polled == filled && received >= filled && notIntact == 0,
                        filled + " frames polled, found " + polled + ", " + notIntact + " not intact; " + consumer);
                stream.requirePublished();
            } finally {
                stream.close();
            }
        }

        private void ask(final Frame frame) {
            polled++;
            if (!frame.isIntact()) {
                notIntact++;
            }
        }

        private int poll(final FrameHandler handler, final int limit) {
            final long end = polled + BATCH;
            while (polled < end) {
                consumer.poll(handler, limit);
            }
            return BATCH;
        }
    }

    /** Messages of a descriptor's length that are published and not polled yet. */
    @State(Scope.Thread)
    public static class Messages {
        private final FragmentHandler counting = (buffer, offset, length, header) -> this.polled++;
        private final UnsafeBuffer message =
                new UnsafeBuffer(ByteBuffer.allocateDirect(DescriptorProxy.MESSAGE_LENGTH));
        private AeronIpc ipc;
        private long polled;

        /** Starts a media driver. */
        @Setup
        public void launch() {
            ipc = AeronIpc.forMessages(DescriptorProxy.MESSAGE_LENGTH);
        }

        /** Publishes a batch. */
        @Setup(Level.Invocation)
        public void fill() {
            for (int i = 0; i < BATCH; i++) {
                ipc.offer(message, DescriptorProxy.MESSAGE_LENGTH);
            }
        }

        /** Ends it. */
        @TearDown
        public void close() {
            require(polled > 0, "messages");
            ipc.close();
        }
    }

    /** Poll and check, as many as there are. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int poll(final Frames frames) {
        return frames.poll(frames.counting, BATCH);
    }

    /** The same, and the handler asks whether the frame is intact. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int pollAndAsk(final Frames frames) {
        return frames.poll(frames.asking, BATCH);
    }

    /** The same, one frame per poll. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int pollOneByOne(final Frames frames) {
        return frames.poll(frames.asking, 1);
    }

    /** Baseline: Aeron hands on as many messages of a descriptor's length. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public long baselineAeronPoll(final Messages messages) {
        final long end = messages.polled + BATCH;
        while (messages.polled < end) {
            messages.ipc.poll(messages.counting, BATCH);
        }
        return end;
    }
}
