package io.tensorpool.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the first frames of fresh JVMs take, started in different ways, turn about. */
final class ColdStart implements Experiment {
    /** How a pair of JVMs starts. */
    private enum Start {
        /** As anybody would. */
        PLAIN("plain", false, false),
        /** The library warms up before it connects. */
        WARM_UP("warm_up", true, false),
        /** With classes loaded and linked, and profiles gathered, by an earlier run. */
        AOT("aot", false, true),
        /** Both. */
        AOT_AND_WARM_UP("aot+warm_up", true, true);

        private final String title;
        private final boolean warmsUp;
        private final boolean isAot;

        Start(final String title, final boolean warmsUp, final boolean isAot) {
            this.title = title;
            this.warmsUp = warmsUp;
            this.isAot = isAot;
        }

        /** What a trial is told. */
        RoleOptions options(final RoleOptions trial) {
            return warmsUp ? trial : trial.with(trial.setting().withExtra(Extras.COLD, 1));
        }
    }

    private static final int SIZE_BYTES = 64;
    private static final double RATE_HZ = 1000;
    private static final int STARTS = 20;
    private static final int STARTS_QUICK = 3;

    /** From the first frame to a steady state. */
    private static final int SECONDS = 5;

    private static final int SECONDS_QUICK = 2;
    private static final int FRAMES_SHOWN = 1000;

    /** As many at the end are the steady state that the first ones are compared with. */
    private static final int STEADY_FRAMES = 1000;

    private static final double NS_PER_US = 1e3;

    @Override
    public String name() {
        return "cold-start";
    }

    @Override
    public boolean isPartOf(final Suite suite) {
        return suite == Suite.FULL;
    }

    @Override
    public List<Row> run(final Bench bench) throws InterruptedException {
        final Optional<Subject> product = bench.product();
        if (product.isEmpty()) {
            return List.of();
        }
        final int starts = starts(bench.options());
        final Map<Start, List<Outcome>> outcomes = new EnumMap<>(Start.class);
        try (Stage stage = Stage.open(setting(bench.suite()));
                AotCache cache = AotCache.train(bench, product.get(), stage)) {
            for (final Start start : Start.values()) {
                if (!start.isAot || cache.isThere()) {
                    outcomes.put(start, new ArrayList<>());
                }
            }
            for (int i = 1; i <= starts; i++) {
                for (final Map.Entry<Start, List<Outcome>> entry : outcomes.entrySet()) {
                    final Start start = entry.getKey();
                    bench.progress(name() + ' ' + start.title + " start " + i + " of " + starts);
                    entry.getValue()
                            .add(bench.run(
                                    product.get(),
                                    start.options(stage.nextTrial()),
                                    start.isAot ? cache : JvmOptions.NONE));
                }
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
        return outcomes.entrySet().stream()
                .map(entry -> row(product.get(), entry.getKey(), entry.getValue()))
                .toList();
    }

    private static int starts(final BenchOptions options) {
        if (options.runs() > 0) {
            return options.runs();
        }
        return options.suite() == Suite.FULL ? STARTS : STARTS_QUICK;
    }

    private static Setting setting(final Suite suite) {
        return new Setting(
                SIZE_BYTES,
                Work.UNTOUCHED,
                Flow.PACED,
                RATE_HZ,
                Setting.slotsFor(SIZE_BYTES),
                new Timing(0, suite == Suite.FULL ? SECONDS : SECONDS_QUICK),
                new TreeMap<>());
    }

    private Row row(final Subject subject, final Start start, final List<Outcome> outcomes) {
        return new Row(
                name(),
                subject.name(),
                new TreeMap<>(Map.of("start", start.title)),
                outcomes.stream().map(ColdStart::figures).toList(),
                curve(outcomes));
    }

    /** Of one start. Frames that were lost are not among the latencies, and are told. */
    static SortedMap<String, Double> figures(final Outcome outcome) {
        final List<Long> latencyNs = outcome.latencyNs();
        final SortedMap<String, Double> figures = new TreeMap<>();
        figures.put("lost", (double) outcome.lost());
        put(figures, "first_us", latencyNs, 0, 1);
        put(figures, "frames_2_10_us", latencyNs, 1, 10);
        put(figures, "frames_11_100_us", latencyNs, 10, 100);
        put(figures, "frames_101_1000_us", latencyNs, 100, FRAMES_SHOWN);
        put(figures, "steady_us", latencyNs, Math.max(0, latencyNs.size() - STEADY_FRAMES), latencyNs.size());
        return figures;
    }

    private static void put(
            final SortedMap<String, Double> figures,
            final String name,
            final List<Long> latencyNs,
            final int from,
            final int to) {
        if (latencyNs.size() >= to && to > from) {
            figures.put(name, medianUs(latencyNs.subList(from, to)));
        }
    }

    /** By number of the frame, the median over the starts. */
    private static List<CurvePoint> curve(final List<Outcome> outcomes) {
        final List<CurvePoint> points = new ArrayList<>();
        for (int i = 0; i < FRAMES_SHOWN; i++) {
            final int frame = i;
            final List<Long> latencyNs = outcomes.stream()
                    .filter(outcome -> outcome.latencyNs().size() > frame)
                    .map(outcome -> outcome.latencyNs().get(frame))
                    .toList();
            if (!latencyNs.isEmpty()) {
                points.add(new CurvePoint(frame + 1, medianUs(latencyNs)));
            }
        }
        return points;
    }

    private static double medianUs(final List<Long> latencyNs) {
        final long[] sorted = latencyNs.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        final int middle = sorted.length / 2;
        final double medianNs = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
        return medianNs / NS_PER_US;
    }
}
