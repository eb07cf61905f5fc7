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
        Files.writeString(
                file,
                "[policies]\nannounce_period_ms = -5\n[profiles.x]\npayload_pools = [{pool_id = 1, stride_bytes = 64}]\n"
                        + "[streams.x]\nstream_id = 1\nprofile = \"x\"\n");

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
                        + " driver.descriptor_stream_id_range = 20099-31999; keep them apart (" + file + ":17)\n");
    }

    /** One line each, and nothing that only follows from another fault. */
    @Test
    void shouldSayEverythingThatIsWrong() throws IOException {
        final Path file = directory.resolve("bad.toml");
        Files.writeString(file, """
                [driver]
                control_channel = "aeron:ipc?term-length=100k"
                announce_channel = "ipc"
                control_streamid = 7
                stream_id_range = "9-1"
                [shm]
                base_dir = "dev/shm"
                allowed_base_dirs = ["/mnt"]
                [policies]
                announce_period_ms = "often"
                default_profile = "camera"
                allow_dynamic_streams = true
                [profiles.camera]
                header_nslots = 100
                payload_pools = [
                    { pool_id = 1, stride_bytes = 65 },
                    { pool_id = 1, stride_bytes = 128 },
                    { pool_id = 1, stride_bytes = 64 },
                    { pool_id = 2 },
                ]
                [streams.first]
                stream_id = 0
                profile = "camera"
                [streams.second]
                stream_id = 5
                profile = "none"
                """);

        final Outcome outcome = run("config", "validate", file.toString());

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.output()).isEmpty();
        assertThat(outcome.error().lines().map(line -> line.replace(file.toString(), "FILE")))
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith(
                                        "tensorpool: unknown key driver.control_streamid (FILE:4); expected one of"),
                        line -> assertThat(line)
                                .startsWith(
                                        "tensorpool: driver.control_channel = \"aeron:ipc?term-length=100k\": expected")
                                .endsWith("(FILE:2)"),
                        line -> assertThat(line)
                                .startsWith("tensorpool: driver.announce_channel = \"ipc\": expected")
                                .endsWith("(FILE:3)"),
                        line -> assertThat(line)
                                .startsWith("tensorpool: driver.stream_id_range = \"9-1\": expected")
                                .endsWith("(FILE:5)"),
                        line -> assertThat(line)
                                .isEqualTo(
                                        "tensorpool: shm.base_dir = \"dev/shm\": expected an absolute path (FILE:7)"),
                        line -> assertThat(line)
                                .isEqualTo(
                                        "tensorpool: profiles.camera.header_nslots = 100: expected a power of two from 1"
                                                + " to 1073741824 (FILE:14)"),
                        line -> assertThat(line)
                                .startsWith(
                                        "tensorpool: pool 1 of profile 'camera': stride_bytes = 65 is not a multiple")
                                .endsWith("use 128 (FILE:16)"),
                        line -> assertThat(line)
                                .isEqualTo("tensorpool: profile 'camera': pool_id = 1 is used twice (FILE:18)"),
                        line -> assertThat(line)
                                .startsWith("tensorpool: profiles.camera.payload_pools[3].stride_bytes is missing")
                                .endsWith("(FILE:19)"),
                        line -> assertThat(line)
                                .isEqualTo(
                                        "tensorpool: policies.announce_period_ms = \"often\": expected an integer from 1"
                                                + " to 3600000 (FILE:10)"),
                        line -> assertThat(line)
                                .isEqualTo("tensorpool: streams.first.stream_id = 0: expected an integer from 1 to"
                                        + " 4294967294 (FILE:22)"),
                        line -> assertThat(line)
                                .startsWith("tensorpool: profile = \"none\" is no defined profile")
                                .endsWith("(streams.second at FILE:24)"));
    }

    @Test
    void shouldSayEveryContradiction() throws IOException {
        final Path file = directory.resolve("bad.toml");
        Files.writeString(
                file,
                Files.readString(Path.of("config/three-cameras.toml"))
                        .replace("\"20000-20099\"", "\"900-20099\"")
                        .replace("\"31000-31999\"", "\"20099-32000\""));

        final Outcome outcome = run("config", "validate", file.toString());

        assertThat(outcome.error().lines())
                .anySatisfy(line -> assertThat(line)
                        .matches("tensorpool: driver.stream_id_range = 900-20099 holds driver.control_stream_id = 1000;"
                                + " keep them apart \\(" + file + ":[0-9]+\\)"))
                .anySatisfy(line -> assertThat(line).contains("holds driver.announce_stream_id = 1001"))
                .anySatisfy(line -> assertThat(line)
                        .contains("driver.stream_id_range = 900-20099 overlaps driver.descriptor_stream_id_range"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/no/such/directory", "/proc/version"})
    void shouldRefuseABaseDirectoryInWhichNothingCanBeMade(final String base) throws IOException {
        final Path file = directory.resolve("bad.toml");
        Files.writeString(
                file,
                Files.readString(Path.of("config/driver.toml"))
                        .replaceAll("(?m)^#? ?base_dir = .*$", "base_dir = \"" + base + "\""));

        assertThat(run("config", "validate", file.toString()).error())
                .startsWith("tensorpool: shm.base_dir = \"" + base + "\": ")
                .contains("expected an existing directory that the driver's user may write (" + file + ":");
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
