package io.tensorpool.config;

import static io.tensorpool.config.DriverSettings.profileOf;
import static io.tensorpool.config.DriverSettings.setting;
import static io.tensorpool.config.DriverSettings.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.Endpoint;
import io.tensorpool.EpochPolicy;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverConfigTest {
    private static final Path SAMPLE = Path.of("config/driver.toml");
    private static final Path CAMERAS = Path.of("config/three-cameras.toml");

    @TempDir
    Path directory;

    @Test
    void shouldReadTheSample() {
        final DriverContext context = DriverConfig.read(SAMPLE, Map.of());

        final StreamProfile profile = profileOf(context, 10_000);
        assertThat(profile)
                .isEqualTo(new StreamProfile(
                        "pictures",
                        64,
                        List.of(new PoolSpec(1, 65_536), new PoolSpec(2, 524_288), new PoolSpec(3, 4_194_304))));
        assertThat(settings(context)).isEqualTo(settings(read(DriverToml.MINIMAL, Map.of())));
        assertThat(profile.payloadBytes()).as("what the sample's comment says").isEqualTo(292L << 20);
    }

    @Test
    void shouldReadTheSampleOfThreeCameras() {
        DriverConfig.validate(CAMERAS, Map.of());
        final DriverContext context = DriverConfig.read(CAMERAS, Map.of());

        final StreamProfile stereo = profileOf(context, 10_000);
        assertThat(profileOf(context, 10_001)).isSameAs(stereo);
        assertThat(profileOf(context, 20_099)).as("on demand").isSameAs(stereo);
        assertThat(profileOf(context, 20_100)).isNull();
        final StreamProfile overview = profileOf(context, 10_002);
        assertThat(overview.name()).isEqualTo("overview");
        assertThat(List.of(bytes(stereo), bytes(overview)))
                .as("what the sample's comment says")
                .containsExactly(134_234_112L, 807_411_712L);
        assertThat(stereo.pools().getFirst().strideBytes()).isGreaterThanOrEqualTo(1920 * 1080);
        assertThat(overview.pools().getLast().strideBytes()).isGreaterThanOrEqualTo(3840 * 2160 * 3);
    }

    private static long bytes(final StreamProfile profile) {
        return profile.payloadBytes() + profile.nslots() * 256L;
    }

    @Test
    void shouldShowTheDefaultsInTheComments() throws IOException {
        final String uncommented = Files.readString(SAMPLE)
                .replaceAll("(?m)^# (\\w+ = [^#\\n]+?) *(#.*)?$", "$1")
                .replaceAll("(?m)^(aeron_dir|stream_id_range|epoch_gc_min_age_ns) = .*$", "");
        assertThat(uncommented).contains("\nepoch_gc_on_startup = false");

        assertThat(settings(read(uncommented, Map.of()))).isEqualTo(settings(read(DriverToml.MINIMAL, Map.of())));
    }

    @Test
    void shouldNameEveryKeyInTheSample() throws IOException {
        final String sample = Files.readString(SAMPLE);

        assertThat(Stream.of(DriverKeys.DRIVER, DriverKeys.SHM, DriverKeys.POLICIES)
                        .flatMap(List::stream)
                        .map(ConfigKey::name))
                .allSatisfy(name -> assertThat(sample).containsPattern("(?m)^(# )?" + name + " = "));
    }

    @Test
    void shouldHavePoolsForTheSharedFiles() throws IOException {
        final Path data =
                Path.of(System.getProperty("tensorpool.shared", "../shared")).resolve("data");
        assumeTrue(Files.isDirectory(data), "shared data absent: " + data);
        final StreamProfile profile = profileOf(DriverConfig.read(SAMPLE, Map.of()), 10_000);
        final long largest =
                profile.pools().stream().mapToLong(PoolSpec::strideBytes).max().orElseThrow();

        assertThat(largest).isGreaterThan(1000 * 872 * 3);
    }

    @Test
    void shouldHaveTheDefaultsOfTheSpecification() {
        final DriverContext context = read(DriverToml.MINIMAL, Map.of());

        assertThat(settings(context))
                .containsExactly(
                        "null",
                        "driver-01",
                        Endpoint.ipc(1000).toString(),
                        Endpoint.ipc(1001).toString(),
                        Endpoint.ipc(1200).toString(),
                        "/dev/shm",
                        "[/dev/shm]",
                        "default",
                        Integer.toString(0660),
                        "false",
                        "true",
                        "false",
                        "1000000000",
                        "MONOTONIC",
                        "1000000000",
                        "3",
                        EpochPolicy.DEFAULT.toString(),
                        "10000000000",
                        "0",
                        "true",
                        "2000000000",
                        "");
        assertThat(profileOf(context, 10_000).nslots()).isEqualTo(1024);
        assertThat(profileOf(context, 20_000)).isNull();
    }

    @Test
    void shouldDocumentTheDefaultsThatApply() {
        final StringBuilder file = new StringBuilder();
        for (final String row : DriverConfig.documentation().lines().toList()) {
            final Matcher cells = Pattern.compile("\\| `([a-z]+)\\.([a-z_]+)` \\|.*? \\|.*?\\| (.*?) \\|.*")
                    .matcher(row);
            if (cells.matches() && cells.group(3).matches("\".*\"|[0-9]+|true|false")) {
                file.append(cells.group(1) + "." + cells.group(2) + " = " + cells.group(3) + "\n");
            }
        }
        assertThat(file.toString().lines()).hasSizeGreaterThan(22);

        assertThat(settings(read(file + DriverToml.MINIMAL, Map.of())))
                .isEqualTo(settings(read(DriverToml.MINIMAL, Map.of())));
    }

    @Test
    void shouldTakeEveryKeyOverTheDefault() {
        final DriverContext context = read(DriverToml.EVERYTHING + DriverToml.MINIMAL + """
            [profiles.second]
            header_nslots = 8
            [[profiles.second.payload_pools]]
            pool_id = 65535
            stride_bytes = 4294967232
            """, Map.of());

        assertThat(settings(context))
                .containsExactly(
                        "/dev/shm/a",
                        "lab",
                        new Endpoint("aeron:ipc?term-length=64k", 1).toString(),
                        new Endpoint("aeron:udp?endpoint=localhost:9", 2).toString(),
                        new Endpoint("aeron:ipc", 3).toString(),
                        "/dev/shm/x",
                        "[/dev/shm, /mnt/huge]",
                        "lab1",
                        Integer.toString(0600),
                        "true",
                        "false",
                        "true",
                        "10000000",
                        "REALTIME_SYNCED",
                        "20000000",
                        "7",
                        new EpochPolicy(false, 5, Long.MAX_VALUE, true, false).toString(),
                        "123000000",
                        "5000000000",
                        "false",
                        "1000000",
                        "s3cret");
        assertThat(profileOf(context, 10_000).name()).isEqualTo("camera");
        assertThat(profileOf(context, -2))
                .isEqualTo(new StreamProfile("second", 8, List.of(new PoolSpec(65535, 4294967232L))));
        assertThat(profileOf(context, 19_999)).isNull();
    }

    @Test
    void shouldLetTheEnvironmentOverrideEveryKey() {
        final Map<String, String> environment = new HashMap<>();
        DriverToml.EVERYTHING.lines().forEach(line -> {
            final String[] parts = line.split(" = ", 2);
            final String text = parts[1].startsWith("[\"")
                    ? parts[1].replaceAll("[\\[\\]\"]", "")
                    : parts[1].startsWith("[")
                            ? parts[1].replaceAll("[\\[\\]]", "").replace(", ", "-")
                            : parts[1].replace("\"", "");
            environment.put(parts[0].toUpperCase(Locale.ROOT).replace('.', '_'), text);
        });
        environment.put("PROFILES_SECOND_HEADER_NSLOTS", "16");
        environment.put("STREAMS_CAM_PROFILE", "second");
        environment.put("STREAMS_CAM_STREAM_ID", "77");
        final String file = "driver.control_stream_id = 1234\n" + DriverToml.MINIMAL
                + "[profiles.second]\npayload_pools = [ { pool_id = 1, stride_bytes = 64 } ]\n";

        final DriverContext context = read(file, environment);

        assertThat(settings(context))
                .isEqualTo(settings(read(
                        DriverToml.EVERYTHING.replace("\"second\"", "\"camera\"") + DriverToml.MINIMAL, Map.of())));
        assertThat(profileOf(context, 77).name()).isEqualTo("second");
        assertThat(profileOf(context, 10_000)).isNull();
        assertThat(profileOf(context, 30_000).nslots()).isEqualTo(16);
    }

    @Test
    void shouldTakeTheAeronDirectoryFromTheNearestPlace() {
        final String file = "driver.aeron_dir = \"/file\"\n" + DriverToml.MINIMAL;

        assertThat(read(file, Map.of()).aeronDirectoryName()).isEqualTo("/file");
        assertThat(read(file, Map.of("AERON_DIR", "/aeron")).aeronDirectoryName())
                .isEqualTo("/aeron");
        assertThat(read(file, Map.of("AERON_DIR", "/aeron", "DRIVER_AERON_DIR", "/driver"))
                        .aeronDirectoryName())
                .isEqualTo("/driver");
        assertThat(read(DriverToml.MINIMAL, Map.of("AERON_DIR", "")).aeronDirectoryName())
                .isNull();
    }

    @Test
    void shouldAnnounceOnTheControlChannelUnlessToldOtherwise() {
        assertThat(setting(
                        read("driver.control_channel = \"aeron:ipc?alias=c\"\n" + DriverToml.MINIMAL, Map.of()),
                        "announceEndpoint"))
                .isEqualTo(new Endpoint("aeron:ipc?alias=c", 1001));
    }

    @Test
    void shouldAcceptDynamicStreamsWithoutAnyConfigured() {
        final DriverContext context = read(
                "policies.allow_dynamic_streams = true\ndriver.stream_id_range = \"20000-29999\"\n"
                        + DriverToml.MINIMAL.substring(0, DriverToml.MINIMAL.indexOf("[streams")),
                Map.of());

        assertThat(profileOf(context, 29_999).name()).isEqualTo("camera");
        assertThat(new StreamIdRange(20_000, 29_999).contains(30_000)).isFalse();
        assertThat(profileOf(context, 30_000)).isNull();
    }

    @Test
    void shouldWarnOfKeysThatHaveNoEffect() {
        final List<String> messages = new ArrayList<>();
        final Logger logger = Logger.getLogger("io.tensorpool.config");
        final Handler handler = new Handler() {
            @Override
            public void publish(final LogRecord logged) {
                messages.add(logged.getMessage());
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            read("""
                shm.page_size_bytes = 2097152
                policies.reuse_existing_shm = true
                """ + DriverToml.MINIMAL, Map.of());
            assertThat(messages)
                    .hasSize(2)
                    .anySatisfy(message ->
                            assertThat(message).startsWith("policies.reuse_existing_shm = true has no effect: "));
            messages.clear();
            read("""
                shm.page_size_bytes = 4096
                policies.reuse_existing_shm = false
                """ + DriverToml.MINIMAL, Map.of());
            assertThat(messages).isEmpty();
        } finally {
            logger.setUseParentHandlers(true);
            logger.removeHandler(handler);
        }
    }

    @Test
    void shouldDocumentEveryKeyWithItsVariable() {
        assertThat(DriverConfig.documentation())
                .contains("| `driver.control_stream_id` | `DRIVER_CONTROL_STREAM_ID` |"
                        + " an integer from 1 to 2147483647 | 1000 | ")
                .contains(
                        "| `shm.namespace` | `SHM_NAMESPACE` | letters, digits, '.', '_' and '-', without '..' | \"default\" | ")
                .contains("| `profiles.<name>.payload_pools[].stride_bytes` |  | ")
                .contains("| `streams.<name>.stream_id` | `STREAMS_<NAME>_STREAM_ID` | ");
        assertThat(DriverConfig.documentation().lines()).hasSize(2 + 12 + 6 + 18 + 2 + 2 + 2);
    }

    private DriverContext read(final String toml, final Map<String, String> environment) {
        return DriverToml.read(directory, toml, environment);
    }
}
