package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.TensorPoolException;
import io.tensorpool.support.Await;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The baselines' roles in threads of this process, with a real media driver. */
class BaselinesTest {
    private static final int SMALL_BYTES = 67; // no multiple of a word
    private static final int LARGE_BYTES = 100_003; // more than a fragment of Aeron's, and than a socket's buffer
    private static final Duration DEADLINE = Duration.ofSeconds(60);

    @AutoClose
    private final Stage stage = Stage.open(setting(Work.TOUCHED, Flow.CONTROLLED, LARGE_BYTES));

    @ParameterizedTest
    @CsvSource({"aeron-ipc", "uds"})
    void shouldCarryEveryPayloadWhole(final String subject) {
        for (final int sizeBytes : List.of(SMALL_BYTES, LARGE_BYTES)) {
            final Spoken spoken = trial(subject, setting(Work.TOUCHED, Flow.CONTROLLED, sizeBytes));

            final long frames = spoken.consumed().get("received");
            assertThat(frames)
                    .isGreaterThanOrEqualTo(spoken.produced().get("published"))
                    .isPositive();
            assertThat(spoken.consumed()).containsEntry("gap", 0L).containsEntry("checksum", sum(frames, sizeBytes));
            assertThat(spoken.produced().get("frames")).isPositive();
            assertThat(spoken.produced().get("elapsed_ns")).isGreaterThanOrEqualTo(200_000_000L);
        }
    }

    @ParameterizedTest
    @CsvSource({"aeron-ipc", "uds"})
    void shouldTakeTheTimeOfPacedFrames(final String subject) {
        for (final Work work : Work.values()) {
            final Spoken spoken = trial(subject, setting(work, Flow.PACED, SMALL_BYTES));

            assertThat(spoken.latencyNs())
                    .hasSize(40)
                    .allSatisfy(latencyNs -> assertThat(latencyNs)
                            .isBetween(1L, Duration.ofSeconds(5).toNanos()));
            assertThat(spoken.consumed()).containsEntry("received", 60L).containsEntry("gap", 0L);
        }
    }

    @Test
    void shouldLeaveNoSocketBehind() {
        trial("uds", setting(Work.UNTOUCHED, Flow.PACED, SMALL_BYTES));

        assertThat(Path.of(stage.nextTrial().aeronDir()))
                .isDirectoryNotContaining(path -> path.getFileName().toString().endsWith(".sock"));
    }

    @Test
    void shouldSayThatNobodyListens() {
        final RoleOptions options = stage.nextTrial();

        assertThatThrownBy(() -> Roles.play("uds", Roles.Side.PRODUCE, options, talk(new AtomicBoolean(), new Lines())))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("uds")
                .hasMessageContaining("bench-" + options.streamId() + ".sock");
    }

    @Test
    void shouldCopyAsOftenWithMemcpyAsWithoutIt() {
        for (final int sizeBytes : List.of(SMALL_BYTES, LARGE_BYTES)) {
            shouldCopyAsOften(sizeBytes);
        }
    }

    private void shouldCopyAsOften(final int sizeBytes) {
        final AtomicBoolean stopped = new AtomicBoolean();
        final Lines lines = new Lines();
        final CompletableFuture<Void> role = start(
                "memcpy", Roles.Side.PRODUCE, withSetting(setting(Work.COPIED, Flow.FREE, sizeBytes)), stopped, lines);
        lines.await("RESULT", role);
        stopped.set(true);
        role.join();

        final Map<String, Long> figures = RoleOutput.figures("memcpy", lines.of("RESULT"));
        assertThat(figures.get("offers"))
                .isPositive()
                .isCloseTo(figures.get("memcpys"), org.assertj.core.data.Offset.offset(2L));
        assertThat(figures.get("offer_ns") + figures.get("memcpy_ns"))
                .isBetween(1_000_000L, Duration.ofSeconds(5).toNanos());
    }

