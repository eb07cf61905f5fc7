package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What many streams cost: one producing and one consuming thread, with descriptors on the shared stream or on one of its own
 * for each tensor stream.
 */
final class Streams implements Experiment {
    private static final int SIZE_BYTES = 64;
    private static final int SLOTS_MIN = 256;
    private static final int SLOTS_MAX = 8192;
    private static final int SLOTS_TOGETHER = 16 << 10;
    /** On the shared stream every consumer reads every producer: so many images, each with a counter of the media driver. */
    private static final int SHARED_CONSUMERS_MAX = 16;

    @Override
    public String name() {
        return "streams";
    }

    @Override
    public List<Row> run(final Bench bench) throws InterruptedException {
        final List<Row> rows = new ArrayList<>();
        for (final int streams : bench.suite().streams()) {
            rows.addAll(measure(bench, streams, false));
            rows.addAll(measure(bench, streams, true));
        }
        return rows;
    }

    private List<Row> measure(final Bench bench, final int streams, final boolean isOwn) throws InterruptedException {
        final int consumed = isOwn ? streams : Math.min(streams, SHARED_CONSUMERS_MAX);
        final SortedMap<String, String> extras = new TreeMap<>(Map.of(
                Extras.STREAMS, Integer.toString(streams),
                Extras.CONSUMED, Integer.toString(consumed),
                Extras.OWN_DESCRIPTORS, isOwn ? "1" : "0"));
        final SortedMap<String, String> names = new TreeMap<>(Map.of(
                "streams", Integer.toString(streams),
                "consumed", Integer.toString(consumed),
                "descriptors", isOwn ? "own" : "shared"));
        final Setting setting =
                new Setting(SIZE_BYTES, Work.UNTOUCHED, Flow.CONTROLLED, 0, slotsFor(streams), bench.timing(), extras);
        return bench.measure(name(), names, setting, Streams::figures);
    }

    /** Few streams get more of them, so that the two sides need not wait for each other's every round. */
    private static int slotsFor(final int streams) {
        return Math.clamp(Integer.highestOneBit(SLOTS_TOGETHER / streams), SLOTS_MIN, SLOTS_MAX);
    }

    private static SortedMap<String, Double> figures(final Outcome outcome) {
        return new TreeMap<>(Map.of(
                "producer_ns_per_frame",
                (double) outcome.produced("busy_ns") / Math.max(1, outcome.produced("busy_frames")),
                "consumer_ns_per_frame",
                (double) outcome.consumed("busy_ns") / Math.max(1, outcome.consumed("busy_frames")),
                "frames_per_s",
                outcome.framesPerSecond(),
                "lost",
                (double) outcome.lost()));
    }
}
