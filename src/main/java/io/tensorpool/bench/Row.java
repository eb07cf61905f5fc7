package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.DoubleStream;

/**
 * What was measured of one subject in one setting. All names are lower case with underscores, and those of figures end
 * with their unit: {@code p99_us}, {@code gib_per_s}.
 *
 * @param experiment for instance {@code latency}.
 * @param subject    what was measured: {@code tensorpool}, a baseline, or a peer by the name that the user gave it.
 * @param settings   name to value, for instance {@code size_bytes} to {@code 4096}.
 * @param runs       the figures of each run, in the order of the runs; a run need not have all of them.
 * @param curve      merged over the runs, in the order of x; empty where the experiment has none.
 */
public record Row(
        String experiment,
        String subject,
        SortedMap<String, String> settings,
        List<SortedMap<String, Double>> runs,
        List<CurvePoint> curve) {

    /** Copies what it is given. */
    public Row {
        settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
        final List<SortedMap<String, Double>> copies = new ArrayList<>();
        runs.forEach(run -> copies.add(Collections.unmodifiableSortedMap(new TreeMap<>(run))));
        runs = List.copyOf(copies);
        curve = List.copyOf(curve);
    }

    /**
     * Names of all figures that some run has.
     *
     * @return a new set.
     */
    public SortedSet<String> figures() {
        final SortedSet<String> names = new TreeSet<>();
        runs.forEach(run -> names.addAll(run.keySet()));
        return names;
    }

    /**
     * Middle value over the runs; of an even number of runs the mean of the middle two.
     *
     * @param figure name.
     * @return NaN if no run has it.
     */
    public double median(final String figure) {
        final double[] sorted = values(figure).sorted().toArray();
        final int middle = sorted.length / 2;
        if (sorted.length == 0) {
            return Double.NaN;
        }
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /**
     * Smallest value over the runs.
     *
     * @param figure name.
     * @return NaN if no run has it.
     */
    public double min(final String figure) {
        return values(figure).min().orElse(Double.NaN);
    }

    /**
     * Largest value over the runs.
     *
     * @param figure name.
     * @return NaN if no run has it.
     */
    public double max(final String figure) {
        return values(figure).max().orElse(Double.NaN);
    }

    private DoubleStream values(final String figure) {
        return runs.stream().filter(run -> run.containsKey(figure)).mapToDouble(run -> run.get(figure));
    }
}
