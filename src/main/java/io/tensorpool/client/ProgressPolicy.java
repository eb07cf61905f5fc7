package io.tensorpool.client;

import io.tensorpool.ProgressHints;
import io.tensorpool.TensorShape;

/**
 * When a frame that fills up is told of: at most once per interval, and only if it has grown by so many bytes, or by so many
 * rows or columns (wire specification 10.2.2).
 *
 * @param intervalNs      least time between two messages of a frame.
 * @param bytesDelta      least growth in bytes.
 * @param majorDeltaUnits least growth in rows or columns; 0 if no consumer names one.
 */
record ProgressPolicy(long intervalNs, long bytesDelta, long majorDeltaUnits) {
    private static final long UNSET = Long.MAX_VALUE;

    /** The smallest wishes of all, within the limits. */
    static ProgressPolicy of(final ProgressLimits limits, final Iterable<ProgressHints> hints) {
        long intervalUs = UNSET;
        long bytes = UNSET;
        long units = UNSET;
        for (final ProgressHints wish : hints) {
            intervalUs = smaller(intervalUs, wish.intervalUs());
            bytes = smaller(bytes, wish.bytesDelta());
            units = wish.majorDeltaUnits() == 0 ? units : smaller(units, wish.majorDeltaUnits()); // 0 is unknown
        }
        return new ProgressPolicy(
                intervalUs == UNSET ? limits.intervalNs() : Math.max(intervalUs * 1_000, limits.minIntervalNs()),
                bytes == UNSET ? limits.bytesDelta() : Math.max(bytes, limits.minBytesDelta()),
                units == UNSET ? 0 : Math.max(units, limits.minMajorDeltaUnits()));
    }

    private static long smaller(final long least, final int wish) {
        return wish == ProgressHints.UNSET ? least : Math.min(least, Integer.toUnsignedLong(wish));
    }

    /** Whether growth since the last message is worth another one. */
    boolean admits(final long sinceNs, final long growthBytes, final TensorShape shape) {
        return sinceNs >= intervalNs && (growthBytes >= bytesDelta || isMajorDelta(growthBytes, shape));
    }

    private boolean isMajorDelta(final long growthBytes, final TensorShape shape) {
        final int strideBytes = shape.progressStrideBytes();
        return majorDeltaUnits > 0 && strideBytes > 0 && growthBytes / strideBytes >= majorDeltaUnits;
    }
}
