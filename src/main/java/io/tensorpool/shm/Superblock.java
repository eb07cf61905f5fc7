package io.tensorpool.shm;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import io.tensorpool.layout.HeaderRingLayout;
import io.tensorpool.layout.SuperblockLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What a region's superblock says for as long as the region exists, as expected from its description or as written by
 * its creator (wire specification 7.1 and 15.1).
 */
record Superblock(long epoch, int streamId, short regionType, int poolId, int nslots, int slotBytes, int strideBytes) {
    static final long BYTES = SuperblockLayout.LAYOUT.byteSize();

    static Superblock ofHeaderRing(final EpochRegions regions) {
        return new Superblock(
                regions.epoch(),
                regions.streamId(),
                SuperblockLayout.TYPE_HEADER_RING,
                HeaderRingLayout.POOL_ID,
                regions.nslots(),
                HeaderRingLayout.SLOT_BYTES,
                HeaderRingLayout.STRIDE_BYTES);
    }

    static Superblock ofPool(final EpochRegions regions, final PoolRegion pool) {
        return new Superblock(
                regions.epoch(),
                regions.streamId(),
                SuperblockLayout.TYPE_PAYLOAD_POOL,
                pool.poolId(),
                pool.nslots(),
                SuperblockLayout.SLOT_BYTES_NULL,
                (int) pool.strideBytes());
    }

    /** Reads the superblock of an open file; only that it is one of a finished region is checked. */
    static Superblock read(final Descriptor file, final RegionUri uri) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment found = read(file, uri, arena);
            return new Superblock(
                    (long) SuperblockLayout.EPOCH_VH.get(found, 0L),
                    (int) SuperblockLayout.STREAM_ID_VH.get(found, 0L),
                    (short) SuperblockLayout.REGION_TYPE_VH.get(found, 0L),
                    Short.toUnsignedInt((short) SuperblockLayout.POOL_ID_VH.get(found, 0L)),
                    (int) SuperblockLayout.NSLOTS_VH.get(found, 0L),
                    (int) SuperblockLayout.SLOT_BYTES_VH.get(found, 0L),
                    (int) SuperblockLayout.STRIDE_BYTES_VH.get(found, 0L));
        }
    }

    /**
     * Compares the superblock of an open file, field by field.
     *
     * @return the pid in it.
     */
    long verify(final Descriptor file, final RegionUri uri) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment found = read(file, uri, arena);
            verify(found, uri);
            return (long) SuperblockLayout.PID_VH.get(found, 0L);
        }
    }

    /** With a system call, so that a file that shrinks meanwhile is a short read and not a fault. */
    private static MemorySegment read(final Descriptor file, final RegionUri uri, final Arena arena) {
        final MemorySegment found = arena.allocate(SuperblockLayout.LAYOUT);
        final long bytes = Libc.pread(file.fd(), found, HeaderRingLayout.SUPERBLOCK_OFFSET);
        if (bytes != found.byteSize()) {
            throw new RegionException("refused region '" + uri + "': reading its superblock "
                    + (bytes < 0 ? "failed: " + Errno.text((int) -bytes) : "ended after " + bytes + " bytes"));
        }
        final long magic = (long) SuperblockLayout.MAGIC_VH.get(found, 0L);
        if (magic != SuperblockLayout.MAGIC) {
            throw new RegionException(String.format(
                    "refused region '%s': magic is 0x%016x, expected 0x%016x; it is no region, or not finished",
                    uri, magic, SuperblockLayout.MAGIC));
        }
        final int layoutVersion = (int) SuperblockLayout.LAYOUT_VERSION_VH.get(found, 0L);
        expect(uri, "layout version", layoutVersion, SuperblockLayout.LAYOUT_VERSION);
        return found;
    }

    private void verify(final MemorySegment found, final RegionUri uri) {
        expect(uri, "epoch", (long) SuperblockLayout.EPOCH_VH.get(found, 0L), epoch);
        expect(uri, "stream id", (int) SuperblockLayout.STREAM_ID_VH.get(found, 0L), streamId);
        expect(uri, "region type", (short) SuperblockLayout.REGION_TYPE_VH.get(found, 0L), regionType);
        expect(uri, "pool id", Short.toUnsignedInt((short) SuperblockLayout.POOL_ID_VH.get(found, 0L)), poolId);
        expect(uri, "nslots", (int) SuperblockLayout.NSLOTS_VH.get(found, 0L), nslots);
        expect(uri, "slotBytes", (int) SuperblockLayout.SLOT_BYTES_VH.get(found, 0L), slotBytes);
        expect(uri, "strideBytes", (int) SuperblockLayout.STRIDE_BYTES_VH.get(found, 0L), strideBytes);
    }

    private static void expect(final RegionUri uri, final String field, final int found, final int expected) {
        expect(uri, field, Integer.toUnsignedLong(found), Integer.toUnsignedLong(expected));
    }

    private static void expect(final RegionUri uri, final String field, final long found, final long expected) {
        if (found != expected) {
            throw new RegionException("refused region '" + uri + "': its superblock says " + field + " "
                    + Long.toUnsignedString(found) + ", its description " + Long.toUnsignedString(expected));
        }
    }

    /** Writes the superblock, except for the magic: a region without it is not finished. */
    void write(final MemorySegment region, final long pid, final long nowNs) {
        SuperblockLayout.LAYOUT_VERSION_VH.set(region, 0L, SuperblockLayout.LAYOUT_VERSION);
        SuperblockLayout.EPOCH_VH.set(region, 0L, epoch);
        SuperblockLayout.STREAM_ID_VH.set(region, 0L, streamId);
        SuperblockLayout.REGION_TYPE_VH.set(region, 0L, regionType);
        SuperblockLayout.POOL_ID_VH.set(region, 0L, (short) poolId);
        SuperblockLayout.NSLOTS_VH.set(region, 0L, nslots);
        SuperblockLayout.SLOT_BYTES_VH.set(region, 0L, slotBytes);
        SuperblockLayout.STRIDE_BYTES_VH.set(region, 0L, strideBytes);
        SuperblockLayout.PID_VH.set(region, 0L, pid);
        SuperblockLayout.START_TIMESTAMP_NS_VH.set(region, 0L, nowNs);
        SuperblockLayout.ACTIVITY_TIMESTAMP_NS_VH.set(region, 0L, nowNs);
    }

    /** Finishes a region: whoever sees the magic sees everything written before. */
    static void writeMagic(final MemorySegment region) {
        SuperblockLayout.MAGIC_VH.setRelease(region, 0L, SuperblockLayout.MAGIC);
    }
}
