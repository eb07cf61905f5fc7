package io.tensorpool.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A directory for files that are needed while something is measured; they go with it. */
final class ScratchDirectory implements AutoCloseable {
    private final Path path;
    private final Map<String, Path> files = new LinkedHashMap<>();

    ScratchDirectory() throws IOException {
        path = Files.createTempDirectory("tensorpool-bench");
    }

    /** Where a file of that name is, or will be. */
    Path file(final String name) {
        return files.computeIfAbsent(name, path::resolve);
    }

    @Override
    public void close() throws IOException {
        for (final Path file : files.values()) {
            Files.deleteIfExists(file);
        }
        Files.delete(path);
    }
}
