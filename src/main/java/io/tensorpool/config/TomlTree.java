package io.tensorpool.config;

import io.tensorpool.ConfigurationException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/** The only class that knows the TOML parser; reached through {@link TomlFile} only. */
final class TomlTree {
    private final Path file;

    private TomlTree(final Path file) {
        this.file = file;
    }

    static ConfigNode read(final Path file) throws IOException {
        final TomlParseResult parsed = Toml.parse(file);
        final TomlTree tree = new TomlTree(file);
        if (parsed.hasErrors()) {
            final TomlParseError error = parsed.errors().getFirst();
            throw new ConfigurationException("not TOML: " + error.getMessage() + " (" + tree.origin(error.position())
                    + ", column " + error.position().column() + ")");
        }
        return new ConfigNode(tree.entries(parsed), file.toString(), false);
    }

    private Map<String, ConfigNode> entries(final TomlTable table) {
        final Map<String, ConfigNode> entries = new LinkedHashMap<>();
        for (final String key : table.keySet()) {
            final List<String> path = List.of(key);
            final Object value = table.get(path);
            if (value != null) {
                entries.put(key, node(value, table.inputPositionOf(path)));
            }
        }
        return entries;
    }

    private List<ConfigNode> elements(final TomlArray array) {
        final List<ConfigNode> elements = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            elements.add(node(array.get(i), array.inputPositionOf(i)));
        }
        return elements;
    }

    private ConfigNode node(final Object value, final @Nullable TomlPosition position) {
        final Object converted = switch (value) {
            case TomlTable table -> entries(table);
            case TomlArray array -> elements(array);
            default -> value;
        };
        return new ConfigNode(converted, origin(position), false);
    }

    private String origin(final @Nullable TomlPosition position) {
        return position == null ? file.toString() : file + ":" + position.line();
    }
}
