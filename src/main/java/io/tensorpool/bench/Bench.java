package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The coordinator of the rig: runs the media driver and the driver in this process, and all subjects turn about, each trial
 * in processes of its own.
 */
public final class Bench {
    private static final List<Experiment> EXPERIMENTS = List.of(
            new Throughput(), new Latency(), new Copy(), new Consumers(), new Streams(), new ColdStart(), new Pauses());

    private static final long NOISE_NS = TimeUnit.SECONDS.toNanos(1);

    private final BenchOptions options;
    private final PrintStream progress;
    private final BooleanSupplier stopped;

    /**
     * A rig.
     *
     * @param options  what is measured.
     * @param progress told of each trial, in lines.
     * @param stopped  looked at often; ends the rig with an exception.
     */
    public Bench(final BenchOptions options, final PrintStream progress, final BooleanSupplier stopped) {
        this.options = options;
        this.progress = progress;
        this.stopped = stopped;
    }

    /**
     * Names of all experiments.
     *
     * @return in the order in which they run.
     */
    public static List<String> experimentNames() {
        return EXPERIMENTS.stream().map(Experiment::name).toList();
    }

    /**
     * Measures everything that was asked for, and how noisy the machine is before each experiment and at the end.
     *
     * @return with a row for each subject in each setting of each experiment that it can do.
     * @throws TensorPoolException  if a role fails, naming it, or the rig was stopped.
     * @throws InterruptedException if this thread is interrupted.
     */
    public Report run() throws InterruptedException {
        final Instant begin = Instant.now();
        final long beginNs = System.nanoTime();
        final Load loadBefore = Load.read();
        final NoiseMeter noiseMeter = new NoiseMeter();
        final List<Noise> noise = new ArrayList<>();
        final List<Row> rows = new ArrayList<>();
        for (final Experiment experiment : EXPERIMENTS) {
            if (options.isWanted(experiment)) {
                noise.add(noiseMeter.measure("before " + experiment.name(), NOISE_NS));
                rows.addAll(experiment.run(this));
            }
        }
        noise.add(noiseMeter.measure("at the end", NOISE_NS));
        return new Report(
                suite().lowerCaseName(),
                begin,
                Duration.ofNanos(System.nanoTime() - beginNs),
                Machine.read(),
                loadBefore,
                Load.read(),
                List.copyOf(noise),
                List.copyOf(rows));
    }

    Suite suite() {
        return options.suite();
    }

    List<Payload> payloads() {
        return options.payloads();
    }

    Timing timing() {
        return options.timingOrDefault();
    }

    List<Subject> subjects() {
        return options.subjects();
    }

    BooleanSupplier stopped() {
        return stopped;
    }

    int runs() {
        return options.runsOrDefault();
    }

    BenchOptions options() {
        return options;
    }

    /** This implementation, if it is among the subjects. */
    Optional<Subject> product() {
        return subjects().stream()
                .filter(subject -> subject.name().equals(Roles.TENSORPOOL))
                .findFirst();
    }

    /** One trial of this implementation. */
    Outcome run(final Subject product, final RoleOptions trial, final JvmOptions jvmOptions)
            throws InterruptedException {
        return new Trial(product, trial, jvmOptions, stopped).run();
    }

    /**
     * Runs all subjects that can do a setting, turn about, so that the noise of the machine hits all alike.
     *
     * @param experiment name.
     * @param names      the setting as the rows have it.
     * @param setting    of each trial.
     * @param measure    makes the figures.
     * @return a row for each of these subjects.
     */
    List<Row> measure(
            final String experiment,
            final SortedMap<String, String> names,
            final Setting setting,
            final Measure measure)
            throws InterruptedException {
        final Map<Subject, List<Outcome>> outcomes = new LinkedHashMap<>();
        for (final Subject subject : subjects()) {
            if (subject.canDo().test(experiment, setting)) {
                outcomes.put(subject, new ArrayList<>());
            }
        }
        try (Stage stage = Stage.open(setting)) {
            for (int run = 1; run <= runs(); run++) {
                for (final Map.Entry<Subject, List<Outcome>> entry : outcomes.entrySet()) {
                    progress(experiment + " " + names + " run " + run + " of " + runs() + ": "
                            + entry.getKey().name());
                    final Outcome outcome =
                            new Trial(entry.getKey(), stage.nextTrial(), JvmOptions.NONE, stopped).run();
                    entry.getValue().add(outcome);
                    if (outcome.lost() > 0 && !isExpectedToLose(setting)) {
                        progress("lost, although nothing should be: " + outcome.counts());
                    }
                }
            }
        }
        final List<Row> rows = new ArrayList<>();
        outcomes.forEach((subject, ofSubject) -> rows.add(new Row(
                experiment,
                subject.name(),
                names,
                ofSubject.stream().map(measure::figures).toList(),
                measure.curve(ofSubject))));
        return rows;
    }

    /** Whoever publishes as fast as he can, and waits for nobody. */
    private static boolean isExpectedToLose(final Setting setting) {
        return setting.flow() == Flow.FREE && !setting.extras().containsKey(Extras.CONSUMERS);
    }

    void progress(final String line) {
        progress.println(line);
        progress.flush();
    }
}
