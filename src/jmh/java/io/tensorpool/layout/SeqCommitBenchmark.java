package io.tensorpool.layout;

import io.tensorpool.MicroBenchmark;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The commit word alone, from slot to slot of a ring: what its fences cost beside plain accesses and an Agrona buffer's.
 */
@State(Scope.Thread)
public class SeqCommitBenchmark extends MicroBenchmark {
    private static final int NSLOTS = 1024;
    private static final long SMALL_BYTES = 4096;

    private Arena arena;
    private MemorySegment ring;
    private UnsafeBuffer buffer;
    private long seq;
    private long found;
    private long asked;

    /** A ring in which each slot is committed once. */
    @Setup
    public void allocate() {
        arena = Arena.ofShared();
        ring = arena.allocate(HeaderRingLayout.slotOffset(NSLOTS), 64);
        buffer = new UnsafeBuffer(ring.address(), (int) ring.byteSize());
        for (seq = 0; seq < NSLOTS; seq++) {
            SeqCommit.commit(ring, offset(seq), seq);
        }
    }

    /** Fails if words were not what they should be. */
    @TearDown
    public void check() {
        final long last = seq - 1;
        final long word = SeqCommit.acquire(ring, offset(last));
        require(word == SeqCommit.committed(last), "frame " + last + " committed, found word " + word);
        require(found == asked, asked + " words still holding, found " + found);
        arena.close();
    }

    private static long offset(final long ofSeq) {
        return HeaderRingLayout.slotOffset((int) ofSeq & (NSLOTS - 1));
    }

    /** Mark and commit. */
    @Benchmark
    public void write() {
        SeqCommit.markInProgress(ring, offset(seq), seq, SMALL_BYTES);
        SeqCommit.commit(ring, offset(seq), seq);
        seq++;
    }

    /** Mark and commit of a payload so large that it takes the full fence. */
    @Benchmark
    public void writeLarge() {
        SeqCommit.markInProgress(ring, offset(seq), seq, SeqCommit.FULL_FENCE_LENGTH_BYTES);
        SeqCommit.commit(ring, offset(seq), seq);
        seq++;
    }

    /** Baseline: the same stores without any order. */
    @Benchmark
    public void writeBaselinePlain() {
        final long offset = offset(seq);
        ring.set(ValueLayout.JAVA_LONG, offset, SeqCommit.inProgress(seq));
        ring.set(ValueLayout.JAVA_LONG, offset, SeqCommit.committed(seq));
        seq++;
    }

    /** Baseline: the same stores through an Agrona buffer, in release order. */
    @Benchmark
    public void writeBaselineAgrona() {
        final int offset = (int) offset(seq);
        buffer.putLongRelease(offset, SeqCommit.inProgress(seq));
        buffer.putLongRelease(offset, SeqCommit.committed(seq));
        seq++;
    }

    /** First and second look. */
    @Benchmark
    public boolean read() {
        final long offset = offset(asked);
        final boolean holds = SeqCommit.stillHolds(ring, offset, SeqCommit.acquire(ring, offset));
        asked++;
        if (holds) {
            found++;
        }
        return holds;
    }

    /** Baseline: two looks through an Agrona buffer. */
    @Benchmark
    public boolean readBaselineAgrona() {
        final int offset = (int) offset(asked);
        final boolean holds = buffer.getLongAcquire(offset) == buffer.getLongVolatile(offset);
        asked++;
        if (holds) {
            found++;
        }
        return holds;
    }
}
