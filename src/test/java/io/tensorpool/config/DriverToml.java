package io.tensorpool.config;

import io.tensorpool.driver.DriverContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Files for the tests of the driver's configuration. */
final class DriverToml {
    /** The least that is accepted: one profile, one stream. */
    static final String MINIMAL = """
        [profiles.camera]
        payload_pools = [ { pool_id = 1, stride_bytes = 4096 } ]
        [streams.cam]
        stream_id = 10000
        profile = "camera"
        """;

    /** Every key of the three fixed tables, none at its default. Needs a profile named second. */
    static final String EVERYTHING = """
        driver.instance_id = "lab"
        driver.aeron_dir = "/dev/shm/a"
        driver.control_channel = "aeron:ipc?term-length=64k"
        driver.control_stream_id = 1
        driver.announce_channel = "aeron:udp?endpoint=localhost:9"
        driver.announce_stream_id = 2
        driver.qos_channel = "aeron:ipc"
        driver.qos_stream_id = 3
        driver.stream_id_range = [20000, 4294967294]
        driver.descriptor_stream_id_range = "3000-3999"
        driver.control_stream_id_range = [4000, 4999]
        driver.admin_socket = false
        shm.base_dir = "/dev/shm/x"
        shm.namespace = "lab1"
        shm.allowed_base_dirs = ["/dev/shm", "/mnt/huge"]
        shm.permissions_mode = "600"
        shm.require_hugepages = true
        policies.allow_dynamic_streams = true
        policies.default_profile = "second"
        policies.announce_period_ms = 10
        policies.announce_clock = "realtime_synced"
        policies.lease_keepalive_interval_ms = 20
        policies.lease_expiry_grace_intervals = 7
        policies.prefault_shm = false
        policies.mlock_shm = true
        policies.epoch_gc_enabled = false
        policies.epoch_gc_keep = 5
        policies.epoch_gc_min_age_ns = 9223372036854775807
        policies.epoch_gc_on_startup = true
        policies.cleanup_shm_on_exit = false
        policies.node_id_reuse_cooldown_ms = 123
        policies.histogram_interval_ms = 5000
        policies.shutdown_timeout_ms = 1
        policies.shutdown_token = "s3cret"
        """;

    private DriverToml() {}

    static Path file(final Path directory) {
        return directory.resolve("driver.toml");
    }

    /** Writes the file and reads it as a driver does. */
    static DriverContext read(final Path directory, final String toml, final Map<String, String> environment) {
        try {
            Files.writeString(file(directory), toml);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
        return DriverConfig.read(file(directory), environment);
    }
}
