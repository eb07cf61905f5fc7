package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RowTest {
    private static final String P50 = "p50_us";

    @Test
    void shouldTellTheMiddleAndTheEndsOfAnOddNumberOfRuns() {
        final Row row = row(Map.of(P50, 3.0), Map.of(P50, 1.0), Map.of(P50, 10.0));

        assertThat(row.median(P50)).isEqualTo(3.0);
        assertThat(row.min(P50)).isEqualTo(1.0);
        assertThat(row.max(P50)).isEqualTo(10.0);
    }

    @Test
    void shouldTakeTheMeanOfTheMiddleTwoOfAnEvenNumberOfRuns() {
        assertThat(row(Map.of(P50, 4.0), Map.of(P50, 1.0), Map.of(P50, 2.0), Map.of(P50, 10.0))
                        .median(P50))
                .isEqualTo(3.0);
    }

    @Test
    void shouldLeaveOutRunsThatLackAFigure() {
        final Row row = row(Map.of(P50, 5.0), Map.of("lost", 1.0), Map.of(P50, 7.0));

        assertThat(row.median(P50)).isEqualTo(6.0);
        assertThat(row.min("lost")).isEqualTo(1.0);
        assertThat(row.figures()).containsExactly("lost", P50);
    }

    @Test
    void shouldSayNaNForAFigureThatNoRunHas() {
        final Row row = row(Map.of(P50, 5.0));

        assertThat(row.median("p99_us")).isNaN();
        assertThat(row.min("p99_us")).isNaN();
        assertThat(row.max("p99_us")).isNaN();
    }

    @Test
    void shouldKeepWhatItWasGiven() {
        final SortedMap<String, String> settings = new TreeMap<>(Map.of("size_bytes", "64"));
        final SortedMap<String, Double> run = new TreeMap<>(Map.of(P50, 5.0));
        final List<SortedMap<String, Double>> runs = new ArrayList<>(List.of(run));
        final Row row = new Row("latency", "tensorpool", settings, runs, List.of(new CurvePoint(50, 5.0)));

        settings.clear();
        run.clear();
        runs.clear();

        assertThat(row.settings()).containsEntry("size_bytes", "64");
        assertThat(row.median(P50)).isEqualTo(5.0);
        assertThatThrownBy(() -> row.runs().getFirst().put(P50, 6.0)).isInstanceOf(UnsupportedOperationException.class);
    }

    @SafeVarargs
    private static Row row(final Map<String, Double>... runs) {
        final List<SortedMap<String, Double>> sorted = new ArrayList<>();
        for (final Map<String, Double> run : runs) {
            sorted.add(new TreeMap<>(run));
        }
        return new Row("latency", "tensorpool", new TreeMap<>(), sorted, List.of());
    }
}
