package io.tensorpool.layout;

import static io.tensorpool.layout.LittleEndian.ATOMIC_U64;
import static io.tensorpool.layout.LittleEndian.U16;
import static io.tensorpool.layout.LittleEndian.U32;
import static io.tensorpool.layout.LittleEndian.U64;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.lang.invoke.VarHandle;

/**
 * First 64 bytes of every region file.
 *
 * <pre>
 *   0               4               8               12              16
 *  +-------------------------------+---------------+---------------+
 *  |          magic (u64)          | layoutVersion |  epoch (u64,  |
 *  +---------------+-------+-------+---------------+---------------+
 *  |  unaligned)   |   streamId    | type  | pool  |    nslots     |   type i16, poolId u16
 *  +---------------+---------------+-------+-------+---------------+
 *  |   slotBytes   |  strideBytes  |           pid (u64)           |
 *  +---------------+---------------+-------------------------------+
 *  |    startTimestampNs (u64)     |   activityTimestampNs (u64)   |   the last one alone ever changes
 *  +-------------------------------+-------------------------------+
 * </pre>
 *
 * Wire specification 7.1. Handles take the segment and the offset of the superblock in it, a multiple of 8.
 */
public final class SuperblockLayout {
    /** The structure. */
    public static final StructLayout LAYOUT = MemoryLayout.structLayout(
                    ATOMIC_U64.withName("magic"),
                    U32.withName("layoutVersion"),
                    U64.withName("epoch"),
                    U32.withName("streamId"),
                    U16.withName("regionType"),
                    U16.withName("poolId"),
                    U32.withName("nslots"),
                    U32.withName("slotBytes"),
                    U32.withName("strideBytes"),
                    ATOMIC_U64.withName("pid"),
                    ATOMIC_U64.withName("startTimestampNs"),
                    ATOMIC_U64.withName("activityTimestampNs"))
            .withName("superblock");

    /** Value of {@code magic}: "TPOLSHM1" as a number; its bytes in the file run backwards. */
    public static final long MAGIC = 0x544F504C53484D31L;
    /** Value of {@code layoutVersion}. */
    public static final int LAYOUT_VERSION = 1;
    /** Value of {@code regionType} in a header ring. */
    public static final short TYPE_HEADER_RING = 1;
    /** Value of {@code regionType} in a payload pool. */
    public static final short TYPE_PAYLOAD_POOL = 2;
    /** Value of {@code slotBytes} in a payload pool: none. */
    public static final int SLOT_BYTES_NULL = 0xFFFF_FFFF;

    /** Offset of {@code magic}. */
    public static final long MAGIC_OFFSET = LittleEndian.offset(LAYOUT, "magic");
    /** Offset of {@code layoutVersion}. */
    public static final long LAYOUT_VERSION_OFFSET = LittleEndian.offset(LAYOUT, "layoutVersion");
    /** Offset of {@code epoch}. */
    public static final long EPOCH_OFFSET = LittleEndian.offset(LAYOUT, "epoch");
    /** Offset of {@code streamId}. */
    public static final long STREAM_ID_OFFSET = LittleEndian.offset(LAYOUT, "streamId");
    /** Offset of {@code regionType}. */
    public static final long REGION_TYPE_OFFSET = LittleEndian.offset(LAYOUT, "regionType");
    /** Offset of {@code poolId}. */
    public static final long POOL_ID_OFFSET = LittleEndian.offset(LAYOUT, "poolId");
    /** Offset of {@code nslots}. */
    public static final long NSLOTS_OFFSET = LittleEndian.offset(LAYOUT, "nslots");
    /** Offset of {@code slotBytes}. */
    public static final long SLOT_BYTES_OFFSET = LittleEndian.offset(LAYOUT, "slotBytes");
    /** Offset of {@code strideBytes}. */
    public static final long STRIDE_BYTES_OFFSET = LittleEndian.offset(LAYOUT, "strideBytes");
    /** Offset of {@code pid}. */
    public static final long PID_OFFSET = LittleEndian.offset(LAYOUT, "pid");
    /** Offset of {@code startTimestampNs}. */
    public static final long START_TIMESTAMP_NS_OFFSET = LittleEndian.offset(LAYOUT, "startTimestampNs");
    /** Offset of {@code activityTimestampNs}. */
    public static final long ACTIVITY_TIMESTAMP_NS_OFFSET = LittleEndian.offset(LAYOUT, "activityTimestampNs");

    /** {@code long}, all access modes. */
    public static final VarHandle MAGIC_VH = LittleEndian.handle(LAYOUT, "magic");
    /** {@code int}, plain. */
    public static final VarHandle LAYOUT_VERSION_VH = LittleEndian.handle(LAYOUT, "layoutVersion");
    /** {@code long}, plain. */
    public static final VarHandle EPOCH_VH = LittleEndian.handle(LAYOUT, "epoch");
    /** {@code int}, plain. */
    public static final VarHandle STREAM_ID_VH = LittleEndian.handle(LAYOUT, "streamId");
    /** {@code short}, plain. */
    public static final VarHandle REGION_TYPE_VH = LittleEndian.handle(LAYOUT, "regionType");
    /** {@code short}, plain. */
    public static final VarHandle POOL_ID_VH = LittleEndian.handle(LAYOUT, "poolId");
    /** {@code int}, plain. */
    public static final VarHandle NSLOTS_VH = LittleEndian.handle(LAYOUT, "nslots");
    /** {@code int}, plain. */
    public static final VarHandle SLOT_BYTES_VH = LittleEndian.handle(LAYOUT, "slotBytes");
    /** {@code int}, plain. */
    public static final VarHandle STRIDE_BYTES_VH = LittleEndian.handle(LAYOUT, "strideBytes");
    /** {@code long}, all access modes. */
    public static final VarHandle PID_VH = LittleEndian.handle(LAYOUT, "pid");
    /** {@code long}, all access modes. */
    public static final VarHandle START_TIMESTAMP_NS_VH = LittleEndian.handle(LAYOUT, "startTimestampNs");
    /** {@code long}, all access modes. */
    public static final VarHandle ACTIVITY_TIMESTAMP_NS_VH = LittleEndian.handle(LAYOUT, "activityTimestampNs");

    private SuperblockLayout() {}
}
