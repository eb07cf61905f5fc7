package io.tensorpool.stress;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Memory for the states of the stress tests: one slab, cut into cells, each with a commit word and two payload words on
 * two cache lines. A run keeps far fewer states alive than there are cells, so that no two share one.
 *
 * <pre>
 *     0  seqCommit      16  first payload word      |      64 + 16  second payload word
 * </pre>
 */
final class Cells {
    private static final int COUNT = 1 << 17;
    private static final long CELL_BYTES = 128;
    private static final long SLOT_BYTES = 256; // what a handle of the layout wants to see behind its offset
    private static final long FIRST = 16;
    private static final long SECOND = 64 + 16;
    private static final AtomicInteger NEXT = new AtomicInteger();

    static final MemorySegment SLAB = Arena.global().allocate(COUNT * CELL_BYTES + SLOT_BYTES, 64);

    private Cells() {}

    /** Offset of a cell whose slot holds a committed frame 0 with payload 0 twice. */
    static long next() {
        final long cell = (NEXT.getAndIncrement() & (COUNT - 1)) * CELL_BYTES;
        SLAB.set(ValueLayout.JAVA_LONG, cell, 1);
        writePayload(cell, 0);
        return cell;
    }

    static void writePayload(final long cell, final long value) {
        SLAB.set(ValueLayout.JAVA_LONG, cell + FIRST, value);
        SLAB.set(ValueLayout.JAVA_LONG, cell + SECOND, value);
    }

    static int first(final long cell) {
        return (int) SLAB.get(ValueLayout.JAVA_LONG, cell + FIRST);
    }

    static int second(final long cell) {
        return (int) SLAB.get(ValueLayout.JAVA_LONG, cell + SECOND);
    }
}
