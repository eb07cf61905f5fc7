package io.tensorpool.config;

import io.tensorpool.ConfigurationException;
import io.tensorpool.driver.DriverContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Settings of the driver from a TOML file and the environment (driver specification 17). The keys are those of the
 * specification, and {@code shm.namespace}; each can be overridden by an environment variable with its name in upper case
 * and underscores for dots. Needs the optional dependency {@code org.tomlj:tomlj}. Any thread may call.
 */
public final class DriverConfig {
    private static final List<String> TABLES = List.of("driver", "shm", "policies", "profiles", "streams");

    private static final List<String> LOOKED_AT_BY_STREAMS = List.of(
            "profiles",
            "streams",
            "policies.default_profile",
            "policies.allow_dynamic_streams",
            "driver.control_stream_id",
            "driver.announce_stream_id",
            "driver.qos_stream_id",
            "driver.stream_id_range",
            "driver.descriptor_stream_id_range",
            "driver.control_stream_id_range");

    private DriverConfig() {}

    /**
     * Reads the settings.
     *
     * @param file        TOML, UTF-8.
     * @param environment usually {@link System#getenv()}. {@code AERON_DIR} counts as {@code DRIVER_AERON_DIR} where
     *                    that is not set.
     * @return a context, not concluded: further settings may be made.
     * @throws ConfigurationException if the file cannot be read, is not TOML, has an unknown key or a value that is not
     *                                usable, or the settings contradict each other; each of its faults names file and
     *                                line (or the variable), key, the value found and what was expected. Also if the
     *                                TOML parser is not on the class path.
     */
    public static DriverContext read(final Path file, final Map<String, String> environment) {
        final ConfigSource source = new ConfigSource(TomlFile.read(file), environment);
        final DriverContext context = read(source).context;
        source.faults().throwIfAny();
        return context;
    }

    /**
     * Checks the settings as a driver would that is launched with them on this machine now, but for what Aeron says.
     *
     * @param file        TOML, UTF-8.
     * @param environment usually {@link System#getenv()}.
     * @throws ConfigurationException as {@link #read} does, and if the settings contradict each other, or regions cannot be
     *                                made in the base directory.
     */
    public static void validate(final Path file, final Map<String, String> environment) {
        final ConfigSource source = new ConfigSource(TomlFile.read(file), environment);
        final DriverDraft draft = read(source);
        checkStreams(source, draft);
        if (!source.faults().concern("shm.base_dir")) {
            source.faults().check(source.origin(), draft::checkBaseDir);
        }
        source.faults().throwIfAny();
    }

    /** Unless a setting that it looks at was refused. */
    private static void checkStreams(final ConfigSource source, final DriverDraft draft) {
        if (LOOKED_AT_BY_STREAMS.stream().noneMatch(source.faults()::concern)) {
            source.faults().check(source.origin(), draft.context::checkStreams);
        }
    }

    /**
     * Every setting as a driver would take it, and where it comes from.
     *
     * @param file        TOML, UTF-8.
     * @param environment usually {@link System#getenv()}.
     * @return TOML with dotted keys, one per line, that reads to the same settings. A default that is no value is a comment,
     *     and so is the shutdown token, which is not shown.
     * @throws ConfigurationException as {@link #validate} does.
     */
    public static String dump(final Path file, final Map<String, String> environment) {
        final ConfigSource source = new ConfigSource(TomlFile.read(file), environment);
        checkStreams(source, read(source));
        source.faults().throwIfAny();
        return String.join("", source.settings());
    }

    private static DriverDraft read(final ConfigSource source) {
        source.refuseUnknown("", source.root().table("file"), TABLES);
        final DriverDraft draft = new DriverDraft(source.faults());
        source.apply(draft, DriverKeys.DRIVER, "driver", source.table("driver"), source.origin());
        source.apply(draft, DriverKeys.SHM, "shm", source.table("shm"), source.origin());
        StreamSections.readProfiles(source, draft);
        source.apply(draft, DriverKeys.POLICIES, "policies", source.table("policies"), source.origin());
        StreamSections.readStreams(source, draft);
        source.faults().check(source.origin(), draft::conclude);
        return draft;
    }

    /**
     * The table of keys, as the documentation shows it.
     *
     * @return a Markdown table: key, environment variable, type and range, default, meaning.
     */
    public static String documentation() {
        final StringBuilder table =
                new StringBuilder("| Key | Environment | Value | Default | Meaning |\n|---|---|---|---|---|\n");
        DriverKeys.DRIVER.forEach(key -> appendRow(table, "driver.", key));
        DriverKeys.SHM.forEach(key -> appendRow(table, "shm.", key));
        DriverKeys.POLICIES.forEach(key -> appendRow(table, "policies.", key));
        StreamSections.PROFILE.forEach(key -> appendRow(table, "profiles.<name>.", key));
        StreamSections.POOL.forEach(key -> appendRow(table, "profiles.<name>.payload_pools[].", key));
        StreamSections.STREAM.forEach(key -> appendRow(table, "streams.<name>.", key));
        return table.toString();
    }

    private static void appendRow(final StringBuilder table, final String prefix, final ConfigKey<?, ?> key) {
        final String name = prefix + key.name();
        final boolean isOverridable = !name.contains("payload_pools");
        table.append("| `").append(name).append("` | ");
        table.append(isOverridable ? "`" + ConfigKey.environmentVariable(name) + "`" : "");
        table.append(" | ").append(key.type().expected());
        table.append(" | ").append(key.defaultText());
        table.append(" | ").append(key.meaning()).append(" |\n");
    }
}
