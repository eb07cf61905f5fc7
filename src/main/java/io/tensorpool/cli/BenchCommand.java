package io.tensorpool.cli;

import io.tensorpool.bench.Bench;
import io.tensorpool.bench.BenchOptions;
import io.tensorpool.bench.ChildProcess;
import io.tensorpool.bench.Row;
import io.tensorpool.bench.Subject;
import io.tensorpool.bench.Suite;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
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

    BenchCommand() {}

    @Override
    public Integer call() throws Exception {
        common.applyLogLevel();
        final List<Subject> subjects = new ArrayList<>();
        subjects.add(Subject.tensorPool(ChildProcess.java(Main.class, List.of())));
        peers.forEach(peer -> subjects.add(Subject.peer(peer)));
        final BenchOptions options = new BenchOptions(suite, subjects, runs, experiments);
        try (StopSignal stop = new StopSignal()) {
            final List<Row> rows = new Bench(options, System.err, stop::isStopped).run();
            rows.forEach(System.out::println);
        }
        return 0;
    }
}
