package io.tensorpool.bench;

import io.tensorpool.ConfigurationException;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What is measured.
 *
 * @param suite       how much of it.
 * @param subjects    beside each other; at least one, of different names.
 * @param runs        of each subject in each setting; 0 for what the suite has.
 * @param experiments by name; empty for all that the suite has.
 */
public record BenchOptions(Suite suite, List<Subject> subjects, int runs, List<String> experiments) {
    /**
     * Checks and copies.
     *
     * @throws ConfigurationException naming the option, the value and what was expected.
     */
    public BenchOptions {
        subjects = List.copyOf(subjects);
        experiments = List.copyOf(experiments);
        if (runs < 0 || runs > 1000) {
            throw new ConfigurationException("--runs " + runs + ": expected 1 to 1000");
        }
        final SortedSet<String> names = new TreeSet<>();
        for (final Subject subject : subjects) {
            if (!names.add(subject.name())) {
                throw new ConfigurationException("subject '" + subject.name() + "' is named twice");
            }
        }
        for (final String name : experiments) {
            if (!Bench.experimentNames().contains(name)) {
                throw new ConfigurationException(
                        "--experiments '" + name + "': expected some of " + Bench.experimentNames());
            }
        }
    }

    int runsOrDefault() {
        return runs == 0 ? suite.runs() : runs;
    }
}
