package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What further consumers cost the producer: threads in two processes that park when they are idle, and bursts of frames. */
final class Consumers implements Experiment {
    private static final int SIZE_BYTES = 64;

    @Override
    public String name() {
        return "consumers";
    }

    @Override
    public List<Row> run(final Bench bench) throws InterruptedException {
        final List<Row> rows = new ArrayList<>();
        for (final int consumers : bench.suite().consumers()) {
            final SortedMap<String, String> names =
                    new TreeMap<>(Map.of(Extras.CONSUMERS, Integer.toString(consumers)));
            final Setting setting = new Setting(
                    SIZE_BYTES, Work.UNTOUCHED, Flow.FREE, 0, Setting.slotsFor(SIZE_BYTES), bench.timing(), names);
            rows.addAll(bench.measure(name(), names, setting, Consumers::figures));
        }
        return rows;
    }

    private static SortedMap<String, Double> figures(final Outcome outcome) {
        return new TreeMap<>(Map.of(
                "producer_cpu_ns_per_frame",
                outcome.producerCpuNsPerFrame(),
                "median_burst_cpu_ns_per_frame",
                (double) outcome.produced("median_cpu_ns") / BurstProducer.FRAMES,
                "frames_per_s",
                outcome.framesPerSecond(),
                "lost",
                (double) outcome.lost()));
    }
}