    @Test
    void shouldHaveNothingToConsumeFromMemcpy() {
        assertThatThrownBy(() -> Roles.play(
                        "memcpy", Roles.Side.CONSUME, stage.nextTrial(), talk(new AtomicBoolean(), new Lines())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("produce");
    }

    @Test
    void shouldOnlyBeAskedForWhatTheyCanDo() {
        final Subject aeron = Subject.baseline(List.of("java"), "aeron-ipc");
        final Subject memcpy = Subject.baseline(List.of("java"), "memcpy");
        final Setting controlled = setting(Work.TOUCHED, Flow.CONTROLLED, SMALL_BYTES);

        assertThat(aeron.canDo().test("throughput", controlled)).isTrue();
        assertThat(aeron.canDo().test("throughput", setting(Work.TOUCHED, Flow.FREE, SMALL_BYTES)))
                .isFalse();
        assertThat(aeron.canDo().test("consumers", controlled)).isFalse();
        assertThat(memcpy.canDo().test("throughput", controlled)).isFalse();
        assertThatThrownBy(() -> Subject.baseline(List.of("java"), "carrier-pigeon"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("carrier-pigeon")
                .hasMessageContaining("aeron-ipc");
    }

    private record Spoken(Map<String, Long> produced, Map<String, Long> consumed, List<Long> latencyNs) {}

    /** A consumer and a producer as the coordinator runs them. */
    private Spoken trial(final String subject, final Setting setting) {
        final RoleOptions options = withSetting(setting);
        final AtomicBoolean consumerStopped = new AtomicBoolean();
        final AtomicBoolean producerStopped = new AtomicBoolean();
        final Lines consumed = new Lines();
        final Lines produced = new Lines();
        try {
            final CompletableFuture<Void> consumer =
                    start(subject, Roles.Side.CONSUME, options, consumerStopped, consumed);
            consumed.await("READY", consumer);
            final CompletableFuture<Void> producer =
                    start(subject, Roles.Side.PRODUCE, options, producerStopped, produced);
            produced.await("RESULT", producer);
            consumerStopped.set(true);
            consumer.join();
            producerStopped.set(true);
            producer.join();
        } finally {
            consumerStopped.set(true);
            producerStopped.set(true);
        }
        return new Spoken(
                RoleOutput.figures("producer", produced.of("RESULT")),
                RoleOutput.figures("consumer", consumed.of("RESULT")),
                setting.flow() == Flow.PACED ? RoleOutput.latencies("consumer", consumed.of("LATENCIES")) : List.of());
    }

    private RoleOptions withSetting(final Setting setting) {
        final RoleOptions options = stage.nextTrial();
        return new RoleOptions(options.aeronDir(), options.streamId(), options.ackStreamId(), setting);
    }

    private static CompletableFuture<Void> start(
            final String subject,
            final Roles.Side side,
            final RoleOptions options,
            final AtomicBoolean stopped,
            final Lines lines) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        Roles.play(subject, side, options, talk(stopped, lines));
                    } catch (final InterruptedException ex) {
                        throw new IllegalStateException(ex);
                    }
                },
                task -> Thread.ofPlatform().daemon().name(subject + " " + side).start(task));
    }

    private static RoleTalk talk(final AtomicBoolean stopped, final Lines lines) {
        return new RoleTalk(new PrintStream(lines.bytes, true, StandardCharsets.US_ASCII), stopped::get);
    }

    private static Setting setting(final Work work, final Flow flow, final int sizeBytes) {
        return new Setting(
                sizeBytes, work, flow, flow == Flow.PACED ? 200 : 0, 64, new Timing(0.1, 0.2), new TreeMap<>());
    }

    /** What a consumer's checksum must be: each byte of a frame is the low one of its number. */
    private static long sum(final long frames, final int sizeBytes) {
        long sum = 0;
        for (long seq = 0; seq < frames; seq++) {
            final long word = (seq & 0xFF) * 0x0101_0101_0101_0101L;
            sum += word * (sizeBytes / Long.BYTES) + (long) (byte) seq * (sizeBytes % Long.BYTES);
        }
        return sum & 0xFFFF_FFFFL;
    }

    /** What a role has said. */
    private static final class Lines {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        boolean hasSaid(final String word) {
            return bytes.toString(StandardCharsets.US_ASCII)
                    .lines()
                    .anyMatch(line -> (line + " ").startsWith(word + " "));
        }

        /** Throws what the role threw. */
        void await(final String word, final CompletableFuture<Void> role) {
            Await.until(() -> word + " of " + bytes, DEADLINE, () -> 0, () -> {
                if (role.isDone()) {
                    role.join();
                }
                return hasSaid(word);
            });
        }

        String of(final String word) {
            return bytes.toString(StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> line.startsWith(word))
                    .findFirst()
                    .orElseThrow()
                    .substring(word.length());
        }
    }
}
