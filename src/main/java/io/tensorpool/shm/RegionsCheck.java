package io.tensorpool.shm;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import io.tensorpool.layout.HeaderRingLayout;
import io.tensorpool.layout.PayloadPoolLayout;
import java.util.HashSet;
import java.util.Set;

/** Whether a description of an epoch makes sense by itself, before any file is looked at (wire 8, 9, 15.5, 15.22). */
final class RegionsCheck {
    private static final int POOL_ID_MAX = 0xFFFF;

    private RegionsCheck() {}

    static void check(final EpochRegions regions) {
        if (regions.layoutVersion() != EpochRegions.LAYOUT_VERSION) {
            throw refused(
                    regions,
                    "layout version " + Integer.toUnsignedString(regions.layoutVersion()) + "; this library knows "
                            + EpochRegions.LAYOUT_VERSION);
        }
        if (regions.nslots() <= 0 || Integer.bitCount(regions.nslots()) != 1) {
            throw refused(
                    regions,
                    "nslots = " + Integer.toUnsignedString(regions.nslots())
                            + "; expected a power of two from 1 to 2^30");
        }
        if (regions.pools().isEmpty()) {
            throw refused(regions, "it has no payload pool; at least one is needed");
        }
        final Set<Integer> poolIds = new HashSet<>();
        for (final PoolRegion pool : regions.pools()) {
            check(regions, pool);
            if (!poolIds.add(pool.poolId())) {
                throw refused(regions, "pool id " + pool.poolId() + " appears twice");
            }
        }
    }

    private static void check(final EpochRegions regions, final PoolRegion pool) {
        if (pool.poolId() < 0 || pool.poolId() > POOL_ID_MAX) {
            throw refused(regions, "pool id " + pool.poolId() + "; expected 0 to " + POOL_ID_MAX);
        }
        if (pool.nslots() != regions.nslots()) {
            throw refused(
                    regions,
                    "pool " + pool.poolId() + " has nslots = " + Integer.toUnsignedString(pool.nslots())
                            + ", the header ring " + regions.nslots() + "; they must be equal");
        }
        final long strideBytes = pool.strideBytes();
        if (strideBytes < PayloadPoolLayout.STRIDE_ALIGNMENT_BYTES
                || strideBytes > PayloadPoolLayout.STRIDE_BYTES_MAX
                || strideBytes % PayloadPoolLayout.STRIDE_ALIGNMENT_BYTES != 0) {
            throw refused(
                    regions,
                    "pool " + pool.poolId() + " has a stride of " + strideBytes
                            + " bytes; expected a positive multiple of " + PayloadPoolLayout.STRIDE_ALIGNMENT_BYTES
                            + " below 2^32");
        }
    }

    static long headerRingBytes(final EpochRegions regions) {
        return HeaderRingLayout.of(regions.nslots()).byteSize();
    }

    /** At most 2^30 strides below 2^32 bytes: the layout's own arithmetic cannot overflow, and would throw. */
    static long poolBytes(final PoolRegion pool) {
        return PayloadPoolLayout.of(pool.nslots(), pool.strideBytes()).byteSize();
    }

    private static RegionException refused(final EpochRegions regions, final String cause) {
        return new RegionException("refused epoch " + Long.toUnsignedString(regions.epoch()) + " of stream "
                + Integer.toUnsignedString(regions.streamId()) + ": " + cause);
    }
}
