package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.TensorPoolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExpectationsTest {
    private static final List<Row> ROWS = rows(25, 20, 1.0, 40);

    @TempDir
    Path directory;

    @Test
    void shouldExpectOfARunWhatItHasMeasured() {
        final Expectations.Result result = Expectations.of(ROWS).check(ROWS);

        assertThat(result.isGood()).isTrue();
        assertThat(result.lines())
                .containsExactly(
                        "good  copy 640 KiB: tensorpool against memcpy: 1.25, expected 1.25 or more",
                        "good  latency 1,000/s, 640 KiB, touched: tensorpool against aeron-ipc: 0.0250, expected 0.0250"
                                + " or less");
    }

    @Test
    void shouldCompareRatiosAndNeverTimes() {
        assertThat(Expectations.of(ROWS).check(rows(2.5, 2, 100, 4000)).isGood())
                .isTrue();
    }

    @Test
    void shouldBeContentWithARateThatFellByLessThanAThird() {
        assertThat(Expectations.of(ROWS).check(rows(25 * 0.71, 20, 1, 40)).isGood())
                .isTrue();
    }

    @Test
    void shouldFailAndNameARateThatFellByMore() {
        final Expectations.Result result = Expectations.of(ROWS).check(rows(25 * 0.69, 20, 1, 40));

        assertThat(result.isGood()).isFalse();
        assertThat(result.failures())
                .containsExactly("copy 640 KiB: tensorpool against memcpy: 0.863, expected 1.25 or more, worse by 31 %;"
                        + " at most 30");
        assertThat(result.lines()).anySatisfy(line -> assertThat(line).startsWith("FALLEN  copy 640 KiB"));
    }

    @Test
    void shouldFailWhenALatencyRoseByAsMuch() {
        final Expectations expectations = Expectations.of(ROWS);

        assertThat(expectations.check(rows(25, 20, 1 / 0.71, 40)).isGood()).isTrue();
        assertThat(expectations.check(rows(25, 20, 1 / 0.69, 40)).failures())
                .singleElement()
                .asString()
                .startsWith("latency ")
                .contains("worse by 31 %");
    }

    @Test
    void shouldNotMindWhatHasBecomeBetter() {
        assertThat(Expectations.of(ROWS).check(rows(2500, 20, 0.001, 40)).isGood())
                .isTrue();
    }

    @Test
    void shouldFailAndNameWhatWasNotMeasured() {
        final List<Row> rows = new ArrayList<>(ROWS);
        rows.removeIf(row -> row.subject().equals("memcpy"));

        assertThat(Expectations.of(ROWS).check(rows).failures())
                .containsExactly(
                        "copy 640 KiB: tensorpool against memcpy: nothing was measured for gib_per_s of memcpy in"
                                + " copy {size_bytes=655360}");
    }

    @Test
    void shouldFailWhenAFigureIsNoNumberOrAmbiguous() {
        final List<Row> rows = new ArrayList<>(rows(Double.NaN, 20, 1, 40));
        final Expectations expectations = Expectations.of(ROWS);

        assertThat(expectations.check(rows).failures())
                .singleElement()
                .asString()
                .contains("gib_per_s of tensorpool in copy", "not measured");
        rows.addAll(ROWS);
        assertThat(expectations.check(rows).failures())
                .hasSize(2)
                .allSatisfy(failure -> assertThat(failure).contains("2 rows fit"));
    }

    @Test
    void shouldReadWhatItHasWritten() {
        final Path file = directory.resolve("expectations.json");
        Expectations.of(ROWS).write(file);

        assertThat(Expectations.read(file).check(ROWS).lines())
                .isEqualTo(Expectations.of(ROWS).check(ROWS).lines());
    }

    @Test
    void shouldKeepNamesAndTakeTheRatiosOfANewRun() throws IOException {
        final Path file = directory.resolve("expectations.json");
        Expectations.of(ROWS).write(file);
        Files.writeString(file, Files.readString(file).replace("copy 640 KiB: tensorpool against memcpy", "copying"));
        final List<Row> faster = rows(50, 20, 1, 40);

        Expectations.read(file).updated(faster).write(file);

        assertThat(Expectations.read(file).check(faster).lines()).contains("good  copying: 2.5, expected 2.5 or more");
        assertThat(Expectations.read(file).check(ROWS).failures())
                .singleElement()
                .asString()
                .startsWith("copying");
    }

    @Test
    void shouldNotUpdateFromARunThatLacksSomething() {
        assertThatThrownBy(() -> Expectations.of(ROWS).updated(ROWS.subList(0, 2)))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("latency 1,000/s, 640 KiB, touched: tensorpool against aeron-ipc")
                .hasMessageContaining("nothing was measured");
    }

    @Test
    void shouldRefuseToExpectNothing() {
        assertThatThrownBy(() -> Expectations.of(ROWS.subList(0, 1)))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("no baseline");
    }

    @Test
    void shouldReadTheExpectationsOfTheProject() {
        assertThat(Expectations.read(Path.of("config/bench-expectations.json"))).isNotNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
                    "better" : "higher"      | "better" : "larger"      | better 'larger', expected 'higher' or 'lower'
                    "ratio" : 1.25           | "ratio" : 0              | ratio 0, expected a number above 0
                    "ratio" : 1.25           | "ratio" : true           | 'ratio': expected a text, a number or an object
                    "name" : "copy           | "nome" : "copy           | has no 'name'
                    "experiment" : "copy"    | "figure" : "copy"        | 'numerator.figure' is there twice
                    "better" : "higher"      | "better" : "higher", "x" : 1 | unknown: [x]
                    "expectations"           | "rows"                   | expected one member, 'expectations'
                    [                        | {                        | expected an array of expectations
                    "better"                 | better                   | no JSON
                    """)
    void shouldSayWhatIsWrongWithAFile(final String part, final String wrong, final String message) throws IOException {
        final Path file = directory.resolve("wrong.json");
        Expectations.of(ROWS).write(file);
        final String text = Files.readString(file);
        assertThat(text).contains(part);
        Files.writeString(file, text.replaceFirst(java.util.regex.Pattern.quote(part), wrong));

        assertThatThrownBy(() -> Expectations.read(file))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    @Test
    void shouldSayThatThereIsNoFile() {
        assertThatThrownBy(() -> Expectations.read(directory.resolve("none.json")))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("none.json cannot be read");
    }

    private static List<Row> rows(final double own, final double memcpy, final double p50, final double aeron) {
        return List.of(
                copy("tensorpool", own),
                copy("memcpy", memcpy),
                latency("tensorpool", p50),
                latency("aeron-ipc", aeron));
    }

    private static Row copy(final String subject, final double gibPerS) {
        return ReportSample.row("copy", subject, Map.of("size_bytes", 655_360), Map.of("gib_per_s", gibPerS));
    }

    private static Row latency(final String subject, final double p50Us) {
        return ReportSample.row(
                "latency",
                subject,
                Map.of("size_bytes", 655_360, "work", "touched", "rate_hz", 1000),
                Map.of("p50_us", p50Us));
    }
}
