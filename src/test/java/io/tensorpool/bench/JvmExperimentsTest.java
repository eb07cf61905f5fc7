package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is measured of whole JVMs, which needs processes: each trial starts two. */
@Timeout(180)
class JvmExperimentsTest {
    private static final double SHORT_MINUTES = 0.02;

    private final ByteArrayOutputStream progress = new ByteArrayOutputStream();

    private List<Row> run(final String experiment) throws InterruptedException {
        final Subject product = Subject.tensorPool(ChildProcess.java(Main.class, List.of()));
        return new Bench(
                        new BenchOptions(
                                Suite.QUICK, List.of(product), 1, List.of(experiment), List.of(), null, SHORT_MINUTES),
                        new PrintStream(progress, true, StandardCharsets.UTF_8),
                        () -> false)
                .run()
                .rows();
    }

    @Test
    void shouldTellPausesAndAllocationOfBothRoles() throws InterruptedException {
        final List<Row> rows = run("pauses");

        assertThat(rows).extracting(row -> row.settings().get("role")).containsExactlyInAnyOrder("produce", "consume");
        for (final Row row : rows) {
            assertThat(row.median("unknown_lines")).isZero();
            assertThat(row.median("allocated_bytes")).isBetween(0.0, 10e6);
            assertThat(row.median("conductor_allocated_bytes")).isBetween(1.0, 10e6);
            assertThat(row.median("collections")).isBetween(0.0, 100.0);
            assertThat(row.median("safepoints")).isGreaterThanOrEqualTo(row.median("collections"));
        }
    }

    @Test
    void shouldTellWhatTheFirstFramesTakeAndWhatThisJvmCannotDo() throws InterruptedException {
        final List<Row> rows = run("cold-start"); // classes of a test lie in directories, of which JVMs keep nothing

        assertThat(rows).extracting(row -> row.settings().get("start")).containsExactly("plain", "warm_up");
        assertThat(progress.toString(StandardCharsets.UTF_8)).contains("no AOT cache");
        final Row plain = rows.getFirst();
        assertThat(plain.median("first_us")).isGreaterThan(plain.median("steady_us"));
        assertThat(plain.curve()).hasSize(1000);
        assertThat(plain.curve().getFirst()).isEqualTo(new CurvePoint(1, plain.median("first_us")));
        assertThat(plain.curve().getLast().x()).isEqualTo(1000);
    }

    @Test
    void shouldGroupFramesOfAColdStart() {
        final List<Long> latencyNs =
                LongStream.rangeClosed(1, 3000).mapToObj(frame -> frame * 1000).toList();

        final SortedMap<String, Double> figures =
                ColdStart.figures(new Outcome("s", Map.of(), Map.of("gap", 1L, "late", 2L, "other", 3L), latencyNs));

        assertThat(figures)
                .containsEntry("lost", 6.0)
                .containsEntry("first_us", 1.0)
                .containsEntry("frames_2_10_us", 6.0)
                .containsEntry("frames_11_100_us", 55.5)
                .containsEntry("frames_101_1000_us", 550.5)
                .containsEntry("steady_us", 2500.5);
    }

    @Test
    void shouldLeaveOutFiguresOfFramesThatDidNotCome() {
        final Map<String, Long> lost = Map.of("gap", 0L, "late", 0L, "other", 0L);

        assertThat(ColdStart.figures(new Outcome("s", Map.of(), lost, List.of())))
                .containsOnlyKeys("lost");
        assertThat(ColdStart.figures(new Outcome("s", Map.of(), lost, List.of(5000L))))
                .containsEntry("first_us", 5.0)
                .doesNotContainKey("frames_2_10_us");
    }

    @Test
    void shouldRefuseALengthThatNoTrialCanHave() {
        for (final double minutes : new double[] {0, -1, 60, Double.NaN}) {
            assertThatThrownBy(() -> new BenchOptions(Suite.QUICK, List.of(), 0, List.of(), List.of(), null, minutes))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("--pause-minutes " + minutes);
        }
    }
}
