package io.tensorpool.driver;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Histograms per interval, logged at its end and begun anew. Conductor's thread. */
final class DriverHistograms implements DriverTimings {
    private static final System.Logger LOG = System.getLogger(DriverHistograms.class.getName());
    private static final long HIGHEST_NS = TimeUnit.HOURS.toNanos(1);
    private static final int SIGNIFICANT_DIGITS = 2;

    private final Map<Kind, Histogram> histograms = new EnumMap<>(Kind.class);
    private final long intervalNs;
    private long reportAtNs;
    private boolean hasStarted;

    DriverHistograms(final long intervalNs) {
        this.intervalNs = intervalNs;
        for (final Kind kind : Kind.values()) {
            histograms.put(kind, new Histogram(HIGHEST_NS, SIGNIFICANT_DIGITS));
        }
    }

    @Override
    public void record(final Kind kind, final long durationNs) {
        final Histogram histogram = histograms.get(kind);
        if (histogram != null) {
            histogram.recordValue(Math.clamp(durationNs, 0, HIGHEST_NS));
        }
    }

    @Override
    public void report(final long nowNs) {
        if (!hasStarted) {
            hasStarted = true;
            reportAtNs = nowNs + intervalNs;
        } else if (nowNs - reportAtNs >= 0) {
            reportAtNs = nowNs + intervalNs;
            histograms.forEach(DriverHistograms::log);
        }
    }

    private static void log(final Kind kind, final Histogram histogram) {
        if (histogram.getTotalCount() > 0) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0}: n {1}, p50 {2} ns, p99 {3} ns, max {4} ns",
                    kind.name().toLowerCase(Locale.ROOT),
                    histogram.getTotalCount(),
                    histogram.getValueAtPercentile(50),
                    histogram.getValueAtPercentile(99),
                    histogram.getMaxValue());
            histogram.reset();
        }
    }
}
