package io.tensorpool;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * How much memory the streams of a kind get (driver specification 17).
 *
 * @param name   of the profile.
 * @param nslots slots of the header ring and of each pool: a power of two.
 * @param pools  at least one, together less than 2^47 bytes; pool ids differ; strides are multiples of 64, from 64 to 2^32 - 64 bytes.
 */
public record StreamProfile(String name, int nslots, List<PoolSpec> pools) {
    /** Half of 48 bits of addresses is a process's. */
    private static final long MAX_PAYLOAD_BYTES = 1L << 47;

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
        checkedPayloadBytes(name, nslots, pools);
    }

    private static long checkedPayloadBytes(final String name, final int nslots, final List<PoolSpec> pools) {
        final BigInteger sum = pools.stream()
                .map(pool -> BigInteger.valueOf(pool.strideBytes()))
                .reduce(BigInteger.ZERO, BigInteger::add);
        final BigInteger bytes = sum.multiply(BigInteger.valueOf(nslots));
        if (bytes.compareTo(BigInteger.valueOf(MAX_PAYLOAD_BYTES)) > 0) {
            throw new ConfigurationException(
                    "profile '" + name + "': header_nslots = " + nslots + " times the strides of "
                            + pools.size() + " pools makes " + bytes + " bytes; expected at most " + MAX_PAYLOAD_BYTES
                            + ", the most that a process can map");
        }
        return bytes.longValueExact();
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
        return checkedPayloadBytes(name, nslots, pools);
    }
}
