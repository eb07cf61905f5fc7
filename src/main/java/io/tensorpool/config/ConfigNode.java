package io.tensorpool.config;

import io.tensorpool.ConfigurationException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
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
    private static final Pattern BARE_KEY = Pattern.compile("[A-Za-z0-9_-]+");

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

    /** Everything that text of the environment may stand for, as it would stand in a file. */
    List<ConfigNode> forms() {
        if (!isEnvironment) {
            return List.of(this);
        }
        final List<ConfigNode> list = list();
        final List<ConfigNode> forms = new ArrayList<>();
        addForm(forms, text());
        addForm(forms, integer());
        addForm(forms, truth());
        addForm(
                forms,
                list == null ? null : list.stream().map(ConfigNode::ofFile).toList());
        return forms;
    }

    private void addForm(final List<ConfigNode> forms, final @Nullable Object form) {
        if (form != null) {
            forms.add(new ConfigNode(form, origin, false));
        }
    }

    private ConfigNode ofFile() {
        return new ConfigNode(value, origin, false);
    }

    /** A name as it stands between the dots of a key. */
    static String keyOf(final String name) {
        return BARE_KEY.matcher(name).matches() ? name : quoted(name);
    }

    private static String quoted(final String text) {
        final StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
            } else if (Character.isISOControl(c)) {
                quoted.append(String.format("\\u%04X", c));
            } else {
                quoted.appendCodePoint(c);
            }
        });
        return quoted.append('"').toString();
    }

    /** As it would stand in a file. */
    @Override
    public String toString() {
        return switch (value) {
            case String text -> quoted(text);
            case List<?> list -> list.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
            case Map<?, ?> table ->
                table.entrySet().stream()
                        .map(entry -> keyOf(String.valueOf(entry.getKey())) + " = " + entry.getValue())
                        .collect(Collectors.joining(", ", "{", "}"));
            default -> value.toString();
        };
    }
}
