package io.tensorpool.layout;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;
import static java.lang.foreign.MemoryLayout.PathElement.sequenceElement;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;

/**
 * A header ring as a whole.
 *
 * <pre>
 *     0  +---------------------------------------------------------------+
 *        |                     superblock, 64 bytes                      |
 *    64  +---------------------------------------------------------------+
 *        |                      slot 0, 256 bytes                        |
 *   320  +---------------------------------------------------------------+
 *        |                      slot 1, 256 bytes                        |
 *        +---------------------------------------------------------------+
 *        |                            ...                                |   nslots of them, a power of two
 *        +---------------------------------------------------------------+
 * </pre>
 *
 * Wire specification 6 and 8.1. A frame lies in slot {@code seq & (nslots - 1)}.
 */
public final class HeaderRingLayout {
    private static final StructLayout TWO_SLOTS = of(2);

    /** Bytes from one slot to the next. */
    public static final int SLOT_BYTES = (int) SlotLayout.LAYOUT.byteSize();
    /** Value of the superblock's {@code strideBytes}: none. */
    public static final int STRIDE_BYTES = 0;
    /** Value of the superblock's {@code poolId}. */
    public static final int POOL_ID = 0;
    /** Offset of the superblock. */
    public static final long SUPERBLOCK_OFFSET = LittleEndian.offset(TWO_SLOTS, "superblock");
    /** Offset of slot 0. */
    public static final long SLOTS_OFFSET = TWO_SLOTS.byteOffset(groupElement("slots"), sequenceElement(0));

    private HeaderRingLayout() {}

    /**
     * The structure of a ring.
     *
     * @param nslots number of slots, at least 1.
     * @return its layout; its size is the least size of the file.
     */
    public static StructLayout of(final int nslots) {
        return MemoryLayout.structLayout(
                        SuperblockLayout.LAYOUT,
                        MemoryLayout.sequenceLayout(nslots, SlotLayout.LAYOUT).withName("slots"))
                .withName("headerRing");
    }

    /**
     * Where a slot begins.
     *
     * @param index 0 to {@code nslots - 1}.
     * @return its offset in the file.
     */
    public static long slotOffset(final int index) {
        return SLOTS_OFFSET + (long) index * SLOT_BYTES;
    }
}
