package io.tensorpool.cli;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The 64-bit xxHash of a payload, read through the segment so that memory that goes away under it is an exception and
 * not a crash. Allocates nothing; any thread may call.
 */
final class PayloadHash {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final long PRIME_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long PRIME_3 = 0x165667B19E3779F9L;
    private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
    private static final long PRIME_5 = 0x27D4EB2F165667C5L;
    /** The sum of the first two, wrapped. */
    private static final long PRIME_1_PLUS_2 = 0x60EA27EEADC0B5D6L;

    private static final int LANES_BYTES = 4 * Long.BYTES;

    private PayloadHash() {}

    /**
     * Hash of a frame: of its content, with its sequence number mixed in.
     *
     * @param payload     read from its start.
     * @param lengthBytes at most the segment's size.
     * @param seq         sequence number.
     * @return equal for equal content at an equal sequence number.
     */
    static long of(final MemorySegment payload, final long lengthBytes, final long seq) {
        return withSeq(ofContent(payload, lengthBytes), seq);
    }

    /**
     * Mixes a sequence number into the hash of a content that is known already.
     *
     * @param contentHash from {@link #ofContent}.
     * @param seq         sequence number.
     * @return what {@link #of} gives for that content.
     */
    static long withSeq(final long contentHash, final long seq) {
        return avalanche(contentHash ^ round(PRIME_5, seq));
    }

    /**
     * Hash of the content alone: XXH64 with seed 0.
     *
     * @param payload     read from its start.
     * @param lengthBytes at most the segment's size.
     * @return the hash.
     */
    static long ofContent(final MemorySegment payload, final long lengthBytes) {
        final long lanesLength = lengthBytes - lengthBytes % LANES_BYTES;
        final long lanes = lanesLength == 0 ? PRIME_5 : lanes(payload, lanesLength);
        return avalanche(rest(payload, lanesLength, lengthBytes, lanes + lengthBytes));
    }

    /** Four independent sums, so that four multiplications are under way at a time. */
    private static long lanes(final MemorySegment payload, final long lengthBytes) {
        long first = PRIME_1_PLUS_2;
        long second = PRIME_2;
        long third = 0;
        long fourth = -PRIME_1;
        for (long i = 0; i < lengthBytes; i += LANES_BYTES) {
            first = round(first, payload.get(LONG, i));
            second = round(second, payload.get(LONG, i + Long.BYTES));
            third = round(third, payload.get(LONG, i + 2 * Long.BYTES));
            fourth = round(fourth, payload.get(LONG, i + 3 * Long.BYTES));
        }
        long hash = Long.rotateLeft(first, 1)
                + Long.rotateLeft(second, 7)
                + Long.rotateLeft(third, 12)
                + Long.rotateLeft(fourth, 18);
        hash = merge(hash, first);
        hash = merge(hash, second);
        hash = merge(hash, third);
        return merge(hash, fourth);
    }

    private static long rest(final MemorySegment payload, final long from, final long to, final long lanes) {
        long hash = lanes;
        long i = from;
        for (; i + Long.BYTES <= to; i += Long.BYTES) {
            hash = Long.rotateLeft(hash ^ round(0, payload.get(LONG, i)), 27) * PRIME_1 + PRIME_4;
        }
        if (i + Integer.BYTES <= to) {
            final long word = Integer.toUnsignedLong(payload.get(INT, i));
            hash = Long.rotateLeft(hash ^ (word * PRIME_1), 23) * PRIME_2 + PRIME_3;
            i += Integer.BYTES;
        }
        for (; i < to; i++) {
            final long octet = Byte.toUnsignedLong(payload.get(ValueLayout.JAVA_BYTE, i));
            hash = Long.rotateLeft(hash ^ (octet * PRIME_5), 11) * PRIME_1;
        }
        return hash;
    }

    private static long round(final long sum, final long word) {
        return Long.rotateLeft(sum + word * PRIME_2, 31) * PRIME_1;
    }

    private static long merge(final long hash, final long sum) {
        return (hash ^ round(0, sum)) * PRIME_1 + PRIME_4;
    }

    private static long avalanche(final long hash) {
        long mixed = (hash ^ (hash >>> 33)) * PRIME_2;
        mixed = (mixed ^ (mixed >>> 29)) * PRIME_3;
        return mixed ^ (mixed >>> 32);
    }
}
