package io.tensorpool;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A private directory below {@code /dev/shm}, deleted with everything in it when closed. */
public final class ScratchDirectory implements AutoCloseable {
    private final Path path;

    /** Makes it. */
    public ScratchDirectory() {
        try {
            path = Files.createTempDirectory(Path.of("/dev/shm"), "tensorpool-jmh-");
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /**
     * Where it is.
     *
     * @return absolute path.
     */
    public Path path() {
        return path;
    }

    @Override
    public void close() {
        try (Stream<Path> entries = Files.walk(path)) {
            final List<Path> innermostFirst =
                    entries.sorted(Comparator.reverseOrder()).toList();
            for (final Path entry : innermostFirst) {
                Files.delete(entry);
            }
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }
}
