package io.tensorpool.layout;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.PathElement.sequenceElement;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/**
 * A payload pool as a whole.
 *
 * <pre>
 *     0               +---------------------------------------------------+
 *                     |               superblock, 64 bytes                |
 *    64               +---------------------------------------------------+
 *                     |         payload of slot 0, strideBytes            |
 *    64 + strideBytes +---------------------------------------------------+
 *                     |         payload of slot 1, strideBytes            |
 *                     +---------------------------------------------------+
 *                     |                       ...                         |   nslots of them, as in the ring
 *                     +---------------------------------------------------+
 * </pre>
 *
 * Wire specification 9 and 15.22. All arithmetic is 64-bit: a pool may be larger than 4 GiB.
 */
public final class PayloadPoolLayout {
    /** {@code strideBytes} is a positive multiple of this; so every payload starts on a cache line. */
    public static final int STRIDE_ALIGNMENT_BYTES = 64;
    /** Largest {@code strideBytes} that its field can hold and the rule allows. */
    public static final long STRIDE_BYTES_MAX = 0x1_0000_0000L - STRIDE_ALIGNMENT_BYTES;

    private static final StructLayout TWO_STRIDES = of(2, STRIDE_ALIGNMENT_BYTES);

    /** Offset of the superblock. */
    public static final long SUPERBLOCK_OFFSET = LittleEndian.offset(TWO_STRIDES, "superblock");
    /** Offset of the payload of slot 0. */
    public static final long PAYLOADS_OFFSET = TWO_STRIDES.byteOffset(groupElement("payloads"), sequenceElement(0));

    private PayloadPoolLayout() {}

    /**
     * The structure of a pool.
     *
     * @param nslots      number of slots, at least 1.
     * @param strideBytes bytes from one payload to the next, a multiple of 64.
     * @return its layout; its size is the least size of the file.
     */
    public static StructLayout of(final int nslots, final long strideBytes) {
        return MemoryLayout.structLayout(
                        SuperblockLayout.LAYOUT,
                        MemoryLayout.sequenceLayout(
                                        nslots,
                                        MemoryLayout.sequenceLayout(strideBytes, LittleEndian.U8)
                                                .withName("payload"))
                                .withName("payloads"))
                .withName("payloadPool");
    }

    /**
     * Where a payload begins.
     *
     * @param index       0 to {@code nslots - 1}.
     * @param strideBytes bytes from one payload to the next.
     * @return its offset in the file.
     */
    public static long payloadOffset(final int index, final long strideBytes) {
        return PAYLOADS_OFFSET + index * strideBytes;
    }
}
