package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.config.DriverConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigCommandTest {
    private record Outcome(int exitCode, String output, String error) {}

    @TempDir
    Path directory;

    private static Outcome run(final String... arguments) {
        final StringWriter error = new StringWriter();
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        final PrintStream before = System.out;
        System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
        try {
            final int exitCode = Main.run(new PrintWriter(error, true), arguments);
            return new Outcome(exitCode, output.toString(StandardCharsets.UTF_8), error.toString());
        } finally {
            System.setOut(before);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"config/driver.toml", "config/three-cameras.toml"})
    void shouldSayThatAFileIsUsable(final String file) {
        assertThat(run("config", "validate", file)).isEqualTo(new Outcome(0, file + " is usable\n", ""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"validate", "dump"})
    void shouldSayWhatIsWrongAndWhere(final String command) throws IOException {
        final Path file = directory.resolve("bad.toml");
        Files.writeString(file, "[policies]\nannounce_period_ms = -5\n");

        assertThat(run("config", command, file.toString()))
                .isEqualTo(new Outcome(
                        1,
                        "",
                        "tensorpool: policies.announce_period_ms = -5: expected an integer from 1 to 3600000 (" + file
                                + ":2)\n"));
    }

    @Test
    void shouldSayWhatContradictsWhat() throws IOException {
        final Path file = directory.resolve("bad.toml");
        Files.writeString(
                file,
                Files.readString(Path.of("config/three-cameras.toml")).replace("\"31000-31999\"", "\"20099-31999\""));

        assertThat(run("config", "validate", file.toString()).error())
                .isEqualTo("tensorpool: driver.stream_id_range = 20000-20099 overlaps"
                        + " driver.descriptor_stream_id_range = 20099-31999; keep them apart (" + file + ")\n");
    }

    @Test
    void shouldDumpAFile() {
        final Outcome outcome = run("config", "dump", "config/three-cameras.toml");

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.error()).isEmpty();
        assertThat(outcome.output())
                .isEqualTo(DriverConfig.dump(Path.of("config/three-cameras.toml"), System.getenv()))
                .contains("shm.namespace = \"cameras\"  # config/three-cameras.toml:");
    }

    @Test
    void shouldAskForACommandAndAFile() {
        assertThat(run("config").exitCode()).isEqualTo(2);
        assertThat(run("config", "validate").exitCode()).isEqualTo(2);
        assertThat(run("config", "validate", directory.resolve("none.toml").toString()))
                .isEqualTo(new Outcome(
                        1,
                        "",
                        "tensorpool: cannot read configuration " + directory.resolve("none.toml")
                                + ": no such file\n"));
    }
}
