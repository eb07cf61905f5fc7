package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * Latencies in nanoseconds, to three significant digits, from 0 to an hour; what lies outside counts as the nearest of
 * these. Recording allocates nothing. One thread.
 */
public final class LatencyRecorder {
    private static final long HIGHEST_NS = TimeUnit.HOURS.toNanos(1);
    private static final int SIGNIFICANT_DIGITS = 3;
    private static final int CURVE_TICKS_PER_HALF = 5;
    private static final double NS_PER_US = 1e3;

    private final Histogram histogram = new Histogram(HIGHEST_NS, SIGNIFICANT_DIGITS);

    /** An empty one. */
    public LatencyRecorder() {}

    /**
     * Records one.
     *
     * @param latencyNs any.
     */
    public void record(final long latencyNs) {
        histogram.recordValue(Math.max(0, Math.min(latencyNs, HIGHEST_NS)));
    }

    /** Latencies recorded so far. */
    long count() {
        return histogram.getTotalCount();
    }

    /**
     * Latency that so many have at most.
     *
     * @param percentile 0 to 100.
     * @return in nanoseconds; 0 when none was recorded.
     */
    public long percentileNs(final double percentile) {
        return histogram.getValueAtPercentile(percentile);
    }

    /** Percentiles and microseconds, closer together towards the tail. */
    List<CurvePoint> curve() {
        final List<CurvePoint> points = new ArrayList<>();
        for (final HistogramIterationValue value : histogram.percentiles(CURVE_TICKS_PER_HALF)) {
            points.add(new CurvePoint(value.getPercentileLevelIteratedTo(), value.getValueIteratedTo() / NS_PER_US));
        }
        return points;
    }
}
