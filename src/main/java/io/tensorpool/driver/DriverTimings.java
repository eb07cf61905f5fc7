package io.tensorpool.driver;

import io.tensorpool.ConfigurationException;

/**
 * Listens to how long things take. Measuring is optional, and its histograms are another library's, so that this is the
 * seam; {@link #NONE} does nothing.
 */
interface DriverTimings {
    /** Measures nothing. */
    DriverTimings NONE = (kind, durationNs) -> {};

    /** What is measured. */
    enum Kind {
        DUTY_CYCLE,
        ATTACH,
        DETACH,
        KEEPALIVE_GAP,
        EXPIRY_DELAY,
        ANNOUNCE_GAP
    }

    /** Something took so long. */
    void record(Kind kind, long durationNs);

    /** Reports what was measured, when it is time. */
    default void report(final long nowNs) {}

    /**
     * Interval histograms in the log.
     *
     * @param intervalNs 0 for none.
     * @throws ConfigurationException if HdrHistogram is not on the class path.
     */
    static DriverTimings of(final long intervalNs) {
        if (intervalNs == 0) {
            return NONE;
        }
        try {
            return new DriverHistograms(intervalNs);
        } catch (final NoClassDefFoundError ex) {
            throw new ConfigurationException(
                    "policies.histogram_interval_ms needs org.hdrhistogram:HdrHistogram on the class path", ex);
        }
    }
}
