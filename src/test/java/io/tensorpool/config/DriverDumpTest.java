package io.tensorpool.config;

import static io.tensorpool.config.DriverSettings.profileOf;
import static io.tensorpool.config.DriverSettings.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.driver.DriverContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code config dump} shows is a file again, with where each value comes from. */
class DriverDumpTest {
    private static final String SECOND = """
        [profiles.second]
        header_nslots = 8
        payload_pools = [ { pool_id = 7, stride_bytes = 64 }, { pool_id = 9, stride_bytes = 128 } ]
        """;
    private static final List<Integer> STREAM_IDS = List.of(1, 10_000, 10_001, 10_002, 20_000, -2, 5_711);

    @TempDir
    Path directory;

    private String dump(final String toml, final Map<String, String> environment) throws IOException {
        Files.writeString(DriverToml.file(directory), toml);
        return DriverConfig.dump(DriverToml.file(directory), environment);
    }

    /** The dump reads to the same settings, but for the token; and its own dump has the same values. */
    private void assertReadsAgain(final String toml, final Map<String, String> environment) throws IOException {
        final DriverContext original = DriverToml.read(directory, toml, environment);
        final String dumped = DriverConfig.dump(DriverToml.file(directory), environment);
        final DriverContext again = DriverToml.read(directory, dumped, Map.of());

        assertThat(withoutToken(again)).isEqualTo(withoutToken(original));
        for (final int streamId : STREAM_IDS) {
            assertThat(profileOf(again, streamId)).as("%d", streamId).isEqualTo(profileOf(original, streamId));
        }
        assertThat(withoutOrigins(dump(dumped, Map.of()))).isEqualTo(withoutOrigins(dumped));
    }

    private static List<String> withoutToken(final DriverContext context) {
        final List<String> settings = settings(context);
        return settings.subList(0, settings.size() - 1);
    }

