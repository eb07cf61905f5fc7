package io.tensorpool.config;

import io.tensorpool.ConfigurationException;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One row of a table of keys.
 *
 * @param <D>         what is being filled.
 * @param <T>         type of the value.
 * @param name        dotted, such as {@code driver.control_stream_id}; in profiles and streams the last part only.
 * @param type        type and range.
 * @param defaultText the default as it would stand in a file, or in words; {@link #REQUIRED} if there is none.
 * @param meaning     a sentence for the documentation, with its unit.
 * @param setter      puts the value in its place.
 */
record ConfigKey<D, T>(String name, ValueType<T> type, String defaultText, String meaning, BiConsumer<D, T> setter) {
    static final String REQUIRED = "required";

    /** Name of the environment variable that overrides a key: upper case, dots to underscores (driver 17). */
    static String environmentVariable(final String key) {
        return key.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    /**
     * Converts the value that was found and puts it in its place; without a value the default stays.
     *
     * @param draft  to fill.
     * @param label  full name of the key for messages.
     * @param node   the value, null if there is none.
     * @param origin where the key would stand, for the message when it must.
     * @throws ConfigurationException naming key, value, what was expected, and where it stands.
     */
    void apply(final D draft, final String label, final @Nullable ConfigNode node, final String origin) {
        if (node != null) {
            final T value = type.parse(label, node);
            located(node.origin(), () -> setter.accept(draft, value));
        } else if (defaultText.equals(REQUIRED)) {
            throw new ConfigurationException(label + " is missing: expected " + type.expected() + " (" + origin + ")");
        }
    }

    /** Adds where the setting stands to what an action, which cannot know, says is wrong with it. */
    static void located(final String origin, final Runnable action) {
        try {
            action.run();
        } catch (final ConfigurationException ex) {
            throw new ConfigurationException(ex.getMessage() + " (" + origin + ")", ex);
        }
    }
}
