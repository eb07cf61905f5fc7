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

    private DriverConfig() {}

    /**
     * Reads the settings.
     *
     * @param file        TOML, UTF-8.
     * @param environment usually {@link System#getenv()}. {@code AERON_DIR} counts as {@code DRIVER_AERON_DIR} where
     *                    that is not set.
     * @return a context, not concluded: further settings may be made.
     * @throws ConfigurationException if the file cannot be read, is not TOML, has an unknown key or a value that is not
     *                                usable, or the settings contradict each other; the message names file and line (or
     *                                the variable), key, the value found and what was expected. Also if the TOML parser
     *                                is not on the class path.
     */
    public static DriverContext read(final Path file, final Map<String, String> environment) {
        return read(new ConfigSource(TomlFile.read(file), environment));
    }

    /**
     * Checks the settings as a driver would that is launched with them, but for what only the running system knows.
     *
     * @param file        TOML, UTF-8.
     * @param environment usually {@link System#getenv()}.
     * @throws ConfigurationException as {@link #read} does, and if the settings contradict each other.
     */
    public static void validate(final Path file, final Map<String, String> environment) {
        ConfigKey.located(file.toString(), read(file, environment)::checkStreams);
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
        ConfigKey.located(file.toString(), read(source)::checkStreams);
        return String.join("", source.settings());
    }

    private static DriverContext read(final ConfigSource source) {
        ConfigSource.refuseUnknown("", source.root().table("file"), TABLES);
        final DriverDraft draft = new DriverDraft();
        source.apply(draft, DriverKeys.DRIVER, "driver", source.table("driver"), source.origin());
        source.apply(draft, DriverKeys.SHM, "shm", source.table("shm"), source.origin());
        StreamSections.readProfiles(source, draft);
        source.apply(draft, DriverKeys.POLICIES, "policies", source.table("policies"), source.origin());
        StreamSections.readStreams(source, draft);
        ConfigKey.located(source.origin(), draft::conclude);
        return draft.context;
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
