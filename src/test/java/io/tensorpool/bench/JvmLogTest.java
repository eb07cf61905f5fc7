package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class JvmLogTest {
    private static final String LOG = """
            [100ns][gc,init] CardTable entry size: 512
            [110ns][gc     ] Using G1
            [200ns][gc,start    ] GC(0) Pause Young (Normal) (G1 Evacuation Pause)
            [210ns][gc          ] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 24M->2M(384M) 2.123ms
            [211ns][safepoint   ] Safepoint "G1CollectForAllocation", Time since last: 29 ns, Reaching safepoint: 20 ns, At safepoint: 50 ns, Leaving safepoint: 5 ns, Total: 75 ns, Threads: 0 runnable, 10 total
            [212ns][safepoint,stats] VM Operation                 [ threads: total initial_running ][ time:       sync    vmop      total ] page_trap_count
            [300ns][gc          ] GC(1) Concurrent Mark Cycle
            [310ns][gc          ] GC(2) Pause Young (Normal) (G1 Evacuation Pause) 24M->2M(384M) 2.123ms
            [320ns][gc          ] GC(1) Concurrent Mark Cycle 9.712ms
            [330ns][safepoint   ] Safepoint "ThreadDump", Time since last: 29 ns, Reaching safepoint: 20 ns, At safepoint: 50 ns, Leaving safepoint: 5 ns, Total: 1075 ns, Threads: 0 runnable, 10 total
            [340ns][safepoint   ] Safepoint "Cleanup", Time since last: 29 ns, Reaching safepoint: 20 ns, Cleanup: 3 ns, At safepoint: 50 ns, Total: 7 ns
            [400ns][safepoint   ] Safepoint "ThreadDump", Time since last: 29 ns, Reaching safepoint: 20 ns, At safepoint: 50 ns, Leaving safepoint: 5 ns, Total: 10 ns, Threads: 0 runnable, 10 total
            """;

    @TempDir
    Path directory;

    private JvmPauses read(final String text, final long fromNs, final long toNs) throws IOException {
        return JvmLog.read(
                Files.writeString(directory.resolve("log"), text, StandardCharsets.ISO_8859_1), fromNs, toNs);
    }

    @Test
    void shouldCountEachCollectionOnceAndSafepointsByCause() throws IOException {
        final JvmPauses pauses = read(LOG, 0, Long.MAX_VALUE);

        assertThat(pauses.collections()).isEqualTo(3);
        assertThat(pauses.safepoints()).containsExactly(entry("G1CollectForAllocation", 1L), entry("ThreadDump", 2L));
        assertThat(pauses.safepointCount()).isEqualTo(3);
        assertThat(pauses.periodic()).isOne();
        assertThat(pauses.stoppedNs()).isEqualTo(75 + 1075 + 7 + 10);
        assertThat(pauses.longestNs()).isEqualTo(1075);
        assertThat(pauses.unknownLines()).isZero();
    }

    @Test
    void shouldCountOnlyWhatWasLoggedInTheGivenTime() throws IOException {
        final JvmPauses pauses = read(LOG, 330, 399);

        assertThat(pauses.collections()).isZero();
        assertThat(pauses.safepoints()).containsExactly(entry("ThreadDump", 1L));
        assertThat(pauses.periodic()).isOne();
        assertThat(pauses.longestNs()).isEqualTo(1075);
    }

    @Test
    void shouldCountLinesThatItDoesNotUnderstand() throws IOException {
        final JvmPauses pauses =
                read("""

                Safepoint "Unknown"
                [1ns][safepoint] Safepoint "NoTotal", Time since last: 29 ns
                [1ns][safepoint] Safepoint "Much", Total: 9999999999999999999999 ns
                [99999999999999999999ns][gc] GC(0) Pause
                [1ns][class,load] java.lang.Object
                [1ns][gc] GC(99999999999999999999) is a text like any other
                \0\u00ff]]][[
                """ + "[1ns][gc] " + "x".repeat(100_000) + "\n[1ns][gc] cut off", 0, Long.MAX_VALUE);

        assertThat(pauses.unknownLines()).isEqualTo(8);
        assertThat(pauses.collections()).isZero();
        assertThat(pauses.safepointCount()).isZero();
    }

    @Test
    void shouldKeepFewCausesHoweverManyThereAre() throws IOException {
        final StringBuilder text = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            text.append("[1ns][safepoint] Safepoint \"cause")
                    .append(i)
                    .append("\", Time since last: 1 ns, Total: 1 ns\n");
        }

        final JvmPauses pauses = read(text.toString(), 0, Long.MAX_VALUE);

        assertThat(pauses.safepointCount()).isEqualTo(10_000);
        assertThat(pauses.safepoints()).hasSizeLessThan(100).containsKey("other");
    }

    @Test
    @Timeout(60)
    void shouldUnderstandTheLogOfThisJvm() throws IOException, InterruptedException {
        final Path log = directory.resolve("jvm.log");
        final long fromNs = System.nanoTime();
        final Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        JvmLog.option(log),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Collecting.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(process.waitFor(50, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();

        final JvmPauses pauses = JvmLog.read(log, fromNs, System.nanoTime());

        assertThat(pauses.collections()).isGreaterThanOrEqualTo(3);
        assertThat(pauses.safepointCount()).isGreaterThanOrEqualTo(3);
        assertThat(pauses.longestNs()).isPositive();
        assertThat(pauses.unknownLines()).isZero();
        assertThat(JvmLog.read(log, 0, fromNs).safepointCount()).isZero();
    }

    /** Collects its garbage three times. */
    static final class Collecting {
        private Collecting() {}

        public static void main(final String[] arguments) {
            for (int i = 0; i < 3; i++) {
                System.gc();
            }
        }
    }
}
