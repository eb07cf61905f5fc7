package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.bench.ChildProcess;
import io.tensorpool.support.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The rig from end to end, in processes as users run it: that their lines, their memory and their ends fit together. */
@Timeout(120)
class BenchCommandTest {
    private static final List<String> SMALL = List.of(
            "bench",
            "--experiments",
            "throughput,latency",
            "--sizes",
            "64",
            "--runs",
            "1",
            "--warmup-seconds",
            "0.1",
            "--seconds",
            "0.2",
            "--against",
            "none");

    @TempDir
    private Path directory;

    private static String refusal(final String... arguments) {
        final StringWriter err = new StringWriter();
        assertThat(Main.run(new PrintWriter(err, true), arguments)).isEqualTo(1);
        return err.toString();
    }

    @Test
    void shouldMeasureAndReport() throws Exception {
        final List<String> command = new ArrayList<>(ChildProcess.java(Main.class, List.of()));
        command.addAll(SMALL);
        command.addAll(List.of("--json", "--out", directory.resolve("report").toString()));
        final Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();

        final List<Json> rows = Json.parse(output).get("rows").elements();
        assertThat(rows).hasSize(2);
        for (final Json row : rows) {
            assertThat(row.get("subject").text()).isEqualTo("tensorpool");
            assertThat(row.get("figures").names()).contains("lost");
        }
        assertThat(directory.resolve("report/bench.json")).content().contains("\"p999_us\"");
        assertThat(directory.resolve("report/bench.html")).content().containsIgnoringCase("<!doctype html>");
        assertThat(directory.resolve("report/bench.txt")).content().contains("tensorpool");
    }

    @Test
    void shouldNameThePeerThatCannotBePlayed() {
        final List<String> arguments = new ArrayList<>(SMALL);
        arguments.addAll(List.of("--peer", "other=/bin/false"));

        assertThat(refusal(arguments.toArray(String[]::new)))
                .contains("tensorpool: the other consumer ended before its work was done, with exit code 1");
    }

    @Test
    void shouldRefuseOptionsThatNameNothing() {
        assertThat(refusal("bench", "--experiments", "speed")).contains("--experiments 'speed': expected some of [");
        assertThat(refusal("bench", "--peer", "x")).contains("--peer 'x': expected NAME=COMMAND");
        assertThat(refusal("bench", "--seconds", "0")).contains("--seconds 0.0: expected more than 0");
    }
}
