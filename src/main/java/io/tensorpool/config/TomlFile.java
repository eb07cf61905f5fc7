package io.tensorpool.config;

import io.tensorpool.ConfigurationException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A TOML file as a tree of nodes. Names no type of the parser, so that it can tell when the parser is missing. */
final class TomlFile {
    private static final long MAX_BYTES = 1 << 20;
    private static final String PARSER_PACKAGE = "org/tomlj/";

    private TomlFile() {}

    /**
     * Reads a file.
     *
     * @param file to read.
     * @return its top-level table.
     * @throws ConfigurationException if it is missing, unreadable or no TOML, or the parser is not on the class path.
     */
    static ConfigNode read(final Path file) {
        try {
            if (Files.exists(file) && (!Files.isRegularFile(file) || Files.size(file) > MAX_BYTES)) {
                throw new ConfigurationException("cannot read configuration " + file
                        + ": expected a regular file of at most " + MAX_BYTES + " bytes");
            }
            return TomlTree.read(file);
        } catch (final NoClassDefFoundError ex) {
            if (!String.valueOf(ex.getMessage()).contains(PARSER_PACKAGE)) {
                throw ex;
            }
            throw new ConfigurationException(
                    "reading " + file + " needs a TOML parser: add the dependency org.tomlj:tomlj:2.2.0", ex);
        } catch (final IOException ex) {
            final String cause = switch (ex) {
                case NoSuchFileException missing -> "no such file";
                case AccessDeniedException denied -> "permission denied";
                default -> String.valueOf(ex.getMessage());
            };
            throw new ConfigurationException("cannot read configuration " + file + ": " + cause, ex);
        }
    }
}
