package io.tensorpool.bench;

import io.tensorpool.ConfigurationException;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is measured.
 *
 * @param suite       how much of it.
 * @param subjects    beside each other; at least one, of different names.
 * @param runs        of each subject in each setting; 0 for what the suite has.
 * @param experiments by name; empty for all that the suite has.
 * @param sizesBytes  those payloads of the suite that are measured; empty for all.
 * @param timing      of each trial; null for that of the suite.
 * @param pauseMinutes how long pauses are looked for, more than 0, at most 59.
 */
public record BenchOptions(
        Suite suite,
        List<Subject> subjects,
        int runs,
        List<String> experiments,
        List<Integer> sizesBytes,
        @Nullable Timing timing,
        double pauseMinutes) {
    /** Long enough for what happens every few minutes. */
    public static final double PAUSE_MINUTES_DEFAULT = 10;

    /** A trial lasts at most an hour. */
    private static final double PAUSE_MINUTES_MAX = 59;

    /**
     * Checks and copies.
     *
     * @throws ConfigurationException naming the option, the value and what was expected.
     */
    public BenchOptions {
        subjects = List.copyOf(subjects);
        experiments = List.copyOf(experiments);
        sizesBytes = List.copyOf(sizesBytes);
        if (runs < 0 || runs > 1000) {
            throw new ConfigurationException("--runs " + runs + ": expected 1 to 1000");
        }
        if (!(pauseMinutes > 0 && pauseMinutes <= PAUSE_MINUTES_MAX)) {
            throw new ConfigurationException(
                    "--pause-minutes " + pauseMinutes + ": expected more than 0 and at most " + PAUSE_MINUTES_MAX);
        }
        final SortedSet<String> names = new TreeSet<>();
        for (final Subject subject : subjects) {
            if (!names.add(subject.name())) {
                throw new ConfigurationException("subject '" + subject.name() + "' is named twice");
            }
        }
        final List<Integer> known =
                suite.payloads().stream().map(Payload::sizeBytes).distinct().toList();
        for (final int sizeBytes : sizesBytes) {
            if (!known.contains(sizeBytes)) {
                throw new ConfigurationException("--sizes " + sizeBytes + ": expected some of " + known);
            }
        }
        for (final String name : experiments) {
            if (!Bench.experimentNames().contains(name)) {
                throw new ConfigurationException(
                        "--experiments '" + name + "': expected some of " + Bench.experimentNames());
            }
        }
    }

    boolean isWanted(final Experiment experiment) {
        return experiments.isEmpty() ? experiment.isPartOf(suite) : experiments.contains(experiment.name());
    }

    Timing timingOrDefault() {
        return timing == null ? suite.timing() : timing;
    }

    /** Payloads of throughput and latency. */
    List<Payload> payloads() {
        return suite.payloads().stream()
                .filter(payload -> sizesBytes.isEmpty() || sizesBytes.contains(payload.sizeBytes()))
                .toList();
    }

    int runsOrDefault() {
        return runs == 0 ? suite.runs() : runs;
    }
}
