package io.tensorpool;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How much memory the streams of a kind get (driver specification 17).
 *
 * @param name   of the profile.
 * @param nslots slots of the header ring and of each pool: a power of two.
 * @param pools  at least one; pool ids differ; strides are multiples of 64, from 64 to 2^32 - 64 bytes.
 */
public record StreamProfile(String name, int nslots, List<PoolSpec> pools) {
    private static final int STRIDE_MULTIPLE = 64;
    private static final long MAX_STRIDE_BYTES = (1L << 32) - STRIDE_MULTIPLE;

    /**
     * Checks the numbers.
     *
     * @throws ConfigurationException naming the profile, the value and what was expected.
     */
    public StreamProfile {
        pools = List.copyOf(pools);
        if (nslots <= 0 || Integer.bitCount(nslots) != 1) {
            throw new ConfigurationException(
                    "profile '" + name + "': header_nslots = " + nslots + " is not a power of two from 1 to 2^30");
        }
        if (pools.isEmpty()) {
            throw new ConfigurationException("profile '" + name + "': payload_pools is empty; expected at least one");
        }
        final Set<Integer> poolIds = new HashSet<>();
        for (final PoolSpec pool : pools) {
            final long strideBytes = pool.strideBytes();
            if (strideBytes < STRIDE_MULTIPLE || strideBytes > MAX_STRIDE_BYTES || strideBytes % STRIDE_MULTIPLE != 0) {
                throw new ConfigurationException("pool " + pool.poolId() + " of profile '" + name
                        + "': stride_bytes = " + strideBytes + " is not a multiple of 64 from 64 to "
                        + MAX_STRIDE_BYTES + "; use " + nearestStrideBytes(strideBytes));
            }
            if (pool.poolId() < 0 || pool.poolId() > 0xFFFF) {
                throw new ConfigurationException(
                        "profile '" + name + "': pool_id = " + pool.poolId() + " is not from 0 to 65535");
            }
            if (!poolIds.add(pool.poolId())) {
                throw new ConfigurationException(
                        "profile '" + name + "': pool_id = " + pool.poolId() + " is used twice");
            }
        }
    }

    private static long nearestStrideBytes(final long strideBytes) {
        final long atLeast = Math.max(STRIDE_MULTIPLE, Math.min(strideBytes, MAX_STRIDE_BYTES));
        return (atLeast + STRIDE_MULTIPLE - 1) / STRIDE_MULTIPLE * STRIDE_MULTIPLE;
    }

    /**
     * Bytes of payload memory of one epoch.
     *
     * @return slots times the sum of the strides; the headers come on top.
     */
    public long payloadBytes() {
        long strideSum = 0;
        for (final PoolSpec pool : pools) {
            strideSum += pool.strideBytes();
        }
        return strideSum * nslots;
    }
}
