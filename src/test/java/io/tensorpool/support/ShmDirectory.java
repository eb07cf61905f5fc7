package io.tensorpool.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/** A private directory below {@code /dev/shm}, deleted with everything in it when closed; links are not followed. */
public final class ShmDirectory implements AutoCloseable {
    private static final Path PARENT = Path.of("/dev/shm");

    private final Path path;

    private ShmDirectory(final Path path) {
        this.path = path;
    }

    /** Makes a directory that others may pass through, so that a test can look at it as another user. */
    public static ShmDirectory create() {
        try {
            final Path path = Files.createTempDirectory(PARENT, "tensorpool-test-");
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
            return new ShmDirectory(path);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        try {
            Files.walkFileTree(path, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(final Path file, final BasicFileAttributes attributes)
                        throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(final Path directory, final IOException failure)
                        throws IOException {
                    if (failure != null) {
                        throw failure;
                    }
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
