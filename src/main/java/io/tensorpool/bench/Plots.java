package io.tensorpool.bench;

import io.tensorpool.bench.Plot.Point;
import io.tensorpool.bench.Plot.Series;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/** The plots of each experiment. */
final class Plots {
    private static final String SIZE = "size_bytes";
    private static final String SIZE_LABEL = "size of a frame";
    private static final Axis LATENCY = Axis.log("latency, µs");
    private static final double PERCENT = 100;
    /** Percentiles whose points have a marker, as 1/(1 - p). */
    private static final List<Double> NINES = List.of(2.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6);

    private final Section section;

    Plots(final Section section) {
        this.section = section;
    }

    List<Plot> of(final Section.Group group) {
        final List<Row> rows = group.rows();
        return switch (section.name()) {
            case "throughput" -> throughput(rows);
            case "latency" -> latency(rows);
            case "copy" -> List.of(bySize(rows, "Copied per second", Axis.linear("GiB/s"), "gib_per_s"));
            case "consumers" ->
                List.of(
                        by(
                                rows,
                                "consumers",
                                "Processor time of the producer's thread",
                                Axis.linear("ns/frame"),
                                "producer_cpu_ns_per_frame"),
                        by(rows, "consumers", "Frames per second", Axis.linear("frames/s"), "frames_per_s"));
            case "streams" ->
                List.of(
                        by(rows, "streams", "Producer", Axis.log("ns/frame"), "producer_ns_per_frame"),
                        by(rows, "streams", "Consumer", Axis.log("ns/frame"), "consumer_ns_per_frame"));
            case "cold-start" ->
                List.of(new Plot(
                        "Latency by number of the frame",
                        Axis.log("number of the frame"),
                        LATENCY,
                        curves(rows, CurvePoint::x)));
            default -> List.of();
        };
    }

    private List<Plot> throughput(final List<Row> rows) {
        final Plot frames = bySize(rows, "Frames per second", Axis.log("frames/s"), "frames_per_s");
        return section.view().figuresOf(rows).contains(View.VOLUME)
                ? List.of(frames, bySize(rows, "Payload per second", Axis.log("GiB/s"), View.VOLUME))
                : List.of(frames);
    }

    private List<Plot> latency(final List<Row> rows) {
        final Map<String, List<Row>> sizes = new LinkedHashMap<>();
        rows.forEach(row -> sizes.computeIfAbsent(row.settings().getOrDefault(SIZE, ""), size -> new ArrayList<>())
                .add(row));
        final List<Plot> plots = new ArrayList<>();
        final List<Series> bySize = new ArrayList<>(series(rows, SIZE, "p50_us", false));
        bySize.addAll(series(rows, SIZE, "p99_us", true));
        plots.add(new Plot("p50 (solid) and p99 (dashed) by size", sizeAxis(rows), LATENCY, bySize));
        final Axis y = LATENCY.spanning(rows.stream()
                .flatMap(row -> row.curve().stream())
                .map(CurvePoint::y)
                .toList());
        sizes.forEach((size, own) -> plots.add(new Plot(
                Figures.setting(SIZE, size),
                Axis.percentiles(),
                y,
                curves(own, point -> 1 / (1 - point.x() / PERCENT)))));
        return plots;
    }

    /** The curves of the rows; a point whose x is not finite, such as the maximum, closes up behind the one before it. */
    private List<Series> curves(final List<Row> rows, final ToDoubleFunction<CurvePoint> position) {
        final List<Series> series = new ArrayList<>();
        for (final Row row : rows) {
            final List<Point> points = new ArrayList<>();
            double lastX = 1;
            int nextNine = 0;
            for (final CurvePoint point : row.curve()) {
                final double exact = position.applyAsDouble(point);
                final double at = Double.isFinite(exact) ? exact : lastX * 2;
                final boolean isMarked = nextNine < NINES.size() && at >= NINES.get(nextNine);
                while (nextNine < NINES.size() && at >= NINES.get(nextNine)) {
                    nextNine++;
                }
                points.add(new Point(at, point.y(), point.y(), point.y(), isMarked || points.isEmpty()));
                lastX = at;
            }
            addUnlessEmpty(series, section.view().lineOf(row), false, points);
        }
        return series;
    }

    private Plot bySize(final List<Row> rows, final String title, final Axis y, final String figure) {
        return new Plot(title, sizeAxis(rows), y, series(rows, SIZE, figure, false));
    }

    private static Axis sizeAxis(final List<Row> rows) {
        return Axis.of(SIZE_LABEL, Axis.Kind.BYTES, values(rows, SIZE));
    }

    private Plot by(final List<Row> rows, final String setting, final String title, final Axis y, final String figure) {
        return new Plot(
                title, Axis.of(setting, Axis.Kind.LOG, values(rows, setting)), y, series(rows, setting, figure, false));
    }

    private List<Series> series(
            final List<Row> rows, final String setting, final String figure, final boolean isDashed) {
        final Map<String, List<Point>> lines = new LinkedHashMap<>();
        for (final Row row : rows) {
            final double x = Figures.number(row.settings().getOrDefault(setting, ""));
            final double y = row.median(figure);
            if (x > 0 && Double.isFinite(y)) {
                lines.computeIfAbsent(section.view().lineOf(row), line -> new ArrayList<>())
                        .add(new Point(x, y, row.min(figure), row.max(figure), true));
            }
        }
        final List<Series> series = new ArrayList<>();
        lines.forEach((line, points) -> addUnlessEmpty(series, line, isDashed, points));
        return series;
    }

    private void addUnlessEmpty(
            final List<Series> series, final String line, final boolean isDashed, final List<Point> points) {
        if (!points.isEmpty()) {
            series.add(new Series(line, section.styleOf(line), isDashed, points));
        }
    }

    private static List<Double> values(final List<Row> rows, final String setting) {
        final TreeSet<Double> values = new TreeSet<>();
        rows.forEach(row -> values.add(Figures.number(row.settings().getOrDefault(setting, ""))));
        values.removeIf(value -> !(value > 0));
        return List.copyOf(values);
    }
}
