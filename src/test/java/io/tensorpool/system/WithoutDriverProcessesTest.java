package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.ConsumerOptions;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.Await;
import io.tensorpool.support.RunningJvm;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Producers and consumers without a driver, in processes of their own, because only these can be killed, stopped, and hold a
 * lock against each other. This one has the media driver and nothing else but a consumer that checks every frame.
 */
@Timeout(120)
class WithoutDriverProcessesTest {
    private static final Duration DEADLINE = Duration.ofSeconds(20);
    private static final int FLOW = 20;

    private final ShmDirectory base = ShmDirectory.create();
    private final String aeron = base.path().resolve("aeron").toString();
    private EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch(aeron);
    private final List<AutoCloseable> toClose = new ArrayList<>();
    private final FrameWatch watch = new FrameWatch();

    @AfterEach
    void close() {
        CloseHelper.closeAll(toClose.reversed());
        CloseHelper.closeAll(mediaDriver, base);
    }

    private RunningJvm start(final Class<?> main, final Object... more) {
        final List<String> arguments =
                new ArrayList<>(List.of(aeron, base.path().toString()));
        for (final Object argument : more) {
            arguments.add(argument.toString());
        }
        final RunningJvm process = RunningJvm.start(main, arguments.toArray(String[]::new));
        toClose.add(process);
        return process;
    }

    private RunningJvm startProducer(final int producerId) {
        return start(ProducerProcess.class, producerId, SystemContexts.PERIOD_NS, "direct");
    }

    private Consumer addConsumer() {
        final TensorPoolClient client =
                TensorPoolClient.connect(SystemContexts.client(aeron, base.path(), SystemContexts.PERIOD_NS));
        toClose.add(client);
        return client.addConsumer(ConsumerOptions.of(SystemContexts.STREAM_ID).withoutDriver());
    }

    private void await(final String what, final Consumer consumer, final BooleanSupplier condition) {
        Await.until(() -> what + "; " + consumer + ", " + watch, DEADLINE, () -> consumer.poll(watch, 10), condition);
    }

    private void awaitFlow(final Consumer consumer, final int producerId) {
        final int enough = watch.framesOf(producerId) + FLOW;
        await("frames of " + producerId, consumer, () -> watch.framesOf(producerId) >= enough);
    }

    /** The epochs that have files. */
    private List<Long> epochs() throws IOException {
        final Path stream = base.path().resolve("tensorpool-test/direct-10000/10000");
        if (!Files.isDirectory(stream)) {
            return List.of();
        }
        try (Stream<Path> epochs = Files.list(stream)) {
            return epochs.map(
                            epoch -> Long.parseUnsignedLong(epoch.getFileName().toString()))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void shouldGoOnWithTheNextProducerWhenOneIsKilledAndLeaveNothing() throws IOException {
        final Consumer consumer = addConsumer();
        final RunningJvm first = startProducer(1);
        first.await("ATTACHED");
        awaitFlow(consumer, 1);
        final RunningJvm second = startProducer(2);
        assertThat(second.await("REFUSED")).contains("stream 10000 has a producer without a driver already");
        awaitFlow(consumer, 1);
        assertThat(epochs()).hasSize(1);
        final long killedEpoch = epochs().getFirst();

        first.kill();

        awaitFlow(consumer, 2);
        assertThat(watch.violations()).isEmpty();
        assertThat(epochs()).hasSize(1).allMatch(epoch -> epoch > killedEpoch);
        second.say("quit").await("CLOSED");
        assertThat(epochs()).as("left behind").isEmpty();
        await("the producer is missed", consumer, () -> !consumer.isMapped());
    }

    @Test
    void shouldWaitForAProducerThatIsStoppedAndGoOnWithIt() throws IOException {
        final Consumer consumer = addConsumer();
        final RunningJvm producer = startProducer(1);
        producer.await("ATTACHED");
        awaitFlow(consumer, 1);
        final List<Long> before = epochs();

        producer.stop();
        await("it is missed", consumer, () -> !consumer.isMapped());
        final RunningJvm second = startProducer(2);
        second.await("REFUSED");
        assertThat(epochs()).isEqualTo(before);
        second.kill();
        producer.resume();

        awaitFlow(consumer, 1);
        assertThat(epochs()).isEqualTo(before);
        assertThat(watch.violations()).isEmpty();
    }

    @Test
    void shouldBringFramesFromProcessToProcess() {
        final RunningJvm consumer = start(ConsumerProcess.class, SystemContexts.PERIOD_NS, "direct");
        consumer.await("ATTACHED");
        startProducer(1).await("ATTACHED");

        consumer.await("FLOWING");

        assertThat(consumer.ask("report", "VIOLATIONS")).isEqualTo("[]");
    }

    @Test
    void shouldGoOnInANewEpochWithTheNextMediaDriver() throws IOException {
        final Consumer consumer = addConsumer();
        final RunningJvm producer = startProducer(1);
        producer.await("ATTACHED");
        awaitFlow(consumer, 1);
        final long before = watch.epoch();

        mediaDriver.close();
        producer.await("NO_EPOCH");
        mediaDriver = EmbeddedMediaDriver.launch(aeron);

        awaitFlow(consumer, 1);
        assertThat(watch.epoch()).isGreaterThan(before);
        assertThat(watch.violations()).isEmpty();
        producer.say("quit").await("CLOSED");
        assertThat(epochs()).as("left behind").isEmpty();
    }
}
