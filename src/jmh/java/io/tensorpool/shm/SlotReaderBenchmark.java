package io.tensorpool.shm;

import io.tensorpool.Dtype;
import io.tensorpool.MicroBenchmark;
import io.tensorpool.TensorShape;
import io.tensorpool.layout.HeaderRingLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A frame read and checked in a mapped epoch that nobody writes to meanwhile; the payload is not touched. */
@State(Scope.Thread)
public class SlotReaderBenchmark extends MicroBenchmark {
    private static final int STRIDE_BYTES = 4096;
    private static final int LENGTH_BYTES = 4096;

    /** 1,024 slots are 256 KiB of headers, more than a level 1 cache holds. */
    @Param({"64", "1024"})
    private int nslots;

    private ScratchEpoch same;
    private ScratchEpoch mixed;
    private SlotReader reader;
    private SlotReader mixedReader;
    private final SlotView view = new SlotView();
    private MemorySegment ring;
    private MemorySegment header;
    private UnsafeBuffer ringBuffer;
    private UnsafeBuffer headerBuffer;
    private long seq;
    private long good;
    private long asked;

    /** Makes two epochs: one whose frames have all the same shape, one with two shapes in turn. */
    @Setup
    public void map() {
        final TensorShape shape = TensorShape.of(Dtype.UINT8, 64, 64);
        same = new ScratchEpoch(nslots, STRIDE_BYTES);
        mixed = new ScratchEpoch(nslots, STRIDE_BYTES);
        fill(same, shape, shape);
        fill(mixed, shape, TensorShape.of(Dtype.UINT16, 32, 64));
        reader = new SlotReader(same.read());
        mixedReader = new SlotReader(mixed.read());
        ring = same.read().headerRing();
        ringBuffer = new UnsafeBuffer(ring.address(), (int) ring.byteSize());
        header = Arena.global().allocate(HeaderRingLayout.SLOT_BYTES, 64);
        headerBuffer = new UnsafeBuffer(header.address(), (int) header.byteSize());
    }

    private void fill(final ScratchEpoch epoch, final TensorShape even, final TensorShape odd) {
        final SlotWriter writer = new SlotWriter(epoch.written());
        for (int i = 0; i < nslots; i++) {
            writer.claim(i, 0, LENGTH_BYTES);
            writer.commit(i, 0, LENGTH_BYTES, (i & 1) == 0 ? even : odd, i, 1);
        }
    }

    /** Fails if a frame was not there. */
    @TearDown
    public void check() {
        try {
            require(good == asked, asked + " frames accepted, found " + good);
        } finally {
            same.close();
            mixed.close();
        }
    }

    private long next() {
        asked++;
        return seq++ & (nslots - 1);
    }

    private boolean count(final boolean isGood) {
        if (isGood) {
            good++;
        }
        return isGood;
    }

    /** Read and check, always the same shape. */
    @Benchmark
    public boolean sameShape() {
        return count(reader.read(next(), view) == SlotReader.OK);
    }

    /** Read and check, two shapes in turn: each is decoded and made anew, which allocates. */
    @Benchmark
    public boolean changedShape() {
        return count(mixedReader.read(next(), view) == SlotReader.OK);
    }

    /** Whether a frame is still there, which the application asks after use. */
    @Benchmark
    public boolean isIntact() {
        return count(reader.isIntact(next()));
    }

    /** Whether the writer has come so far, which is asked for each descriptor. */
    @Benchmark
    public boolean hasReached() {
        return count(reader.hasReached(next()));
    }

    /** Baseline: a slot's bytes copied out of the ring. */
    @Benchmark
    public void baselineCopy() {
        final long offset = HeaderRingLayout.slotOffset((int) seq++ & (nslots - 1));
        MemorySegment.copy(ring, offset, header, 0, HeaderRingLayout.SLOT_BYTES);
    }

    /** Baseline: a slot's bytes copied out of the ring through Agrona buffers. */
    @Benchmark
    public void baselineAgrona() {
        final int offset = (int) HeaderRingLayout.slotOffset((int) seq++ & (nslots - 1));
        ringBuffer.getBytes(offset, headerBuffer, 0, (int) HeaderRingLayout.SLOT_BYTES);
    }
}
