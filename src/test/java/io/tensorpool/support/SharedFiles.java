package io.tensorpool.support;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder of reference bytes and images that lies beside the project. It is not part of the project, so that a test
 * which needs it is skipped where it is absent.
 */
public final class SharedFiles {
    private static final Path ROOT = Path.of(System.getProperty("tensorpool.shared", "../shared"));

    private SharedFiles() {}

    /** A file or folder below the shared one, present or not. */
    public static Path path(final String relativePath) {
        return ROOT.resolve(relativePath).toAbsolutePath().normalize();
    }

    public static boolean isPresent(final String relativePath) {
        return Files.exists(path(relativePath));
    }

    /** A file or folder below the shared one; skips the calling test, with a message, if it is absent. */
    public static Path assumePresent(final String relativePath) {
        assumeTrue(isPresent(relativePath), () -> "skipped: reference file " + path(relativePath) + " is absent");
        return path(relativePath);
    }
}
