package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How an experiment is shown.
 *
 * @param title      heading.
 * @param note       what was done, and how the figures are to be read.
 * @param groupBy    settings whose values have a table and plots each.
 * @param variantBy  setting whose values are lines of their own beside the subjects; empty for none.
 * @param figures    in this order; others follow by name.
 * @param main       figure in which subjects are compared.
 */
record View(String title, String note, List<String> groupBy, String variantBy, List<String> figures, String main) {
    static final String VOLUME = "gib_per_s";

    private static final Map<String, View> KNOWN = Map.of(
            "throughput",
            new View(
                    "Throughput",
                    "From one process to another. Controlled: the producer stays at most half the ring ahead of what the"
                            + " consumer says it has read, so that nothing may be lost. Free: as fast as it goes, and"
                            + " the consumer counts what it missed.",
                    List.of("work", "flow"),
                    "",
                    List.of("frames_per_s", VOLUME, "producer_cpu_ns_per_frame", "lost"),
                    "frames_per_s"),
            "latency",
            new View(
                    "One-way latency",
                    "From the time at which a frame was due to the time at which its reader had validated it, and had read"
                            + " the payload where that is touched. A producer that is late counts against itself.",
                    List.of("work", "rate_hz"),
                    "",
                    List.of("p50_us", "p90_us", "p99_us", "p999_us", "max_us"),
                    "p50_us"),
            "copy",
            new View(
                    "Copying in",
                    "One process copies into the slots of one epoch, turn about: the library's offer, and the C library's"
                            + " memcpy into a claim.",
                    List.of(),
                    "",
                    List.of(VOLUME),
                    VOLUME),
            "consumers",
            new View(
                    "More consumers",
                    "What one producer pays for each frame while more and more consumers read it.",
                    List.of(),
                    "",
                    List.of("producer_cpu_ns_per_frame", "median_burst_cpu_ns_per_frame", "frames_per_s", "lost"),
                    "producer_cpu_ns_per_frame"),
            "streams",
            new View(
                    "More streams",
                    "One process publishes on all streams in turn, another reads them all. Their descriptors travel on one"
                            + " shared Aeron stream, where each consumer sees them all and at most 16 streams are consumed,"
                            + " or each on its own.",
                    List.of(),
                    "descriptors",
                    List.of("producer_ns_per_frame", "consumer_ns_per_frame", "frames_per_s", "lost"),
                    "producer_ns_per_frame"),
            "cold-start",
            new View(
                    "Cold start",
                    "Latency of the first frames of a fresh JVM; each point is the median over the starts.",
                    List.of(),
                    "start",
                    List.of("first_us", "frames_2_10_us", "frames_11_100_us", "frames_101_1000_us", "steady_us"),
                    "first_us"),
            "pauses",
            new View(
                    "Pauses",
                    "A long run at 1,000 frames/s behind its time to warm up: what the role's thread and the conductor of"
                            + " its client allocated, collections, and safepoints of the JVM other than its periodic"
                            + " ones.",
                    List.of(),
                    "role",
                    List.of(
                            "allocated_bytes",
                            "conductor_allocated_bytes",
                            "collections",
                            "safepoints",
                            "longest_safepoint_us"),
                    "safepoints"));

    /** Experiments in the order in which they are shown; unknown ones come last. */
    private static final List<String> ORDER =
            List.of("throughput", "latency", "copy", "consumers", "streams", "cold-start", "pauses");

    static View of(final String experiment) {
        final View known = KNOWN.get(experiment);
        return known != null ? known : new View(experiment, "", List.of(), "", List.of(), "");
    }

    static int rank(final String experiment) {
        final int index = ORDER.indexOf(experiment);
        return index < 0 ? ORDER.size() : index;
    }

    /** All figures that some of the rows have, in order. How many bytes an untouched payload has means nothing. */
    List<String> figuresOf(final List<Row> rows) {
        final List<String> all = new ArrayList<>(figures);
        rows.stream()
                .flatMap(row -> row.figures().stream())
                .sorted()
                .filter(figure -> !all.contains(figure))
                .forEach(all::add);
        all.removeIf(figure -> rows.stream().noneMatch(row -> row.figures().contains(figure)));
        if (rows.stream().allMatch(row -> "untouched".equals(row.settings().get("work")))) {
            all.remove(VOLUME);
        }
        return all;
    }

    /** What a line of a plot is called: the subject, and the variant where there are several. */
    String lineOf(final Row row) {
        final String variant = row.settings().get(variantBy);
        return variant == null
                ? row.subject()
                : row.subject() + ", " + Figures.setting(variantBy, variant)
                        + (variantBy.equals("descriptors") ? " descriptors" : "");
    }
}
