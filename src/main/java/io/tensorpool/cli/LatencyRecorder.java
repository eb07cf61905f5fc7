package io.tensorpool.cli;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Latencies in nanoseconds, to three significant digits, from 0 to an hour; what lies outside counts as the nearest of
 * these. Recording allocates nothing. One thread.
 */
final class LatencyRecorder {
    private static final long HIGHEST_NS = TimeUnit.HOURS.toNanos(1);
    private static final int SIGNIFICANT_DIGITS = 3;

    private final Histogram histogram = new Histogram(HIGHEST_NS, SIGNIFICANT_DIGITS);

    void record(final long latencyNs) {
        histogram.recordValue(Math.max(0, Math.min(latencyNs, HIGHEST_NS)));
    }

    /** Latencies recorded so far. */
    long count() {
        return histogram.getTotalCount();
    }

    /** 0 when none was recorded, as of all percentiles. */
    long p50Ns() {
        return histogram.getValueAtPercentile(50);
    }

    long p99Ns() {
        return histogram.getValueAtPercentile(99);
    }

    long p999Ns() {
        return histogram.getValueAtPercentile(99.9);
    }
}
