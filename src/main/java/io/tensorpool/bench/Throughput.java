package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** How many validated frames per second pass from one process to another. */
final class Throughput implements Experiment {
    private static final double GIB = 1 << 30;

    @Override
    public String name() {
        return "throughput";
    }

    @Override
    public List<Row> run(final Bench bench) throws InterruptedException {
        final List<Row> rows = new ArrayList<>();
        for (final int sizeBytes : bench.suite().sizesBytes()) {
            for (final Work work : Work.values()) {
                for (final Flow flow : List.of(Flow.CONTROLLED, Flow.FREE)) {
                    if (flow == Flow.CONTROLLED || bench.suite() == Suite.FULL) {
                        rows.addAll(measure(bench, sizeBytes, work, flow));
                    }
                }
            }
        }
        return rows;
    }

    private List<Row> measure(final Bench bench, final int sizeBytes, final Work work, final Flow flow)
            throws InterruptedException {
        final SortedMap<String, String> names = new TreeMap<>(Map.of(
                "size_bytes", Integer.toString(sizeBytes),
                "work", work.name().toLowerCase(Locale.ROOT),
                "flow", flow.name().toLowerCase(Locale.ROOT)));
        final Setting setting = new Setting(
                sizeBytes,
                work,
                flow,
                0,
                Setting.slotsFor(sizeBytes),
                bench.suite().timing(),
                new TreeMap<>());
        return bench.measure(name(), names, setting, outcome -> {
            final double framesPerSecond = outcome.framesPerSecond();
            return new TreeMap<>(Map.of(
                    "frames_per_s",
                    framesPerSecond,
                    "gib_per_s",
                    framesPerSecond * sizeBytes / GIB,
                    "lost",
                    (double) outcome.lost(),
                    "producer_cpu_ns_per_frame",
                    outcome.producerCpuNsPerFrame()));
        });
    }
}
