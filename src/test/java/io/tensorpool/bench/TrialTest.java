package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.TensorPoolException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The protocol between the coordinator and roles that are shells: a peer can be any program. */
@Timeout(60)
class TrialTest {
    private static final String RESULT =
            "echo RESULT frames=10 elapsed_ns=1000000000 published=20 back_pressured=0 cpu_ns=400";
    private static final String PRODUCER = "echo READY; " + RESULT;
    private static final String CONSUMER = "echo READY; read end; echo RESULT received=8 gap=1 late=1 other=0";

    private static Outcome run(final String producer, final String consumer, final Setting setting)
            throws InterruptedException {
        final Subject subject = new Subject(
                "c",
                List.of("sh", "-c", "if [ $0 = produce ]; then " + producer + "; else " + consumer + "; fi"),
                (experiment, any) -> true);
        return new Trial(subject, new RoleOptions("/dev/shm/none", 1, 2, setting), JvmOptions.NONE, () -> false).run();
    }

    private static Setting free() {
        return new Setting(64, Work.UNTOUCHED, Flow.FREE, 0, 8, new Timing(0, 1), new TreeMap<>());
    }

    private static Setting paced() {
        return new Setting(64, Work.UNTOUCHED, Flow.PACED, 10, 8, new Timing(0, 1), new TreeMap<>());
    }

    @Test
    void shouldTakeWhatBothRolesSay() throws InterruptedException {
        final Outcome outcome = run(PRODUCER, CONSUMER, free());

        assertThat(outcome.framesPerSecond()).isEqualTo(8.0);
        assertThat(outcome.lost()).isEqualTo(2);
        assertThat(outcome.producerCpuNsPerFrame()).isEqualTo(20.0);
    }

    @Test
    void shouldTakeLatenciesOfPacedFrames() throws InterruptedException {
        final Outcome outcome = run(
                PRODUCER,
                "echo READY; read end; echo LATENCIES 3 4; echo RESULT received=8 gap=0 late=0 other=0",
                paced());

        assertThat(outcome.latencyNs()).containsExactly(3L, 4L);
    }

    @Test
    void shouldLetTheConsumerDrainBeforeTheProducerEnds(@TempDir final Path directory) throws InterruptedException {
        final Path drained = directory.resolve("drained");

        final Outcome outcome = run(
                PRODUCER + "; read end; test -e " + drained,
                "echo READY; read end; sleep 0.3; touch " + drained + "; echo RESULT received=8 gap=1 late=1 other=0",
                free());

        assertThat(outcome.consumed("received")).isEqualTo(8);
    }

    @Test
    void shouldNameTheConsumerThatDies() {
        assertThatThrownBy(() -> run(PRODUCER, "echo READY; exit 1", free()))
                .isInstanceOf(TensorPoolException.class)
                .hasMessage("the c consumer ended before its work was done, with exit code 1");
    }

    @Test
    void shouldNameTheProducerThatDies() {
        assertThatThrownBy(() -> run("echo READY; exit 1", CONSUMER, free()))
                .isInstanceOf(TensorPoolException.class)
                .hasMessage("the c producer ended before its work was done, with exit code 1");
    }

    @Test
    void shouldNameTheProducerThatTalksNonsense() {
        assertThatThrownBy(() -> run("echo READY; echo RESULT lots; read end", CONSUMER, free()))
                .isInstanceOf(TensorPoolException.class)
                .hasMessage("the c producer said RESULT with 'lots': expected key=value");
    }

    @Test
    void shouldNameTheConsumerThatEndsBadly() {
        assertThatThrownBy(() -> run(PRODUCER, CONSUMER + "; exit 9", free()))
                .isInstanceOf(TensorPoolException.class)
                .hasMessage("the c consumer ended with exit code 9");
    }

    @Test
    void shouldNameTheFigureThatARoleLeftOut() throws InterruptedException {
        final Outcome outcome = run(PRODUCER, "echo READY; read end; echo RESULT received=8", free());

        assertThatThrownBy(outcome::lost)
                .isInstanceOf(TensorPoolException.class)
                .hasMessage("the c consumer said RESULT without 'gap', only with [received]");
    }

    @Test
    void shouldRunManyConsumersInTwoProcesses() throws InterruptedException {
        final TreeMap<String, String> extras = new TreeMap<>();
        extras.put(Extras.CONSUMERS, "5");
        final Setting setting = new Setting(64, Work.UNTOUCHED, Flow.FREE, 0, 8, new Timing(0, 1), extras);

        assertThat(run(PRODUCER, CONSUMER, setting).consumed("received")).isEqualTo(16);
        assertThat(setting.ofConsumers().stream().map(each -> each.extra(Extras.CONSUMERS)))
                .containsExactly(2, 3);
    }
}