    private static List<String> withoutOrigins(final String dumped) {
        return dumped.lines()
                .filter(line -> !line.contains("shutdown_token"))
                .map(line -> line.replaceAll("  # [^\"]*$", ""))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"config/driver.toml", "config/three-cameras.toml"})
    void shouldReadTheSamplesAgain(final String sample) throws IOException {
        assertReadsAgain(Files.readString(Path.of(sample)), Map.of());
    }

    @Test
    void shouldReadEverySettingAgain() throws IOException {
        assertReadsAgain(DriverToml.EVERYTHING + DriverToml.MINIMAL + SECOND, Map.of());
    }

    @Test
    void shouldReadWhatTheEnvironmentSaidAgain() throws IOException {
        final Map<String, String> environment = new HashMap<>();
        DriverToml.EVERYTHING.lines().forEach(line -> {
            final String[] parts = line.split(" = ", 2);
            final String text = parts[1].startsWith("[\"")
                    ? parts[1].replaceAll("[\\[\\]\"]", "")
                    : parts[1].replaceAll("[\\[\\]\"]", "").replace(", ", "-");
            environment.put(parts[0].toUpperCase(Locale.ROOT).replace('.', '_'), text);
        });
        environment.put("PROFILES_SECOND_HEADER_NSLOTS", "16");
        environment.put("STREAMS_CAM_STREAM_ID", "5711");
        final String file = DriverToml.MINIMAL + SECOND;

        assertReadsAgain(file, environment);

        assertThat(dump(file, environment))
                .contains("driver.control_stream_id = 1  # environment variable DRIVER_CONTROL_STREAM_ID\n")
                .contains("shm.require_hugepages = true  # environment variable SHM_REQUIRE_HUGEPAGES\n")
                .contains("shm.permissions_mode = \"600\"  # environment variable SHM_PERMISSIONS_MODE\n")
                .contains("shm.allowed_base_dirs = [\"/dev/shm\", \"/mnt/huge\"]  # environment variable")
                .contains("driver.stream_id_range = \"20000-4294967294\"  # environment variable")
                .contains("profiles.second.header_nslots = 16  # environment variable PROFILES_SECOND_HEADER_NSLOTS\n")
                .contains("streams.cam.stream_id = 5711  # environment variable STREAMS_CAM_STREAM_ID\n");
    }

    @Test
    void shouldReadTextsThatNeedQuotingAgain() throws IOException {
        assertReadsAgain("""
            driver.instance_id = 'lab "1" \\ # no comment'
            shm.base_dir = "/dev/shm/tab\\there"
            shm.allowed_base_dirs = ["/dev/shm"]
            [profiles."ca.me ra\\""]
            payload_pools = [ { pool_id = 1, stride_bytes = 4096 } ]
            [streams."a b"]
            stream_id = 10000
            profile = 'ca.me ra"'
            """, Map.of());
        assertReadsAgain(DriverToml.MINIMAL, Map.of("DRIVER_INSTANCE_ID", "\"\\ # 5 ü"));
    }

    @Test
    void shouldSayWhereEachValueComesFrom() throws IOException {
        final Path file = DriverToml.file(directory);
        final String dumped =
                dump("""
            [driver]
            instance_id = "lab"
            control_stream_id = 7
            """ + DriverToml.MINIMAL, Map.of("DRIVER_CONTROL_STREAM_ID", "9", "AERON_DIR", "/dev/shm/a"));

        assertThat(dumped.lines())
                .contains(
                        "driver.instance_id = \"lab\"  # " + file + ":2",
                        "driver.control_stream_id = 9  # environment variable DRIVER_CONTROL_STREAM_ID",
                        "driver.aeron_dir = \"/dev/shm/a\"  # environment variable AERON_DIR",
                        "driver.announce_stream_id = 1001  # default",
                        "# driver.announce_channel: driver.control_channel",
                        "profiles.camera.header_nslots = 1024  # default",
                        "profiles.camera.payload_pools = [{pool_id = 1, stride_bytes = 4096}]  # " + file + ":5",
                        "streams.cam.profile = \"camera\"  # " + file + ":8");
        assertThat(dump(DriverToml.MINIMAL, Map.of("AERON_DIR", "/a", "DRIVER_AERON_DIR", "/b")))
                .contains("driver.aeron_dir = \"/b\"  # environment variable DRIVER_AERON_DIR\n");
    }

    @Test
    void shouldShowEveryKeyOfTheDocumentation() throws IOException {
        final String dumped = dump(DriverToml.MINIMAL, Map.of());

        DriverConfig.documentation().lines().skip(2).forEach(row -> {
            final String key = row.split("`")[1]
                    .replace("profiles.<name>", "profiles.camera")
                    .replace("streams.<name>", "streams.cam");
            if (!key.contains("[]")) {
                assertThat(dumped).containsPattern("(?m)^(# )?\\Q" + key + "\\E( = |: )");
            }
        });
    }

    @Test
    void shouldNotShowTheToken() throws IOException {
        final String file = "policies.shutdown_token = \"s3cret\"\n" + DriverToml.MINIMAL;

        assertThat(dump(file, Map.of()))
                .contains("# policies.shutdown_token: (set)  # " + DriverToml.file(directory) + ":1\n")
                .doesNotContain("s3cret");
        assertThat(dump(DriverToml.MINIMAL, Map.of("POLICIES_SHUTDOWN_TOKEN", "s3cret")))
                .contains("# policies.shutdown_token: (set)  # environment variable POLICIES_SHUTDOWN_TOKEN\n")
                .doesNotContain("s3cret");
        assertThat(dump(DriverToml.MINIMAL, Map.of())).contains("policies.shutdown_token = \"\"  # default\n");
        assertThat(dump(file.replace("s3cret", ""), Map.of())).contains("policies.shutdown_token = \"\"  # ");
        assertThatThrownBy(() -> dump(file.replace("\"s3cret\"", "12345"), Map.of()))
                .hasMessageStartingWith("policies.shutdown_token = (not shown): expected a string (")
                .hasMessageNotContaining("12345");
    }

    @Test
    void shouldRefuseToDumpWhatADriverWouldRefuse() {
        final String file = "driver.qos_stream_id = 20005\ndriver.stream_id_range = \"20000-29999\"\n"
                + "policies.allow_dynamic_streams = true\n" + DriverToml.MINIMAL;

        assertThatThrownBy(() -> dump(file, Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("driver.stream_id_range = 20000-29999 holds driver.qos_stream_id = 20005; keep them apart ("
                        + DriverToml.file(directory) + ":2)");
        assertThatThrownBy(() -> DriverConfig.validate(DriverToml.file(directory), Map.of()))
                .hasMessageContaining("keep them apart (" + DriverToml.file(directory) + ":2)");
    }
}
