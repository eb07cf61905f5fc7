package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.support.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the command makes of a run: the smallest experiment, with processes, because the check fails the whole program. */
@Timeout(240)
class BenchReportTest {
    @TempDir
    Path directory;

    @Test
    void shouldWriteTheReportAndFailWhenARatioHasFallen() throws IOException {
        final Path expected = directory.resolve("expected.json");
        final Path measured = directory.resolve("measured.json");
        Files.writeString(expected, """
                {"expectations": [{"name": "as fast as nothing is", "ratio": 1000, "better": "higher",
                  "numerator": {"experiment": "copy", "subject": "tensorpool", "settings": {"size_bytes": "655360"},
                    "figure": "gib_per_s"},
                  "denominator": {"experiment": "copy", "subject": "memcpy", "settings": {"size_bytes": "655360"},
                    "figure": "gib_per_s"}}]}
                """);

        final int exitCode = run(
                "bench",
                "--experiments",
                "copy",
                "--runs",
                "1",
                "--warmup-seconds",
                "0.1",
                "--seconds",
                "0.2",
                "--out",
                directory.resolve("out").toString(),
                "--check",
                expected.toString(),
                "--update-expectations",
                measured.toString());

        assertThat(exitCode).isEqualTo(1);
        assertThat(directory.resolve("out/bench.txt")).content().contains("Copying in", "memcpy", "640 KiB");
        assertThat(directory.resolve("out/bench.html")).content().contains("<svg ", "Copied per second");
        final Json report = Json.read(directory.resolve("out/bench.json"));
        assertThat(report.get("suite").text()).isEqualTo("quick");
        assertThat(report.get("noise").elements()).hasSize(2);
        assertThat(report.get("rows").elements())
                .hasSize(6)
                .allSatisfy(row -> assertThat(row.get("figures")
                                .get("gib_per_s")
                                .get("median")
                                .doubleValue())
                        .isPositive());
        assertThat(Json.read(measured).get("expectations").elements()).hasSize(3);
    }

    @Test
    void shouldRefuseBeforeItMeasures() {
        assertThat(run("bench", "--check", directory.resolve("none.json").toString()))
                .isEqualTo(1);
        assertThat(run("bench", "--against", "carrier-pigeon")).isEqualTo(1);
    }

    private static int run(final String... arguments) {
        return Main.run(new PrintWriter(new StringWriter()), arguments);
    }
}
