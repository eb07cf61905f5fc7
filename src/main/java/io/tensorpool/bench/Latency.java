package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** How long a frame takes from the moment it was due to the moment it is there for use, at a fixed rate. */
final class Latency implements Experiment {
    private static final double RATE_HZ = 1000;
    /** To be written and read in a fraction of its period, a large frame has to come less often. */
    private static final double LARGE_RATE_HZ = 100;

    private static final int LARGE_BYTES = 2 << 20;
    private static final double NS_PER_US = 1e3;

    @Override
    public String name() {
        return "latency";
    }

    @Override
    public List<Row> run(final Bench bench) throws InterruptedException {
        final List<Row> rows = new ArrayList<>();
        for (final Payload payload : bench.payloads()) {
            if (payload.work() != Work.COPIED || bench.suite() == Suite.FULL) {
                rows.addAll(measure(bench, payload));
            }
        }
        return rows;
    }

    private List<Row> measure(final Bench bench, final Payload payload) throws InterruptedException {
        final int sizeBytes = payload.sizeBytes();
        final double rateHz = payload.work() != Work.UNTOUCHED && sizeBytes >= LARGE_BYTES ? LARGE_RATE_HZ : RATE_HZ;
        final SortedMap<String, String> names = payload.names("rate_hz", Integer.toString((int) rateHz));
        final Setting setting = new Setting(
                sizeBytes,
                payload.work(),
                Flow.PACED,
                rateHz,
                Setting.slotsFor(sizeBytes),
                bench.timing(),
                new TreeMap<>());
        return bench.measure(name(), names, setting, new Percentiles());
    }

    /** Percentiles of one run, and how many frames were lost. */
    static SortedMap<String, Double> percentiles(final Outcome outcome) {
        return new Percentiles().figures(outcome);
    }

    /** Of each run, and the curve of all together. */
    private static final class Percentiles implements Measure {
        @Override
        public SortedMap<String, Double> figures(final Outcome outcome) {
            final LatencyRecorder latencies = recorded(List.of(outcome));
            return new TreeMap<>(Map.of(
                    "p50_us", latencies.percentileNs(50) / NS_PER_US,
                    "p90_us", latencies.percentileNs(90) / NS_PER_US,
                    "p99_us", latencies.percentileNs(99) / NS_PER_US,
                    "p999_us", latencies.percentileNs(99.9) / NS_PER_US,
                    "max_us", latencies.percentileNs(100) / NS_PER_US,
                    "lost", (double) outcome.lost()));
        }

        @Override
        public List<CurvePoint> curve(final List<Outcome> outcomes) {
            return recorded(outcomes).curve();
        }

        private static LatencyRecorder recorded(final List<Outcome> outcomes) {
            final LatencyRecorder latencies = new LatencyRecorder();
            for (final Outcome outcome : outcomes) {
                for (final long latencyNs : outcome.latencyNs()) {
                    latencies.record(latencyNs);
                }
            }
            return latencies;
        }
    }
}
