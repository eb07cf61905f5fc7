package io.tensorpool.client;

import io.tensorpool.MicroBenchmark;
import io.tensorpool.TensorShape;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What an application asks of a frame that it was given. */
@State(Scope.Thread)
public class FrameBenchmark extends MicroBenchmark {
    private static final int SIZE_BYTES = 4096;
    private static final long SEQ = BenchmarkStream.NSLOTS - 1;

    private final Frame frame = new Frame();
    private final UnsafeBuffer header = new UnsafeBuffer(ByteBuffer.allocateDirect(256));
    private BenchmarkStream stream;
    private Consumer consumer;
    private long asked;
    private long good;

    /** Starts everything in this process, and reads a frame. */
    @Setup
    public void launch() {
        stream = new BenchmarkStream(SIZE_BYTES);
        for (int i = 0; i < BenchmarkStream.NSLOTS; i++) {
            stream.publishWhenThereIsRoom();
        }
        consumer = stream.addReader();
        require(consumer.read(SEQ, frame), "a frame in the ring");
    }

    /** Fails if the frame was not there any more. */
    @TearDown
    public void check() {
        try {
            require(good == asked && frame.isIntact(), asked + " times intact, found " + good);
            require(
                    frame.seq() == SEQ && frame.payload().byteSize() == SIZE_BYTES,
                    "frame " + SEQ + ", found " + frame);
        } finally {
            stream.close();
        }
    }

    private boolean count(final boolean isGood) {
        asked++;
        if (isGood) {
            good++;
        }
        return isGood;
    }

    /** Whether it was overwritten meanwhile. */
    @Benchmark
    public boolean isIntact() {
        return count(frame.isIntact());
    }

    /** Its payload in place. */
    @Benchmark
    public MemorySegment payload() {
        return frame.payload();
    }

    /** Its shape. */
    @Benchmark
    public TensorShape shape() {
        return frame.shape();
    }

    /** All its numbers, and one of its shape. */
    @Benchmark
    public long numbers() {
        return frame.seq()
                + frame.epoch()
                + frame.streamId()
                + frame.timestampNs()
                + frame.publishTimestampNs()
                + frame.metaVersion()
                + frame.traceId()
                + frame.shape().dim(0);
    }

    /** Baseline: as many numbers from an Agrona buffer. */
    @Benchmark
    public long numbersBaselineAgrona() {
        return header.getLong(0)
                + header.getLong(8)
                + header.getInt(16)
                + header.getLong(22)
                + header.getLong(32)
                + header.getInt(40)
                + header.getLong(48)
                + header.getInt(83);
    }

    /** A frame that is in the ring read again, and checked. */
    @Benchmark
    public boolean read() {
        return count(consumer.read(SEQ, frame));
    }
}
