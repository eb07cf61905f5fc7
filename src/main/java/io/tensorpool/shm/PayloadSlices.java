package io.tensorpool.shm;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Payload slices of one writer or reader: for each slot of each pool the one handed out last. A steady stream of equal
 * frames so makes each slice once, in its first lap. Single-threaded.
 */
final class PayloadSlices {
    private final EpochMapping mapping;
    private final boolean readOnly;
    private final @Nullable MemorySegment[][] last;

    PayloadSlices(final EpochMapping mapping, final Access access) {
        this.mapping = mapping;
        this.readOnly = access == Access.READ_ONLY;
        this.last = new MemorySegment[mapping.poolCount()][mapping.nslots()];
    }

    /** The first bytes of a slot's payload; the caller has checked that they fit the stride. */
    MemorySegment get(final int poolIndex, final int slot, final long lengthBytes) {
        final MemorySegment known = last[poolIndex][slot];
        if (known != null && known.byteSize() == lengthBytes) {
            return known;
        }
        final MemorySegment slice = mapping.slot(poolIndex, slot).asSlice(0L, lengthBytes);
        final MemorySegment made = readOnly ? slice.asReadOnly() : slice;
        last[poolIndex][slot] = made;
        return made;
    }
}
