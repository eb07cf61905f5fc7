package io.tensorpool.shm;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Prefixes of payloads that fill up. Frames of one kind are told of at the same few lengths, again and again in the same
 * slots; so a prefix that was made is kept until its place is needed for another. Single-threaded.
 */
public final class PrefixSlices {
    private static final int CAPACITY_BITS = 12;
    private static final int PROBES = 8;
    private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L;

    private final @Nullable MemorySegment[] payloads = new MemorySegment[1 << CAPACITY_BITS];
    private final @Nullable MemorySegment[] prefixes = new MemorySegment[1 << CAPACITY_BITS];

    /** Holds nothing yet. */
    public PrefixSlices() {}

    /**
     * The first bytes of a payload.
     *
     * @param payload     of a slot.
     * @param lengthBytes 0 to the payload's length.
     * @return a slice as writable as the payload.
     * @throws IndexOutOfBoundsException if the payload is shorter.
     */
    public MemorySegment get(final MemorySegment payload, final long lengthBytes) {
        if (lengthBytes == payload.byteSize()) {
            return payload;
        }
        final int first = (int) (((payload.address() + lengthBytes) * MULTIPLIER) >>> (Long.SIZE - CAPACITY_BITS));
        int place = first;
        for (int i = 0; i < PROBES; i++) {
            place = (first + i) & (prefixes.length - 1);
            final MemorySegment known = prefixes[place];
            if (known == null) {
                break;
            }
            if (known.byteSize() == lengthBytes && payload.equals(payloads[place])) {
                return known;
            }
        }
        final MemorySegment made = payload.asSlice(0L, lengthBytes);
        payloads[place] = payload;
        prefixes[place] = made;
        return made;
    }
}
