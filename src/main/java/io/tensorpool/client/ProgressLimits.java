package io.tensorpool.client;

import io.tensorpool.ConfigurationException;

/**
 * How often a producer tells of a frame that fills up (wire specification 10.2.2): by default, and at most, whatever
 * consumers wish.
 *
 * @param intervalNs         least time between two messages of a frame where no consumer names one; at least
 *                           {@code minIntervalNs}.
 * @param bytesDelta         least growth between two messages where no consumer names one; at least {@code minBytesDelta}.
 * @param minIntervalNs      shortest interval that a consumer can have; at least 0.
 * @param minBytesDelta      smallest growth in bytes that a consumer can have; at least 1.
 * @param minMajorDeltaUnits smallest growth in rows or columns that a consumer can have; at least 1.
 */
public record ProgressLimits(
        long intervalNs, long bytesDelta, long minIntervalNs, long minBytesDelta, int minMajorDeltaUnits) {
    /** 250 µs and 64 KiB, as the specification recommends; at most every 100 µs, 4 KiB or row. */
    public static final ProgressLimits DEFAULT = new ProgressLimits(250_000, 65_536, 100_000, 4_096, 1);

    /** Checks the values. */
    public ProgressLimits {
        requireAtLeast("minIntervalNs", minIntervalNs, 0);
        requireAtLeast("minBytesDelta", minBytesDelta, 1);
        requireAtLeast("minMajorDeltaUnits", minMajorDeltaUnits, 1);
        requireAtLeast("intervalNs", intervalNs, minIntervalNs);
        requireAtLeast("bytesDelta", bytesDelta, minBytesDelta);
    }

    private static void requireAtLeast(final String name, final long value, final long least) {
        if (value < least) {
            throw new ConfigurationException(name + " = " + value + ": expected at least " + least);
        }
    }
}
