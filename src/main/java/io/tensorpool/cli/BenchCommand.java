package io.tensorpool.cli;

import io.tensorpool.TensorPoolException;
import io.tensorpool.bench.Bench;
import io.tensorpool.bench.BenchOptions;
import io.tensorpool.bench.ChildProcess;
import io.tensorpool.bench.Expectations;
import io.tensorpool.bench.HtmlReport;
import io.tensorpool.bench.JsonReport;
import io.tensorpool.bench.Report;
import io.tensorpool.bench.Subject;
import io.tensorpool.bench.Suite;
import io.tensorpool.bench.TextReport;
import io.tensorpool.bench.Timing;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures this implementation, beside others if asked. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Measures throughput and latency between processes, beside others if asked.",
            "docs/performance.md says what each experiment does."
        })
final class BenchCommand implements Callable<Integer> {
    private static final String EXPECTATIONS = "config/bench-expectations.json";
    /** An idle machine takes well below one percent. */
    private static final double BUSY_PERCENT = 5;

    private static final List<String> QUICK_BASELINES = List.of("aeron-ipc", "memcpy");

    @Mixin
    CommonOptions common = new CommonOptions();

    @Option(names = "--suite", description = "one of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    Suite suite = Suite.QUICK;

    @Option(
            names = "--peer",
            paramLabel = "NAME=COMMAND",
            description = "another program that plays the roles of docs/performance.md; may be repeated")
    List<String> peers = new ArrayList<>();

    @Option(names = "--runs", paramLabel = "N", description = "runs of each (default: 3 of quick, 5 of full)")
    int runs;

    @Option(
            names = "--experiments",
            split = ",",
            paramLabel = "NAME",
            description = "which, separated by commas (default: all)")
    List<String> experiments = new ArrayList<>();

    @Option(
            names = "--sizes",
            split = ",",
            paramLabel = "BYTES",
            description = "which payloads of throughput and latency, separated by commas (default: all of the suite)")
    List<Integer> sizesBytes = new ArrayList<>();

    @Option(
            names = "--warmup-seconds",
            paramLabel = "S",
            description = "of each trial, not measured (default: the suite's; with --seconds 1)")
    @Nullable
    Double warmupSeconds;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "of each trial, measured (default: the suite's; with --warmup-seconds 1)")
    @Nullable
    Double seconds;

    @Option(
            names = "--role-java-options",
            paramLabel = "OPTIONS",
            description = "further options for the JVMs of this implementation's roles, separated by spaces")
    String roleJavaOptions = "";

    @Option(
            names = "--against",
            split = ",",
            paramLabel = "NAME",
            description = "baselines in the same run, of aeron-ipc, uds and memcpy; none for none"
                    + " (default: aeron-ipc,memcpy of quick, all of full)")
    List<String> against = new ArrayList<>();

    @Option(names = "--json", description = "print the report as JSON, with every run")
    boolean isJson;

    @Option(names = "--out", paramLabel = "DIR", description = "write bench.txt, bench.json and bench.html there, too")
    @Nullable
    Path out;

    @Option(
            names = "--check",
            paramLabel = "FILE",
            arity = "0..1",
            fallbackValue = EXPECTATIONS,
            description = "fail if a ratio has fallen by more than 30 %% from what the file expects"
                    + " (default: ${FALLBACK-VALUE})")
    @Nullable
    Path check;

    @Option(
            names = "--update-expectations",
            paramLabel = "FILE",
            description = "write the ratios of this run: of what the file expects, or where it is not there yet, of"
                    + " everything against each baseline")
    @Nullable
    Path update;

    @Option(
            names = "--pause-minutes",
            paramLabel = "MINUTES",
            description = "how long the experiment 'pauses' runs (default: ${DEFAULT-VALUE})")
    double pauseMinutes = BenchOptions.PAUSE_MINUTES_DEFAULT;

    BenchCommand() {}

    @Override
    public Integer call() throws Exception {
        common.applyLogLevel();
        final BenchOptions options =
                new BenchOptions(suite, subjects(), runs, experiments, sizesBytes, timing(), pauseMinutes);
        final Expectations expected = check == null ? null : Expectations.read(check); // not after minutes
        final Expectations toUpdate = update != null && Files.exists(update) ? Expectations.read(update) : null;
        try (StopSignal stop = new StopSignal()) {
            final Report report = new Bench(options, System.err, stop::isStopped).run();
            System.out.println(isJson ? JsonReport.of(report) : TextReport.of(report));
            if (out != null) {
                write(report, out);
            }
            if (update != null) {
                (toUpdate == null ? Expectations.of(report.rows()) : toUpdate.updated(report.rows())).write(update);
            }
            return expected == null || isGood(report, expected.check(report.rows())) ? 0 : 1;
        }
    }

    private List<Subject> subjects() {
        final List<String> jvmOptions = roleJavaOptions.isBlank()
                ? List.of()
                : List.of(roleJavaOptions.strip().split("\\s+", -1));
        final List<String> program = ChildProcess.java(Main.class, jvmOptions);
        final List<Subject> subjects = new ArrayList<>();
        subjects.add(Subject.tensorPool(program));
        baselines().forEach(name -> subjects.add(Subject.baseline(program, name)));
        peers.forEach(peer -> subjects.add(Subject.peer(peer)));
        return subjects;
    }

    private List<String> baselines() {
        if (against.isEmpty()) {
            return suite == Suite.FULL ? Subject.baselineNames() : QUICK_BASELINES;
        }
        return against.equals(List.of("none")) ? List.of() : against;
    }

    /** Standard output is one document where JSON was asked for. */
    private boolean isGood(final Report report, final Expectations.Result result) {
        final PrintStream lines = isJson ? System.err : System.out;
        result.lines().forEach(lines::println);
        if (!result.isGood()) {
            System.err.println("tensorpool: " + result.failures().size() + " of "
                    + result.lines().size() + " ratios have fallen, or were not measured");
            result.failures().forEach(failure -> System.err.println("tensorpool: " + failure));
        }
        if (report.lostPercent() > BUSY_PERCENT) {
            System.err.printf(
                    "tensorpool: the machine was busy with something else, which took up to %.0f %% of a thread's time:"
                            + " these ratios say little%n",
                    report.lostPercent());
        }
        return result.isGood();
    }

    private static void write(final Report report, final Path directory) {
        try {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("bench.txt"), TextReport.of(report));
            Files.writeString(directory.resolve("bench.json"), JsonReport.of(report) + "\n");
            Files.writeString(directory.resolve("bench.html"), HtmlReport.of(report));
        } catch (final IOException ex) {
            throw new TensorPoolException("--out " + directory + ": the report cannot be written: " + ex, ex);
        }
    }

    private @Nullable Timing timing() {
        return warmupSeconds == null && seconds == null
                ? null
                : new Timing(warmupSeconds == null ? 1 : warmupSeconds, seconds == null ? 1 : seconds);
    }
}
