package io.tensorpool.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** A report of made-up rows, for tests: every experiment, and a peer whose name is hostile. */
final class ReportSample {
    static final String PEER = "<script>alert('x')</script> & \"co\"";

    private static final List<Integer> SIZES = List.of(64, 4096, 655_360, 8_388_608);
    private static final double GIB = 1 << 30;

    private ReportSample() {}

    static Report report() {
        return report(rows());
    }

    static Report report(final List<Row> rows) {
        return new Report(
                "quick",
                Instant.parse("2026-11-20T14:00:00Z"),
                Duration.ofSeconds(95),
                new Machine("AMD EPYC", 2, true, 24_684_096L << 10, "Linux 6.18", "Adoptium 25+36", "never", "unknown"),
                new Load(0.25, 0.5, 1),
                new Load(1.75, 1, 1),
                List.of(
                        new Noise("before throughput", 1, 3, 12.5, 40, 0.01),
                        new Noise("after cold-start", 1, 4, 14, 1200.5, 0.02)),
                rows);
    }

    static List<Row> rows() {
        final List<Row> rows = new ArrayList<>();
        subjects().forEach((subject, cost) -> {
            for (final int size : SIZES) {
                addThroughput(rows, subject, cost, size);
                addLatency(rows, subject, cost, size);
            }
        });
        for (final String subject : List.of("tensorpool", "memcpy")) {
            for (final int size : SIZES) {
                final double rate = (subject.equals("memcpy") ? 24 : 25) * size / (size + 400.0);
                rows.add(row("copy", subject, Map.of("size_bytes", size), Map.of("gib_per_s", rate)));
            }
        }
        for (final int consumers : List.of(1, 8, 64)) {
            rows.add(row(
                    "consumers",
                    "tensorpool",
                    Map.of("consumers", consumers),
                    Map.of("producer_cpu_ns_per_frame", 70.0 + consumers / 16.0, "frames_per_s", 9e6, "lost", 0.0)));
        }
        for (final int streams : List.of(1, 16, 100, 1000)) {
            for (final String descriptors : List.of("shared", "own")) {
                final double cost = descriptors.equals("own") ? 80 + streams / 2.0 : 80 + streams * 7.0;
                rows.add(row(
                        "streams",
                        "tensorpool",
                        Map.of("streams", streams, "descriptors", descriptors),
                        Map.of("producer_ns_per_frame", cost, "consumer_ns_per_frame", cost / 2, "lost", 0.0)));
            }
        }
        addColdStarts(rows);
        return rows;
    }

    private static Map<String, Double> subjects() {
        final Map<String, Double> subjects = new TreeMap<>();
        subjects.put("tensorpool", 1.0);
        subjects.put("aeron-ipc", 3.0);
        subjects.put("uds", 10.0);
        subjects.put(PEER, 1.5);
        return subjects;
    }

    private static void addThroughput(final List<Row> rows, final String subject, final double cost, final int size) {
        for (final String work : List.of("untouched", "copied")) {
            final double ns = cost * (100 + (work.equals("copied") || cost > 2 ? size / 25.0 : 0));
            rows.add(row(
                    "throughput",
                    subject,
                    Map.of("size_bytes", size, "work", work, "flow", "controlled"),
                    Map.of("frames_per_s", 1e9 / ns, "gib_per_s", 1e9 / ns * size / GIB, "lost", 0.0)));
        }
    }

    private static void addLatency(final List<Row> rows, final String subject, final double cost, final int size) {
        final double p50 = cost * 0.45 + (cost > 2 ? size / 8000.0 : 0);
        final List<CurvePoint> curve = new ArrayList<>();
        for (double rest = 1; rest > 1e-4; rest /= 1.2) {
            curve.add(new CurvePoint(100 - 100 * rest, p50 * Math.pow(1 / rest, 0.35)));
        }
        curve.add(new CurvePoint(100, p50 * 60));
        rows.add(new Row(
                "latency",
                subject,
                settings(Map.of("size_bytes", size, "work", "untouched", "rate_hz", 1000)),
                runs(Map.of("p50_us", p50, "p99_us", p50 * 5, "p999_us", p50 * 12, "max_us", p50 * 60)),
                curve));
    }

    private static void addColdStarts(final List<Row> rows) {
        double cost = 1;
        for (final String start : List.of("plain", "warm_up", "aot", "aot+warm_up")) {
            final List<CurvePoint> curve = new ArrayList<>();
            for (int frame = 1; frame <= 1000; frame++) {
                curve.add(new CurvePoint(frame, 0.5 + 3000 / cost / frame));
            }
            rows.add(new Row(
                    "cold-start",
                    "tensorpool",
                    settings(Map.of("start", start)),
                    runs(Map.of("first_us", 3000 / cost, "steady_us", 0.5)),
                    curve));
            cost *= 6;
        }
    }

    static Row row(
            final String experiment,
            final String subject,
            final Map<String, Object> settings,
            final Map<String, Double> figures) {
        return new Row(experiment, subject, settings(settings), runs(figures), List.of());
    }

    private static SortedMap<String, String> settings(final Map<String, Object> settings) {
        final SortedMap<String, String> sorted = new TreeMap<>();
        settings.forEach((name, value) -> sorted.put(name, value.toString()));
        return sorted;
    }

    /** Five runs around the figures, whose median they are. */
    private static List<SortedMap<String, Double>> runs(final Map<String, Double> figures) {
        final List<SortedMap<String, Double>> runs = new ArrayList<>();
        for (final double factor : List.of(0.95, 1.2, 1.0, 0.9, 1.05)) {
            final SortedMap<String, Double> run = new TreeMap<>();
            figures.forEach((name, value) -> run.put(name, value * factor));
            runs.add(run);
        }
        return runs;
    }
}
