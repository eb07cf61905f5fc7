package io.tensorpool;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/** How all micro-benchmarks are run unless the command line says otherwise: ns per operation, in one fresh JVM each. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--enable-native-access=ALL-UNNAMED",
            "-Xms1g",
            "-Xmx1g"
        })
public abstract class MicroBenchmark {
    /** Nothing to prepare. */
    protected MicroBenchmark() {}

    /**
     * Called at tear-down with what must hold if the benchmark measured what it says; fails the benchmark.
     *
     * @param holds  whether it does.
     * @param expect what was expected, with the values found.
     */
    protected static void require(final boolean holds, final String expect) {
        if (!holds) {
            throw new IllegalStateException("measured something else: expected " + expect);
        }
    }
}
