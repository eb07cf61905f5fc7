package io.tensorpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.driver.DriverContext;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DriverConfigErrorTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "driver.control_stream_id = \"abc\"| driver.control_stream_id = \"abc\": expected an integer from 1 to"
                        + " 2147483647 (FILE:1)",
                "driver.control_stream_id = 0| driver.control_stream_id = 0: expected an integer from 1",
                "driver.control_stream_id = 2147483648| expected an integer from 1 to 2147483647",
                "driver.control_stream_id = 1.5| driver.control_stream_id = 1.5: expected an integer",
                "driver.control_channel = \"ipc\"| driver.control_channel = \"ipc\": expected an Aeron channel",
                "driver.instance_id = \" \"| expected a string that is not blank",
                "driver.instance_id = [1, 2]| driver.instance_id = [1, 2]: expected a string",
                "driver.stream_id_range = \"30000-20000\"| expected two ids from 1 to 4294967294, the lower first",
                "driver.stream_id_range = \"0-5\"| expected two ids",
                "driver.stream_id_range = \"5-4294967295\"| expected two ids",
                "driver.stream_id_range = [5]| expected two ids",
                "driver.stream_id_range = [\"5\", 6]| expected two ids",
                "driver.descriptor_stream_id_range = 31000| driver.descriptor_stream_id_range = 31000: expected two"
                        + " ids",
                "driver.control_streamid = 1| unknown key driver.control_streamid (FILE:1); expected one of"
                        + " instance_id, aeron_dir, control_channel, control_stream_id",
                "driver = 5| driver = 5: expected a table (FILE:1)",
                "drivers.instance_id = \"x\"| unknown key drivers (FILE:1); expected one of driver, shm, policies,"
                        + " profiles, streams",
                "driver.control_channel = \"aeron:ipc?term-length=32k\"| expected an Aeron channel",
                "driver.control_channel = \"aeron:ipc?term-length=2g\"| whose term-length, if it has one, is a power of two"
                        + " from 64k to 1g (FILE:1)",
                "driver.announce_channel = \"aeron:ipc?term-length=65537\"| expected an Aeron channel",
                "driver.announce_channel = \"aeron:udp?term-length=100k\"| expected an Aeron channel",
                "driver.qos_channel = \"aeron:ipc?term-length=\"| expected an Aeron channel",
                "driver.qos_channel = \"aeron:ipc?term-length=99999999999\"| expected an Aeron channel",
                "driver.qos_channel = \"aeron:tcp\"| expected an Aeron channel",
                "driver.qos_channel = \"aeron:ipc?\"| expected an Aeron channel",
                "profiles.x = {header_nslots = 1073741824, payload_pools = [{pool_id = 1, stride_bytes = 131136}]}|"
                        + " profile 'x': header_nslots = 1073741824 times the strides of 1 pools makes 140806207832064"
                        + " bytes; expected at most 140737488355328",
                "shm.base_dir = \"dev/shm\"| expected an absolute path",
                "shm.allowed_base_dirs = []| expected an array of absolute paths, not empty",
                "shm.allowed_base_dirs = [\"/mnt\"]| none holds shm.base_dir = \"/dev/shm\" (FILE:1)",
                "shm.allowed_base_dirs = [\"/dev/shm\", 5]| shm.allowed_base_dirs = [\"/dev/shm\", 5]: expected an"
                        + " array",
                "shm.namespace = \"../x\"| shm.namespace = \"../x\": expected letters, digits",
                "shm.namespace = \"a/b\"| (FILE:1)",
                "shm.permissions_mode = 660| shm.permissions_mode = 660: expected an octal mode in a string",
                "shm.permissions_mode = \"680\"| expected an octal mode in a string",
                "shm.permissions_mode = \"666\"| shm.permissions_mode = 666: expected read and write for the owner,"
                        + " none for others",
                "shm.permissions_mode = \"666\"| (FILE:1)",
                "shm.page_size_bytes = 5000| expected a power of two from 4096",
                "shm.require_hugepages = \"true\"| shm.require_hugepages = \"true\": expected true or false",
                "policies.allow_dynamic_streams = true| policies.allow_dynamic_streams = true needs"
                        + " driver.stream_id_range, such as \"20000-29999\" (FILE:1)",
                "policies.default_profile = \"none\"| policies.default_profile = \"none\" is no defined profile;"
                        + " defined are [camera] (FILE:1)",
                "policies.announce_period_ms = 0| policies.announce_period_ms = 0: expected an integer from 1 to"
                        + " 3600000",
                "policies.epoch_gc_keep = 0| expected an integer from 1",
                "policies.epoch_gc_min_age_ns = -1| expected an integer of at least 0",
                "profiles = 1| not TOML: profiles is not a table",
                "profiles.x = 1| profiles.x = 1: expected a table",
                "profiles.x.header_nslots = 100| profiles.x.header_nslots = 100: expected a power of two from 1 to"
                        + " 1073741824",
                "profiles.x.header_nslots = 8| profiles.x.payload_pools is missing: expected an array of tables",
                "profiles.x.payload_pools = []| profiles.x.payload_pools = []: expected an array of tables with"
                        + " pool_id and stride_bytes, not empty",
                "profiles.x.payload_pools = [5]| profiles.x.payload_pools[0] = 5: expected a table",
                "profiles.x.payload_pools = [{pool_id = 1}]| profiles.x.payload_pools[0].stride_bytes is missing",
                "profiles.x.payload_pools = [{pool_id = 70000, stride_bytes = 64}]| payload_pools[0].pool_id = 70000:"
                        + " expected an integer from 0 to 65535",
                "profiles.x.payload_pools = [{pool_id = 2, stride_bytes = 1000}]| pool 2 of profile 'x': stride_bytes"
                        + " = 1000 is not a multiple of 64",
                "profiles.x.payload_pools = [{pool_id = 2, stride_bytes = 1000}]| use 1024 (FILE:1)",
                "profiles.x.payload_pools = [{pool_id = 2, stride_bytes = 64}, {pool_id = 2, stride_bytes = 128}]|"
                        + " pool_id = 2 is used twice",
                "profiles.x.payload_pools = [{pool_id = 2, stride_bytes = 64, nslots = 5}]| unknown key"
                        + " profiles.x.payload_pools[0].nslots",
                "profiles.x.nslots = 8| unknown key profiles.x.nslots (FILE:1); expected one of header_nslots,"
                        + " payload_pools",
                "streams.x.profile = \"camera\"| streams.x.stream_id is missing: expected an integer from 1 to"
                        + " 4294967294 (FILE:1)",
                "streams.x.stream_id = 5| streams.x.profile is missing",
                "streams.x = {stream_id = 5, profile = \"none\"}| profile = \"none\" is no defined profile; defined"
                        + " are [camera] (streams.x at FILE:1)",
                "streams.x = {stream_id = 10000, profile = \"camera\"}| stream_id = 10000 is configured twice",
                "streams.x = {stream_id = 0, profile = \"camera\"}| streams.x.stream_id = 0: expected an integer from"
                        + " 1 to 4294967294",
                "streams.x = {stream_id = 5, profile = \"camera\", rate = 1}| unknown key streams.x.rate",
                "driver.instance_id = | not TOML: ",
                "driver.instance_id = | (FILE:1, column ",
                "driver.x.y = 1| unknown key driver.x (FILE:1)",
                "shm.base_dir = 2020-01-01| shm.base_dir = 2020-01-01: expected an absolute path",
            })
    void shouldRefuseASettingNamingItTheValueAndWhatWasExpected(final String line, final String message) {
        assertThatThrownBy(() -> read(line + "\n" + DriverToml.MINIMAL, Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(message.replace("FILE", file().toString()));
    }

    @Test
    void shouldNameTheLineOfAPool() {
        final String file = DriverToml.MINIMAL + """
            [profiles.second]
            payload_pools = [
                { pool_id = 1, stride_bytes = 64 },
                { pool_id = 2, stride_bytes = 65 },
            ]
            """;

        assertThatThrownBy(() -> read(file, Map.of())).hasMessageEndingWith("use 128 (" + file() + ":9)");
    }

    @Test
    void shouldNameTheVariableOfABadOverride() {
        assertThatThrownBy(() -> read(DriverToml.MINIMAL, Map.of("DRIVER_CONTROL_STREAM_ID", "many")))
                .hasMessage("driver.control_stream_id = \"many\": expected an integer from 1 to 2147483647"
                        + " (environment variable DRIVER_CONTROL_STREAM_ID)");
        assertThatThrownBy(() -> read(DriverToml.MINIMAL, Map.of("SHM_REQUIRE_HUGEPAGES", "yes")))
                .hasMessageContaining("expected true or false (environment variable SHM_REQUIRE_HUGEPAGES)");
        assertThatThrownBy(() -> read(DriverToml.MINIMAL, Map.of("PROFILES_CAMERA_HEADER_NSLOTS", "3")))
                .hasMessageContaining("(environment variable PROFILES_CAMERA_HEADER_NSLOTS)");
        assertThatThrownBy(() -> read(DriverToml.MINIMAL, Map.of("PROFILES_CAMERA_PAYLOAD_POOLS", "1:64")))
                .hasMessageContaining("expected an array of tables");
    }

    @Test
    void shouldRefuseAFileThatDefinesNothing() {
        assertThatThrownBy(() -> read("", Map.of())).hasMessageContaining("profiles: none is defined");
        assertThatThrownBy(
                        () -> read(DriverToml.MINIMAL.substring(0, DriverToml.MINIMAL.indexOf("[streams")), Map.of()))
                .hasMessageContaining("streams: none is defined, and policies.allow_dynamic_streams = false");
    }

    @Test
    void shouldNameAFileThatCannotBeRead() {
        final Path missing = directory.resolve("missing.toml");
        assertThatThrownBy(() -> DriverConfig.read(missing, Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("cannot read configuration " + missing + ": no such file");
        assertThatThrownBy(() -> DriverConfig.read(directory, Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("cannot read configuration " + directory);
    }

    @Test
    void shouldAnswerDamagedFilesWithAContextOrAConfigurationExceptionAndNothingElse() throws IOException {
        final long seed = System.nanoTime();
        System.out.println("DriverConfigTest seed " + seed);
        final Random random = new Random(seed);
        final String sample = DriverToml.EVERYTHING + DriverToml.MINIMAL.replace("\"second\"", "\"camera\"");
        int refused = 0;
        for (int i = 0; i < 500; i++) {
            final StringBuilder damaged = new StringBuilder(sample);
            for (int n = 0; n <= random.nextInt(3); n++) {
                damaged.setCharAt(random.nextInt(damaged.length()), (char) (' ' + random.nextInt(95)));
            }
            try {
                read(damaged.toString(), Map.of());
            } catch (final ConfigurationException ex) {
                assertThat(ex).hasMessageContaining(file().toString());
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(100);
    }

    @Test
    void shouldSayWhichDependencyIsMissing() throws Exception {
        final ClassLoader withoutParser = new ClassLoader(getClass().getClassLoader()) {
            @Override
            protected Class<?> loadClass(final String name, final boolean resolve) throws ClassNotFoundException {
                if (name.startsWith("org.tomlj.")) {
                    throw new ClassNotFoundException(name);
                }
                if (!name.startsWith("io.tensorpool.config.")) {
                    return super.loadClass(name, resolve);
                }
                synchronized (getClassLoadingLock(name)) {
                    final Class<?> loaded = findLoadedClass(name);
                    return loaded != null ? loaded : define(name);
                }
            }

            private Class<?> define(final String name) throws ClassNotFoundException {
                try (var in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                    final byte[] bytes = in.readAllBytes();
                    return defineClass(name, bytes, 0, bytes.length);
                } catch (final IOException ex) {
                    throw new ClassNotFoundException(name, ex);
                }
            }
        };
        final Class<?> config = withoutParser.loadClass("io.tensorpool.config.DriverConfig");
        assertThat(config.getClassLoader()).isSameAs(withoutParser);
        final Method read = config.getMethod("read", Path.class, Map.class);
        Files.writeString(file(), DriverToml.MINIMAL);

        assertThatThrownBy(() -> read.invoke(null, file(), Map.of()))
                .isInstanceOf(InvocationTargetException.class)
                .cause()
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("reading " + file() + " needs a TOML parser: add the dependency org.tomlj:tomlj:2.2.0");
        assertThat((String) config.getMethod("documentation").invoke(null)).contains("driver.instance_id");
    }

    private Path file() {
        return DriverToml.file(directory);
    }

    private DriverContext read(final String toml, final Map<String, String> environment) {
        return DriverToml.read(directory, toml, environment);
    }
}
