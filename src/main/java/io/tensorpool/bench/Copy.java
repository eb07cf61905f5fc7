package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/** How fast frames are copied in, against the C library's memcpy; each run in a process of its own. */
final class Copy implements Experiment {
    /** The subject that is memcpy. */
    static final String MEMCPY = "memcpy";

    private static final int LARGE_BYTES = 8 << 20;
    private static final long TIMEOUT_MS = TimeUnit.SECONDS.toMillis(90);
    private static final double GIB = 1 << 30;
    private static final double NS_PER_SECOND = 1e9;

    @Override
    public String name() {
        return "copy";
    }

    @Override
    public List<Row> run(final Bench bench) throws InterruptedException {
        final SortedSet<Integer> sizesBytes = new TreeSet<>();
        bench.suite().payloads().forEach(payload -> sizesBytes.add(payload.sizeBytes()));
        sizesBytes.add(LARGE_BYTES);
        final List<Row> rows = new ArrayList<>();
        for (final int sizeBytes : sizesBytes) {
            rows.addAll(measure(bench, sizeBytes));
        }
        return rows;
    }

    private List<Row> measure(final Bench bench, final int sizeBytes) throws InterruptedException {
        final Setting setting = new Setting(
                sizeBytes, Work.COPIED, Flow.FREE, 0, Setting.slotsFor(sizeBytes), bench.timing(), new TreeMap<>());
        final SortedMap<String, String> names = new TreeMap<>(Map.of("size_bytes", Integer.toString(sizeBytes)));
        final List<SortedMap<String, Double>> own = new ArrayList<>();
        final List<SortedMap<String, Double>> memcpy = new ArrayList<>();
        for (final Subject subject : bench.subjects()) {
            if (subject.name().equals(MEMCPY)) {
                try (Stage stage = Stage.open(setting)) {
                    for (int run = 1; run <= bench.runs(); run++) {
                        bench.progress(name() + " " + names + " run " + run + " of " + bench.runs());
                        final Map<String, Long> figures = trial(bench, subject, stage.nextTrial());
                        own.add(rate(figures, CopyRole.OFFERS, CopyRole.OFFER_NS, sizeBytes));
                        memcpy.add(rate(figures, CopyRole.MEMCPYS, CopyRole.MEMCPY_NS, sizeBytes));
                    }
                }
            }
        }
        return own.isEmpty()
                ? List.of()
                : List.of(
                        new Row(name(), Roles.TENSORPOOL, names, own, List.of()),
                        new Row(name(), MEMCPY, names, memcpy, List.of()));
    }

    private static Map<String, Long> trial(final Bench bench, final Subject subject, final RoleOptions options)
            throws InterruptedException {
        try (ChildProcess process =
                ChildProcess.start(subject.name(), subject.commandOf(Roles.Side.PRODUCE, options))) {
            process.awaitLine(RoleTalk.READY, TIMEOUT_MS, bench.stopped());
            final Timing timing = options.setting().timing();
            final long measuredMs = (long) ((timing.warmupSeconds() + timing.seconds()) * 1000);
            final Map<String, Long> figures = RoleOutput.figures(
                    subject.name(), process.awaitLine(RoleTalk.RESULT, measuredMs + TIMEOUT_MS, bench.stopped()));
            process.end();
            return figures;
        }
    }

    private static SortedMap<String, Double> rate(
            final Map<String, Long> figures, final String copies, final String timeNs, final int sizeBytes) {
        final double bytes = (double) RoleOutput.required(MEMCPY, figures, copies) * sizeBytes;
        final double seconds = RoleOutput.required(MEMCPY, figures, timeNs) / NS_PER_SECOND;
        return new TreeMap<>(Map.of("gib_per_s", bytes / GIB / seconds));
    }
}
