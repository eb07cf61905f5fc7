package io.tensorpool.layout;

import static java.lang.foreign.MemoryLayout.PathElement.groupElement;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Value layouts of the format. Only members that are accessed atomically demand alignment; all others are read and
 * written where they lie, because several of them lie on odd addresses.
 */
final class LittleEndian {
    static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong ATOMIC_U64 = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    private LittleEndian() {}

    /** Offset of a member in its structure. */
    static long offset(final StructLayout layout, final String name) {
        return layout.byteOffset(groupElement(name));
    }

    /** Exact handle of a member; coordinates are the segment and the offset of the structure in it. */
    static VarHandle handle(final StructLayout layout, final String name) {
        return layout.varHandle(groupElement(name)).withInvokeExactBehavior();
    }

    /** Exact handle of an array member; coordinates are the segment, the structure's offset and the index. */
    static VarHandle arrayHandle(final StructLayout layout, final String name) {
        return layout.varHandle(groupElement(name), MemoryLayout.PathElement.sequenceElement())
                .withInvokeExactBehavior();
    }
}
