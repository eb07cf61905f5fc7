package io.tensorpool.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.config.DriverConfig;
import io.tensorpool.runtime.ServiceCounters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the documents for administrators list is what the code has. */
class DriverDocumentationTest {
    private static List<String> firstCells(final Path file, final String chapter) throws IOException {
        final String text = Files.readString(file);
        final int start = text.indexOf("\n## " + chapter + "\n");
        assertThat(start).as("chapter %s of %s", chapter, file).isNotNegative();
        final int end = text.indexOf("\n## ", start + 1);
        final Matcher cells = Pattern.compile("(?m)^\\| `([^`]+)` \\|").matcher(text.substring(start, end));
        final List<String> found = new ArrayList<>();
        while (cells.find()) {
            found.add(cells.group(1));
        }
        return found;
    }

    @Test
    void shouldShowTheTableOfKeysThatTheCodeMakes() throws IOException {
        assertThat(Files.readString(Path.of("docs/configuration.md")))
                .contains("\n\n" + DriverConfig.documentation() + "\n");
    }

    @Test
    void shouldListEveryCounterInItsOrder() throws IOException {
        final DriverCounters counters = new DriverCounters(new ServiceCounters(null, "any"));

        assertThat(firstCells(Path.of("docs/operations.md"), "Counters"))
                .containsExactlyElementsOf(counters.values().keySet());
    }

    @Test
    void shouldNameEveryHistogram() throws IOException {
        final String text = Files.readString(Path.of("docs/operations.md"));
        for (final DriverTimings.Kind kind : DriverTimings.Kind.values()) {
            assertThat(text).contains("`" + kind.name().toLowerCase(java.util.Locale.ROOT) + "`");
        }
    }
}
