package io.tensorpool.shm;

import io.tensorpool.Dtype;
import io.tensorpool.MicroBenchmark;
import io.tensorpool.TensorShape;
import io.tensorpool.layout.HeaderRingLayout;
import io.tensorpool.layout.SeqCommit;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A frame written into a mapped epoch, without its descriptor; the payload is not touched. */
@State(Scope.Thread)
public class SlotWriterBenchmark extends MicroBenchmark {
    private static final int STRIDE_BYTES = 4096;
    private static final int LENGTH_BYTES = 4096;

    /** 1,024 slots are 256 KiB of headers, more than a level 1 cache holds. */
    @Param({"64", "1024"})
    private int nslots;

    private ScratchEpoch epoch;
    private SlotWriter writer;
    private TensorShape shape;
    private TensorShape otherShape;
    private MemorySegment header;
    private UnsafeBuffer headerBuffer;
    private UnsafeBuffer ringBuffer;
    private MemorySegment ring;
    private ScratchEpoch copied;
    private long copies;
    private long seq;

    /** Makes files and writes every slot once, so that slices are there. */
    @Setup
    public void map() {
        epoch = new ScratchEpoch(nslots, STRIDE_BYTES);
        writer = new SlotWriter(epoch.written());
        shape = TensorShape.of(Dtype.UINT8, 64, 64);
        otherShape = TensorShape.of(Dtype.UINT16, 32, 64);
        header = Arena.global().allocate(HeaderRingLayout.SLOT_BYTES, 64);
        headerBuffer = new UnsafeBuffer(header.address(), (int) header.byteSize());
        copied = new ScratchEpoch(nslots, STRIDE_BYTES);
        ring = copied.written().headerRing();
        ringBuffer = new UnsafeBuffer(ring.address(), (int) ring.byteSize());
        for (int i = 0; i < nslots; i++) {
            claimAndCommit(shape);
        }
    }

    /** Fails if the last slots do not hold what was written last. */
    @TearDown
    public void check() {
        try {
            final long last = seq - 1;
            final long word = SeqCommit.acquire(
                    epoch.read().headerRing(), HeaderRingLayout.slotOffset((int) last & (nslots - 1)));
            require(SeqCommit.seq(word) == last, "frame " + last + ", found word " + word);
            if (SeqCommit.isCommitted(word)) {
                final SlotReader reader = new SlotReader(epoch.read());
                final SlotView view = new SlotView();
                for (long back = 1; back <= nslots; back++) {
                    final int code = reader.read(seq - back, view);
                    require(
                            code == SlotReader.OK && view.lengthBytes() == LENGTH_BYTES,
                            "frames to read, found " + code);
                }
            }
        } finally {
            epoch.close();
            copied.close();
        }
    }

    private void claimAndCommit(final TensorShape of) {
        writer.claim(seq, 0, LENGTH_BYTES);
        writer.commit(seq, 0, LENGTH_BYTES, of, seq, 1);
        seq++;
    }

    /** Claim and commit, always of the same shape. */
    @Benchmark
    public void sameShape() {
        claimAndCommit(shape);
    }

    /** Claim and commit, of two shapes in turn: the header is prepared anew each time. */
    @Benchmark
    public void changedShape() {
        claimAndCommit((seq & 1) == 0 ? shape : otherShape);
    }

    /** The claim alone; the frame comes to nothing. */
    @Benchmark
    public MemorySegment claim() {
        return writer.claim(seq++, 0, LENGTH_BYTES);
    }

    /** Baseline: a slot's bytes copied into the ring. */
    @Benchmark
    public void baselineCopy() {
        final long offset = HeaderRingLayout.slotOffset((int) copies++ & (nslots - 1));
        MemorySegment.copy(header, 0, ring, offset, HeaderRingLayout.SLOT_BYTES);
    }

    /** Baseline: a slot's bytes copied into the ring through Agrona buffers. */
    @Benchmark
    public void baselineAgrona() {
        final int offset = (int) HeaderRingLayout.slotOffset((int) copies++ & (nslots - 1));
        ringBuffer.putBytes(offset, headerBuffer, 0, (int) HeaderRingLayout.SLOT_BYTES);
    }
}
