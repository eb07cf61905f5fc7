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
        for (final Payload payload : bench.payloads()) {
            for (final Flow flow : bench.suite().flows()) {
                rows.addAll(measure(bench, payload, flow));
            }
        }
        return rows;
    }

    private List<Row> measure(final Bench bench, final Payload payload, final Flow flow) throws InterruptedException {
        final int sizeBytes = payload.sizeBytes();
        final SortedMap<String, String> names =
                payload.names("flow", flow.name().toLowerCase(Locale.ROOT));
        final Setting setting = new Setting(
                sizeBytes, payload.work(), flow, 0, Setting.slotsFor(sizeBytes), bench.timing(), new TreeMap<>());
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
