package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.support.Await;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The roles of this implementation, here as threads of one process. */
@Timeout(90)
class RolesTest {
    private static final Timing TIMING = new Timing(0.1, 0.2);

    /** A role in a thread, and what it has said. */
    private static final class Played {
        private final ByteArrayOutputStream said = new ByteArrayOutputStream();
        private final AtomicBoolean isStopped = new AtomicBoolean();
        private final CompletableFuture<@Nullable Void> end;

        Played(final Roles.Side side, final RoleOptions options) {
            final RoleTalk talk = new RoleTalk(new PrintStream(said, true, StandardCharsets.US_ASCII), isStopped::get);
            end = CompletableFuture.runAsync(
                    () -> play(side, options, talk),
                    task -> Thread.ofPlatform().daemon().start(task));
        }

        private static void play(final Roles.Side side, final RoleOptions options, final RoleTalk talk) {
            try {
                Roles.play(Roles.TENSORPOOL, side, options, talk);
            } catch (final InterruptedException ex) {
                throw new IllegalStateException(ex);
            }
        }

        String await(final String word) {
            Await.until(word, () -> line(word) != null || end.isCompletedExceptionally());
            if (end.isCompletedExceptionally()) {
                end.join();
            }
            return String.valueOf(line(word));
        }

        private @Nullable String line(final String word) {
            final String text = said.toString(StandardCharsets.US_ASCII);
            return text.substring(0, text.lastIndexOf('\n') + 1)
                    .lines()
                    .filter(line -> (line + " ").startsWith(word + " "))
                    .map(line -> line.substring(word.length()).strip())
                    .findFirst()
                    .orElse(null);
        }

        Map<String, Long> stop() {
            isStopped.set(true);
            end.join();
            return RoleOutput.figures("role", await(RoleTalk.RESULT));
        }
    }

    private static Outcome play(final Setting setting) {
        try (Stage stage = Stage.open(setting)) {
            final RoleOptions options = stage.nextTrial();
            final Played consumer = new Played(Roles.Side.CONSUME, options);
            consumer.await(RoleTalk.READY);
            final Played producer = new Played(Roles.Side.PRODUCE, options);
            producer.await(RoleTalk.READY);
            producer.await(RoleTalk.RESULT);
            final Map<String, Long> consumed = consumer.stop();
            final List<Long> latencyNs = setting.flow() == Flow.PACED
                    ? RoleOutput.latencies("role", consumer.await(RoleTalk.LATENCIES))
                    : List.of();
            return new Outcome("tensorpool", producer.stop(), consumed, latencyNs);
        }
    }

    private static Setting setting(final Work work, final Flow flow, final double rateHz, final String... extras) {
        final TreeMap<String, String> named = new TreeMap<>();
        for (int i = 0; i < extras.length; i += 2) {
            named.put(extras[i], extras[i + 1]);
        }
        return new Setting(1000, work, flow, rateHz, 512, TIMING, named);
    }

    @ParameterizedTest
    @EnumSource(Work.class)
    void shouldLoseNothingUnderFlowControl(final Work work) {
        final Outcome outcome = play(setting(work, Flow.CONTROLLED, 0));

        assertThat(outcome.lost()).as(outcome.toString()).isLessThanOrEqualTo(outcome.produced("back_pressured"));
        assertThat(outcome.produced("frames")).isPositive();
        assertThat(outcome.framesPerSecond()).isPositive();
        assertThat(outcome.consumed("received")).isGreaterThan(outcome.produced("frames"));
    }

    @Test
    void shouldAccountForAllFramesWithoutFlowControl() {
        final Outcome outcome = play(setting(Work.COPIED, Flow.FREE, 0));

        assertThat(outcome.produced("frames")).isPositive().isEqualTo(outcome.produced("published"));
        assertThat(outcome.consumed("received") + outcome.lost()).isGreaterThanOrEqualTo(outcome.produced("published"));
    }

    @ParameterizedTest
    @EnumSource(Work.class)
    void shouldMeasureEachPacedFrameBehindTheWarmUp(final Work work) {
        final Outcome outcome = play(setting(work, Flow.PACED, 500));

        assertThat(outcome.consumed("received") + outcome.lost()).isEqualTo(150);
        assertThat(outcome.latencyNs()).hasSizeBetween(1, 100).allMatch(latencyNs -> latencyNs > 0);
        assertThat(outcome.latencyNs().size() + outcome.lost()).isGreaterThanOrEqualTo(100);
    }

    @Test
    void shouldBringBurstsToManyConsumers() {
        final Outcome outcome = play(setting(Work.UNTOUCHED, Flow.FREE, 0, Extras.CONSUMERS, "3"));

        final long published = outcome.produced("published");
        assertThat(published).isPositive().isEqualTo(outcome.produced("frames"));
        assertThat(outcome.consumed("received") + outcome.lost()).isGreaterThanOrEqualTo(3 * published);
        assertThat(outcome.produced("median_cpu_ns")).isPositive();
        assertThat(outcome.producerCpuNsPerFrame()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1"})
    void shouldPublishOnManyStreams(final String ownDescriptors) {
        final Outcome outcome = play(setting(
                Work.UNTOUCHED,
                Flow.CONTROLLED,
                0,
                Extras.STREAMS,
                "5",
                Extras.CONSUMED,
                "3",
                Extras.OWN_DESCRIPTORS,
                ownDescriptors));

        assertThat(outcome.produced("frames")).isPositive().matches(frames -> frames % 5 == 0);
        assertThat(outcome.produced("busy_frames")).isPositive();
        assertThat(outcome.consumed("busy_ns")).isPositive();
        assertThat(outcome.consumed("received")).isPositive();
    }

    @Test
    void shouldAddUpEveryByte() {
        final MemorySegment payload = Arena.ofAuto().allocate(91).fill((byte) 1);

        assertThat(FrameSink.sumOf(payload, 91)).isEqualTo(11 * 0x0101010101010101L + 3);
        assertThat(FrameSink.sumOf(payload, 0)).isZero();
    }

    @Test
    void shouldRefuseASubjectThatIsNone() {
        assertThatThrownBy(() -> Roles.play(
                        "rust",
                        Roles.Side.PRODUCE,
                        new RoleOptions("/none", 1, 2, setting(Work.COPIED, Flow.FREE, 0)),
                        new RoleTalk(System.out, () -> true)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("subject 'rust': expected one of [");
    }
}
