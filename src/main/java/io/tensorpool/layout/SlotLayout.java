package io.tensorpool.layout;

import static io.tensorpool.layout.LittleEndian.ATOMIC_U64;
import static io.tensorpool.layout.LittleEndian.U16;
import static io.tensorpool.layout.LittleEndian.U32;
import static io.tensorpool.layout.LittleEndian.U64;
import static io.tensorpool.layout.LittleEndian.U8;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;

/**
 * One slot of a header ring: 60 bytes of slot header, a length, and the embedded tensor header.
 *
 * <pre>
 *     0  +-------------------------------+---------------+---------------+
 *        |        seqCommit (u64)        | valuesLenBytes|  payloadSlot  |   seqCommit: 8-aligned, the only atomic
 *    16  +-------+---------------+-------+---------------+---------------+
 *        | pool  | payloadOffset |      timestampNs (u64)        |  meta~    poolId u16; then unaligned
 *    32  +-------+---------------+-------------------------------+-------+
 *        | ~Vers.|                   pad, 26 bytes                       |   pad: ignored by readers
 *        +-------+                                       +---------------+
 *        |                                               | headerBytesLen|   60: u32, always 192
 *    64  +-----------------------------------------------+---------------+
 *        |     tensorHeader, 192 bytes: see TensorHeaderLayout           |
 *   256  +---------------------------------------------------------------+
 * </pre>
 *
 * Wire specification 8.1 and 8.2. Handles take the segment and the offset of the slot in it, a multiple of 8.
 */
public final class SlotLayout {
    /** The structure. */
    public static final StructLayout LAYOUT = MemoryLayout.structLayout(
                    ATOMIC_U64.withName("seqCommit"),
                    U32.withName("valuesLenBytes"),
                    U32.withName("payloadSlot"),
                    U16.withName("poolId"),
                    U32.withName("payloadOffset"),
                    U64.withName("timestampNs"),
                    U32.withName("metaVersion"),
                    MemoryLayout.sequenceLayout(26, U8).withName("pad"),
                    U32.withName("headerBytesLength"),
                    TensorHeaderLayout.LAYOUT)
            .withName("slot");

    /** Value of {@code headerBytesLength}: the size of the embedded tensor header with its message header. */
    public static final int HEADER_BYTES_LENGTH = (int) TensorHeaderLayout.LAYOUT.byteSize();
    /** Value of {@code payloadOffset}; anything else is reserved. */
    public static final int PAYLOAD_OFFSET = 0;

    /** Offset of {@code seqCommit}. */
    public static final long SEQ_COMMIT_OFFSET = LittleEndian.offset(LAYOUT, "seqCommit");
    /** Offset of {@code valuesLenBytes}, the first byte behind {@code seqCommit}. */
    public static final long VALUES_LEN_BYTES_OFFSET = LittleEndian.offset(LAYOUT, "valuesLenBytes");
    /** Offset of {@code payloadSlot}. */
    public static final long PAYLOAD_SLOT_OFFSET = LittleEndian.offset(LAYOUT, "payloadSlot");
    /** Offset of {@code poolId}. */
    public static final long POOL_ID_OFFSET = LittleEndian.offset(LAYOUT, "poolId");
    /** Offset of {@code payloadOffset}. */
    public static final long PAYLOAD_OFFSET_OFFSET = LittleEndian.offset(LAYOUT, "payloadOffset");
    /** Offset of {@code timestampNs}. */
    public static final long TIMESTAMP_NS_OFFSET = LittleEndian.offset(LAYOUT, "timestampNs");
    /** Offset of {@code metaVersion}. */
    public static final long META_VERSION_OFFSET = LittleEndian.offset(LAYOUT, "metaVersion");
    /** Offset of {@code pad}. */
    public static final long PAD_OFFSET = LittleEndian.offset(LAYOUT, "pad");
    /** Bytes of {@code pad}. */
    public static final long PAD_BYTES =
            LAYOUT.select(PathElement.groupElement("pad")).byteSize();
    /** Offset of {@code headerBytesLength}. */
    public static final long HEADER_BYTES_LENGTH_OFFSET = LittleEndian.offset(LAYOUT, "headerBytesLength");
    /** Offset of the embedded message header and tensor header. */
    public static final long TENSOR_HEADER_OFFSET = LittleEndian.offset(LAYOUT, "tensorHeader");

    /** {@code long}, all access modes; to be used through {@link SeqCommit} alone. */
    static final VarHandle SEQ_COMMIT_VH = LittleEndian.handle(LAYOUT, "seqCommit");
    /** {@code int}, plain. */
    public static final VarHandle VALUES_LEN_BYTES_VH = LittleEndian.handle(LAYOUT, "valuesLenBytes");
    /** {@code int}, plain. */
    public static final VarHandle PAYLOAD_SLOT_VH = LittleEndian.handle(LAYOUT, "payloadSlot");
    /** {@code short}, plain. */
    public static final VarHandle POOL_ID_VH = LittleEndian.handle(LAYOUT, "poolId");
    /** {@code int}, plain. */
    public static final VarHandle PAYLOAD_OFFSET_VH = LittleEndian.handle(LAYOUT, "payloadOffset");
    /** {@code long}, plain. */
    public static final VarHandle TIMESTAMP_NS_VH = LittleEndian.handle(LAYOUT, "timestampNs");
    /** {@code int}, plain. */
    public static final VarHandle META_VERSION_VH = LittleEndian.handle(LAYOUT, "metaVersion");
    /** {@code int}, plain. */
    public static final VarHandle HEADER_BYTES_LENGTH_VH = LittleEndian.handle(LAYOUT, "headerBytesLength");

    private SlotLayout() {}
}
