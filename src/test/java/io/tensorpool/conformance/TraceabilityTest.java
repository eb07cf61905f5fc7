package io.tensorpool.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;
import org.junit.platform.commons.support.AnnotationSupport;

/** What {@code docs/traceability.md} names must exist, and nothing in it may be left open. */
class TraceabilityTest {
    /** One line of a table, with the heading that it stands under and its line in the file. */
    private record Row(String specification, int line, List<String> cells) {
        String id() {
            return cells.get(0);
        }

        String code() {
            return cells.get(2);
        }

        String test() {
            return cells.get(3);
        }

        @Override
        public String toString() {
            return "line " + line + ", " + specification + ' ' + id();
        }
    }

    private static final Path FILE = Path.of("docs/traceability.md");
    private static final List<String> SPECIFICATIONS = List.of(
            "Wire 1.2",
            "Driver model 1.0",
            "Discovery 1.0",
            "Join barrier 1.0",
            "Trace link 1.0",
            "Bridge 1.1",
            "Rate limiter 1.0");
    private static final List<String> COLUMNS = List.of("id", "requirement in our words", "code", "test", "note");
    private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");
    private static final Pattern NO_TEST = Pattern.compile("none: \\S.*");

    /** Simple name, and name below io.tensorpool, to the classes called so. */
    private final Map<String, Set<String>> mainClasses = classes("target/classes");

    private final Map<String, Set<String>> testClasses = classes("target/test-classes");
    private final List<String> headings = new ArrayList<>();
    private final List<Row> rows = rows();

    @Test
    void shouldHaveAChapterForEverySpecification() {
        assertThat(headings).containsExactlyElementsOf(SPECIFICATIONS);
        assertThat(rows).isNotEmpty();
    }

    @Test
    void shouldLeaveNoCellEmpty() {
        assertThat(rows)
                .filteredOn(row -> row.cells().size() != COLUMNS.size()
                        || row.cells().stream().anyMatch(String::isBlank))
                .isEmpty();
    }

    @Test
    void shouldGiveEachIdOnce() {
        final Set<String> ids = new HashSet<>();
        assertThat(rows)
                .filteredOn(row -> !ids.add(row.specification() + ' ' + row.id()))
                .isEmpty();
    }

    @Test
    void shouldNameClassesAndFilesThatExist() {
        final List<String> errors = new ArrayList<>();
        for (final Row row : rows) {
            if (quoted(row.code()).isEmpty()) {
                errors.add(row + " names no code");
            }
            for (final String name : quoted(row.code())) {
                final int count = name.contains("/")
                        ? (Files.exists(Path.of(name)) ? 1 : 0)
                        : mainClasses.getOrDefault(name, Set.of()).size();
                if (count != 1) {
                    errors.add(row + " names " + name + ", of which there are " + count);
                }
            }
        }
        assertThat(errors).isEmpty();
    }

    @Test
    void shouldNameTestsThatExist() {
        final List<String> errors = new ArrayList<>();
        for (final Row row : rows) {
            if (quoted(row.test()).isEmpty() && !NO_TEST.matcher(row.test()).matches()) {
                errors.add(row + " has neither a test nor a reason");
            }
            for (final String name : quoted(row.test())) {
                if (!isTest(name)) {
                    errors.add(row + " names " + name + ", which is no test");
                }
            }
        }
        assertThat(errors).isEmpty();
    }

    private boolean isTest(final String name) {
        final String[] parts = name.split("#", -1);
        final Set<String> candidates = testClasses.getOrDefault(parts[0], Set.of());
        if (parts.length != 2 || candidates.size() != 1) {
            return false;
        }
        try {
            final Class<?> type = Class.forName(
                    candidates.iterator().next(), false, getClass().getClassLoader());
            final Method[] methods = type.getDeclaredMethods();
            return Arrays.stream(methods)
                    .anyMatch(method ->
                            method.getName().equals(parts[1]) && AnnotationSupport.isAnnotated(method, Testable.class));
        } catch (final ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Row> rows() {
        final List<Row> result = new ArrayList<>();
        final List<String> lines = lines(FILE);
        for (int i = 0; i < lines.size(); i++) {
            final String line = lines.get(i);
            if (line.startsWith("## ")) {
                headings.add(line.substring(3).strip());
            } else if (line.startsWith("|")) {
                final List<String> cells = cells(line);
                if (cells.get(0).equals("id")) {
                    assertThat(cells).as("columns in line %d", i + 1).isEqualTo(COLUMNS);
                } else if (!line.startsWith("|---")) {
                    result.add(new Row(headings.getLast(), i + 1, cells));
                }
            }
        }
        return result;
    }

    private static List<String> cells(final String line) {
        final List<String> cells = new ArrayList<>();
        for (final String cell : line.strip().split("\\|", -1)) {
            cells.add(cell.strip());
        }
        return cells.subList(1, cells.size() - 1);
    }

    private static List<String> quoted(final String cell) {
        final List<String> names = new ArrayList<>();
        final Matcher matcher = QUOTED.matcher(cell);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }

    private static Map<String, Set<String>> classes(final String directory) {
        final Path root = Path.of(directory);
        final Map<String, Set<String>> result = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root.resolve("io/tensorpool"))) {
            files.filter(file -> file.toString().endsWith(".class")).forEach(file -> {
                final String path = root.relativize(file).toString();
                final String name =
                        path.substring(0, path.length() - ".class".length()).replace('/', '.');
                final String readable = name.replace('$', '.');
                final String below = readable.substring("io.tensorpool.".length());
                final int packageEnd = name.lastIndexOf('.') + 1;
                result.computeIfAbsent(readable.substring(packageEnd), key -> new HashSet<>())
                        .add(name);
                result.computeIfAbsent(below, key -> new HashSet<>()).add(name);
            });
        } catch (final IOException e) {
            throw new IllegalStateException("reading " + directory, e);
        }
        return result;
    }

    private static List<String> lines(final Path file) {
        try {
            return Files.readAllLines(file);
        } catch (final IOException e) {
            throw new IllegalStateException("reading " + file, e);
        }
    }
}
