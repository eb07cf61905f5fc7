package io.tensorpool.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which files below a directory this process has open or mapped at this moment, to be compared before and after what a
 * test does. Only files below the directory count, so that other tests and the JVM's own files do not disturb.
 *
 * @param descriptors targets of {@code /proc/self/fd} below the directory, sorted.
 * @param mappings    lines of {@code /proc/self/maps} that name a file below the directory, without that name, which
 *     may have changed since.
 */
public record ResourceCount(List<String> descriptors, List<String> mappings) {

    /** Counts now. */
    public static ResourceCount below(final Path directory) {
        return new ResourceCount(openBelow(directory), mappedBelow(directory));
    }

    /** Files below a directory that are mapped now, by name; one that was deleted says so at its end. */
    public static List<String> mappedFiles(final Path directory) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(" " + directory))
                    .map(line -> line.substring(line.indexOf(" " + directory) + 1))
                    .toList();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> openBelow(final Path directory) {
        final List<String> found = new ArrayList<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            for (final Path entry : (Iterable<Path>) entries::iterator) {
                final String target = targetOf(entry);
                if (target.startsWith(directory.toString())) {
                    found.add(target);
                }
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        return found.stream().sorted().toList();
    }

    private static String targetOf(final Path entry) {
        try {
            return Files.readSymbolicLink(entry).toString();
        } catch (final IOException e) {
            return ""; // closed since it was listed, for instance the descriptor that lists
        }
    }

    private static List<String> mappedBelow(final Path directory) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(line -> line.contains(" " + directory))
                    .map(line -> line.substring(0, line.indexOf(" " + directory)))
                    .toList();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
