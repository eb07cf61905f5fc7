package io.tensorpool.config;

import io.tensorpool.ConfigurationException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file and the environment over it: what the environment has wins (driver specification 17).
 *
 * @param root        top-level table of the file.
 * @param environment by variable.
 * @param settings    grows with each key that is read: a line with the value taken and where it comes from.
 * @param faults      grows with what is wrong.
 */
record ConfigSource(ConfigNode root, Map<String, String> environment, List<String> settings, Faults faults) {
    /** Names the directory of the Aeron media driver to every program that uses one. */
    private static final String AERON_DIR = "AERON_DIR";

    private static final String AERON_DIR_KEY = "driver.aeron_dir";

    /**
     * A source of which nothing was read yet.
     *
     * @param root        top-level table of the file.
     * @param environment by variable.
     */
    ConfigSource(final ConfigNode root, final Map<String, String> environment) {
        this(root, environment, new ArrayList<>(), new Faults());
    }

    /** Origin of what stands nowhere: the file. */
    String origin() {
        return root.origin();
    }

    /**
     * Value of a key.
     *
     * @param table its table.
     * @param key   its name in that table.
     * @param label its full name.
     * @return null if it is neither in the table nor in the environment.
     */
    @Nullable
    ConfigNode find(final Map<String, ConfigNode> table, final String key, final String label) {
        final String variable = ConfigKey.environmentVariable(label);
        final String text = environment.get(variable);
        if (text != null) {
            return ConfigNode.ofEnvironment(variable, text);
        }
        final String aeronDirectory = label.equals(AERON_DIR_KEY) ? environment.get(AERON_DIR) : null;
        return aeronDirectory != null && !aeronDirectory.isBlank()
                ? ConfigNode.ofEnvironment(AERON_DIR, aeronDirectory)
                : table.get(key);
    }

    /** A top-level table, empty if it is not in the file. */
    Map<String, ConfigNode> table(final String name) {
        final ConfigNode node = root.table("file").get(name);
        return node == null ? Map.of() : table(name, node);
    }

    /** The table that must be here; empty if it is none, which is noted. */
    Map<String, ConfigNode> table(final String label, final ConfigNode node) {
        final Map<String, ConfigNode> table = new LinkedHashMap<>();
        faults.collect(label, () -> table.putAll(node.table(label)));
        return table;
    }

    /**
     * Notes what has no meaning, which most often is a key mistyped: its name, where it stands, and those known.
     *
     * @param label name of the table, empty for the file's own.
     * @param table to check.
     * @param known names it may have.
     */
    void refuseUnknown(final String label, final Map<String, ConfigNode> table, final Collection<String> known) {
        table.forEach((key, node) -> {
            if (!known.contains(key)) {
                final String name = label.isEmpty() ? key : label + "." + key;
                faults.collect(name, () -> {
                    throw new ConfigurationException("unknown key " + name + " (" + node.origin()
                            + "); expected one of " + String.join(", ", known));
                });
            }
        });
    }

    /**
     * Fills a draft from one table. A key that is unknown, missing or has a value not usable is noted among the faults.
     *
     * @param draft  to fill.
     * @param keys   the keys the table may have.
     * @param label  name of the table for messages, dotted.
     * @param table  to read.
     * @param origin where the table stands.
     * @param <D>    type of the draft.
     */
    <D> void apply(
            final D draft,
            final List<ConfigKey<D, ?>> keys,
            final String label,
            final Map<String, ConfigNode> table,
            final String origin) {
        refuseUnknown(label, table, keys.stream().map(ConfigKey::name).toList());
        for (final ConfigKey<D, ?> key : keys) {
            final String keyLabel = label + "." + key.name();
            final ConfigNode node = find(table, key.name(), keyLabel);
            if (node != null) {
                faults.located(keyLabel, node.origin());
            }
            faults.collect(keyLabel, () -> {
                key.apply(draft, keyLabel, node, origin);
                settings.add(setting(keyLabel, key, node));
            });
        }
    }

    /** Elements of an array of tables are shown with the array. */
    private static String setting(final String label, final ConfigKey<?, ?> key, final @Nullable ConfigNode node) {
        if (label.contains("[")) {
            return "";
        }
        if (node == null) {
            final boolean isValue = key.defaultText().matches("\".*\"|[0-9]+|true|false");
            return isValue
                    ? label + " = " + key.defaultText() + "  # default\n"
                    : "# " + label + ": " + key.defaultText() + "\n";
        }
        final String origin = "  # " + node.origin().replaceAll("\\p{Cntrl}", "?") + "\n";
        return key.type().isSecret() && !"".equals(node.value())
                ? "# " + label + ": (set)" + origin
                : label + " = " + key.type().inFile(node) + origin;
    }
}
