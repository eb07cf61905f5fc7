package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a run is checked against, and how that is written down. Ratios within one run only, never times. */
public final class Expectations {
    private static final String PRODUCT = Roles.TENSORPOOL;
    /** Where a larger figure is the better one. */
    private static final Set<String> RATES = Set.of("frames_per_s", "gib_per_s");

    private final List<Expectation> all;

    private Expectations(final List<Expectation> all) {
        this.all = List.copyOf(all);
    }

    /**
     * What a check found.
     *
     * @param lines    one for each expectation.
     * @param failures those of them that were not met.
     */
    public record Result(List<String> lines, List<String> failures) {
        /**
         * Whether all were met.
         *
         * @return true if there are no failures.
         */
        public boolean isGood() {
            return failures.isEmpty();
        }
    }

    /**
     * Reads a file of expectations.
     *
     * @param file JSON, as {@link #write} makes it.
     * @return at least one.
     * @throws TensorPoolException if it cannot be read, or is not of that form; the message names the file and the place.
     */
    public static Expectations read(final Path file) {
        try {
            return new Expectations(ExpectationsJson.read(Files.readString(file)));
        } catch (final IOException ex) {
            throw new TensorPoolException("expectations " + file + " cannot be read: " + ex, ex);
        } catch (final TensorPoolException ex) {
            throw new TensorPoolException("expectations " + file + ": " + ex.getMessage(), ex);
        }
    }

    /**
     * Expectations that fit a run: each row of the product against each baseline in the same setting.
     *
     * @param rows of the run.
     * @return with the ratios of the run.
     * @throws TensorPoolException if no baseline was measured.
     */
    public static Expectations of(final List<Row> rows) {
        final List<Expectation> all = new ArrayList<>();
        for (final Row own : rows) {
            final String figure = View.of(own.experiment()).main();
            for (final Row other : rows) {
                if (own.subject().equals(PRODUCT)
                        && Subject.baselineNames().contains(other.subject())
                        && own.experiment().equals(other.experiment())
                        && own.settings().equals(other.settings())
                        && own.median(figure) > 0
                        && other.median(figure) > 0) {
                    all.add(expectation(own, other, figure));
                }
            }
        }
        if (all.isEmpty()) {
            throw new TensorPoolException("no baseline was measured, so that there are no ratios to expect");
        }
        return new Expectations(all);
    }

    private static Expectation expectation(final Row own, final Row other, final String figure) {
        final Map<String, String> settings = new TreeMap<>();
        own.settings().forEach((name, value) -> settings.put(name, Figures.setting(name, value)));
        return new Expectation(
                own.experiment() + ' ' + String.join(", ", settings.values()) + ": " + own.subject() + " against "
                        + other.subject(),
                new Reference(own.experiment(), own.subject(), own.settings(), figure),
                new Reference(other.experiment(), other.subject(), other.settings(), figure),
                own.median(figure) / other.median(figure),
                RATES.contains(figure));
    }

    /**
     * Compares a run with what is expected. What was not measured is a failure, too.
     *
     * @param rows of the run.
     * @return what was found.
     */
    public Result check(final List<Row> rows) {
        final List<String> lines = new ArrayList<>();
        final List<String> failures = new ArrayList<>();
        for (final Expectation expectation : all) {
            final Expectation.Outcome outcome = expectation.check(rows);
            lines.add((outcome.isGood() ? "good  " : "FALLEN  ") + outcome.text());
            if (!outcome.isGood()) {
                failures.add(outcome.text());
            }
        }
        return new Result(lines, failures);
    }

    /**
     * The same expectations with the ratios of a run.
     *
     * @param rows of the run.
     * @return new ones.
     * @throws TensorPoolException if one was not measured, naming it.
     */
    public Expectations updated(final List<Row> rows) {
        final List<Expectation> updated = new ArrayList<>();
        for (final Expectation expectation : all) {
            try {
                updated.add(expectation.withRatio(expectation.measuredIn(rows)));
            } catch (final TensorPoolException ex) {
                throw new TensorPoolException(expectation.name() + ": " + ex.getMessage(), ex);
            }
        }
        return new Expectations(updated);
    }

    /**
     * Writes a file that {@link #read} reads.
     *
     * @param file made or replaced.
     * @throws TensorPoolException if it cannot be written.
     */
    public void write(final Path file) {
        try {
            Files.writeString(file, ExpectationsJson.write(all));
        } catch (final IOException ex) {
            throw new TensorPoolException("expectations " + file + " cannot be written: " + ex, ex);
        }
    }
}
