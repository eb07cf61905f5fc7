package io.tensorpool;

import io.tensorpool.client.ClaimCommitBenchmark;
import io.tensorpool.client.FrameBenchmark;
import io.tensorpool.client.OfferBenchmark;
import io.tensorpool.client.PollBenchmark;
import io.tensorpool.client.PollLatestBenchmark;
import io.tensorpool.layout.SeqCommitBenchmark;
import io.tensorpool.protocol.DescriptorBenchmark;
import io.tensorpool.shm.SlotReaderBenchmark;
import io.tensorpool.shm.SlotWriterBenchmark;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the micro-benchmarks of the hot path shortly, and fails if one of them allocates. JMH counts what all threads of the
 * JVM allocate, its own and those of the conductors and the media driver too, and code that is compiled anew makes objects
 * in passing. So the iteration that allocates least counts, since what costs garbage in each operation does so in every
 * iteration; and the limit is not 0, but one small object in 160 operations.
 */
public final class AllocationCheck {
    private static final double LIMIT_BYTES_PER_OPERATION = 0.1;
    private static final String FIGURE = "gc.alloc.rate.norm";
    private static final List<Class<?>> HOT_PATH = List.of(
            SeqCommitBenchmark.class,
            SlotWriterBenchmark.class,
            SlotReaderBenchmark.class,
            DescriptorBenchmark.class,
            ClaimCommitBenchmark.class,
            OfferBenchmark.class,
            PollBenchmark.class,
            PollLatestBenchmark.class,
            FrameBenchmark.class);

    private AllocationCheck() {}

    /**
     * Runs it; exits with 1 if something allocates, or could not be measured.
     *
     * @param args none.
     */
    public static void main(final String[] args) throws RunnerException {
        final Collection<RunResult> results = new Runner(options().build()).run();
        final List<String> faults = new ArrayList<>();
        for (final RunResult result : results) {
            final Result<?> allocated = result.getSecondaryResults().get(FIGURE);
            final double bytes =
                    allocated == null ? Double.NaN : allocated.getStatistics().getMin();
            final String line = String.format(
                    Locale.ROOT, "%8.4f B/op  %s", bytes, result.getParams().id());
            System.out.println(line);
            if (!(bytes < LIMIT_BYTES_PER_OPERATION)) {
                faults.add(line);
            }
        }
        if (results.isEmpty() || !faults.isEmpty()) {
            System.err.println(
                    "allocates, or was not measured; expected less than " + LIMIT_BYTES_PER_OPERATION + " B/op:");
            faults.forEach(System.err::println);
            System.exit(1);
        }
    }

    /**
     * Warms up for longer than it takes to be fast: code that the last compiler has not been at yet makes objects that it does
     * away with. Sizes at which an operation takes so long that what the other threads allocate would show are left out.
     */
    private static ChainedOptionsBuilder options() {
        final ChainedOptionsBuilder options = new OptionsBuilder()
                .exclude("baseline|Baseline")
                .exclude("SlotReaderBenchmark.changedShape") // decoding another shape makes a new one
                .param("sizeBytes", "4096")
                .param("nslots", "64")
                .param("termLength", "4194304")
                .param("waiting", "1")
                .forks(1)
                .warmupIterations(5)
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(5)
                .measurementTime(TimeValue.seconds(1))
                .shouldFailOnError(true)
                .addProfiler(GCProfiler.class);
        HOT_PATH.forEach(each -> options.include(each.getName().replace(".", "\\.") + "\\."));
        return options;
    }
}
