package io.tensorpool.config;

import io.tensorpool.ConfigurationException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A value found in a file or in the environment, with where it stands. What a value is not, it answers with null.
 *
 * @param value         String, Long, Boolean, {@code List<ConfigNode>}, {@code Map<String, ConfigNode>} in the file's
 *                      order, or another type of TOML's, which no key takes.
 * @param origin        for messages, such as {@code config/driver.toml:31}.
 * @param isEnvironment whether it is text from the environment, which may stand for any scalar type or a list.
 */
record ConfigNode(Object value, String origin, boolean isEnvironment) {
    private static final String LIST_SEPARATOR = ",";

    static ConfigNode ofEnvironment(final String variable, final String text) {
        return new ConfigNode(text, "environment variable " + variable, true);
    }

    @Nullable
    String text() {
        return value instanceof String text ? text : null;
    }

    @Nullable
    Long integer() {
        if (isEnvironment && value instanceof String text) {
            try {
                return Long.valueOf(text.strip());
            } catch (final NumberFormatException ex) {
                return null;
            }
        }
        return value instanceof Long integer ? integer : null;
    }

    @Nullable
    Boolean truth() {
        if (isEnvironment && value instanceof String text) {
            return switch (text.strip()) {
                case "true" -> Boolean.TRUE;
                case "false" -> Boolean.FALSE;
                default -> null;
            };
        }
        return value instanceof Boolean truth ? truth : null;
    }

    @SuppressWarnings("unchecked")
    @Nullable
    List<ConfigNode> list() {
        if (isEnvironment && value instanceof String text) {
            return Arrays.stream(text.split(LIST_SEPARATOR, -1))
                    .map(element -> new ConfigNode(element.strip(), origin, true))
                    .toList();
        }
        return value instanceof List<?> list ? (List<ConfigNode>) list : null;
    }

    /** The table that must be here. */
    @SuppressWarnings("unchecked")
    Map<String, ConfigNode> table(final String key) {
        if (value instanceof Map<?, ?> table) {
            return (Map<String, ConfigNode>) table;
        }
        throw new ConfigurationException(key + " = " + this + ": expected a table (" + origin + ")");
    }

    /** As it would stand in a file. */
    @Override
    public String toString() {
        return switch (value) {
            case String text -> '"' + text + '"';
            case List<?> list -> list.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
            case Map<?, ?> table ->
                table.entrySet().stream()
                        .map(entry -> entry.getKey() + " = " + entry.getValue())
                        .collect(Collectors.joining(", ", "{", "}"));
            default -> value.toString();
        };
    }
}
