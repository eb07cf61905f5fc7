package io.tensorpool.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Whether anything of ours stops a JVM: allocation, collections and safepoints of a long, steady run. */
final class Pauses implements Experiment {
    private static final int SIZE_BYTES = 4 << 10;
    private static final double RATE_HZ = 1000;

    private static final double SECONDS_PER_MINUTE = 60;
    private static final double WARM_UP_SECONDS =
            60; // compilers resolve constants on the heap, slots get their views at first use
    private static final double NS_PER_US = 1e3;

    @Override
    public String name() {
        return "pauses";
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
        final double minutes = bench.options().pauseMinutes();
        final double seconds = minutes * SECONDS_PER_MINUTE;
        final Setting setting = new Setting(
                SIZE_BYTES,
                Work.TOUCHED,
                Flow.PACED,
                RATE_HZ,
                Setting.slotsFor(SIZE_BYTES),
                new Timing(Math.min(WARM_UP_SECONDS, seconds), seconds),
                new TreeMap<>());
        bench.progress(name() + " for " + minutes + " min");
        try (ScratchDirectory directory = new ScratchDirectory();
                Stage stage = Stage.open(setting)) {
            final JvmOptions logs = side -> List.of(JvmLog.option(directory.file(name(side))));
            final Outcome outcome = bench.run(product.get(), stage.nextTrial(), logs);
            final List<Row> rows = new ArrayList<>();
            for (final Roles.Side side : Roles.Side.values()) {
                final long fromNs = figure(outcome, side, "from_ns");
                final long toNs = figure(outcome, side, "to_ns");
                final JvmPauses pauses = JvmLog.read(directory.file(name(side)), fromNs, toNs);
                rows.add(new Row(
                        name(),
                        product.get().name(),
                        new TreeMap<>(Map.of("role", name(side), "minutes", Double.toString(minutes))),
                        List.of(figures(outcome, side, pauses)),
                        List.of()));
            }
            return rows;
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private static SortedMap<String, Double> figures(
            final Outcome outcome, final Roles.Side side, final JvmPauses pauses) {
        final SortedMap<String, Double> figures = new TreeMap<>();
        figures.put("allocated_bytes", (double) figure(outcome, side, "allocated_bytes"));
        figures.put("conductor_allocated_bytes", (double) figure(outcome, side, "conductor_allocated_bytes"));
        figures.put("collections", (double) pauses.collections());
        figures.put("safepoints", (double) pauses.safepointCount());
        figures.put("periodic_safepoints", (double) pauses.periodic());
        figures.put("longest_safepoint_us", pauses.longestNs() / NS_PER_US);
        figures.put("stopped_us", pauses.stoppedNs() / NS_PER_US);
        figures.put("unknown_lines", (double) pauses.unknownLines());
        pauses.safepoints()
                .forEach((cause, count) -> figures.merge("safepoints_" + word(cause), (double) count, Double::sum));
        if (side == Roles.Side.CONSUME) {
            figures.putAll(Latency.percentiles(outcome));
        }
        return figures;
    }

    /** Names of figures are lower case, whatever a JVM calls its operations. */
    private static String word(final String cause) {
        return cause.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "_");
    }

    private static long figure(final Outcome outcome, final Roles.Side side, final String key) {
        return side == Roles.Side.PRODUCE ? outcome.produced(key) : outcome.consumed(key);
    }

    private static String name(final Roles.Side side) {
        return side.name().toLowerCase(Locale.ROOT);
    }
}
