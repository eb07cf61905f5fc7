package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.Endpoint;
import io.tensorpool.client.ClientContext;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.Await;
import io.tensorpool.support.RunningJvm;
import io.tensorpool.support.ShmDirectory;
import java.nio.file.Path;
import java.time.Duration;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A consumer that stands still for half a minute, longer than its lease, the media driver's patience and its Aeron client
 * live, costs the producer little, whether it is the only one or not, and comes back by itself.
 */
@Timeout(180)
class StoppedConsumerTest {
    private static final System.Logger LOG = System.getLogger(StoppedConsumerTest.class.getName());
    private static final Duration STOPPED = Duration.ofSeconds(Long.getLong("stopped.seconds", 30));
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final double MAX_BACK_PRESSURED_SECONDS = 1;
    private static final IdleStrategy PACE = new SleepingMillisIdleStrategy(1);

    static ClientContext clientContext(final String aeronDirectoryName, final Path base) {
        return SystemContexts.client(aeronDirectoryName, base, SystemContexts.PERIOD_NS)
                .descriptorEndpoint(Endpoint.ipc(1100));
    }

    /** What a consumer said of itself. */
    private record Report(long received, long gap, long late, String violations) {
        static Report of(final RunningJvm consumer) {
            final String[] words = consumer.ask("report", "COUNTS").split(" ", 4);
            return new Report(Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]), words[3]);
        }
    }

    @ParameterizedTest(name = "{0} frames/s, beside a healthy consumer: {1}")
    @CsvSource({"1000, false", "1000, true", "20000, false", "20000, true"})
    void shouldCostTheProducerLittleAndComeBack(final int framesPerSecond, final boolean isBesideAHealthyOne) {
        try (ShmDirectory base = ShmDirectory.create();
                EmbeddedMediaDriver mediaDriver =
                        EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
                TensorPoolDriver driver =
                        TensorPoolDriver.launch(SystemContexts.driver(mediaDriver.aeronDirectoryName(), base.path()));
                TensorPoolClient client =
                        TensorPoolClient.connect(clientContext(mediaDriver.aeronDirectoryName(), base.path()));
                Producer producer = client.addProducer(SystemContexts.STREAM_ID);
                Consumer healthy = isBesideAHealthyOne ? client.addConsumer(SystemContexts.STREAM_ID) : null;
                RunningJvm stopped = RunningJvm.start(
                        StoppableConsumer.class,
                        mediaDriver.aeronDirectoryName(),
                        base.path().toString())) {
            stopped.await("ATTACHED");
            final FrameWatch watch = new FrameWatch();
            try (PacedProducer paced = new PacedProducer(producer, framesPerSecond)) {
                Await.until(
                        () -> "frames flow; " + stopped,
                        DEADLINE,
                        () -> poll(healthy, watch),
                        () -> Report.of(stopped).received() > 100);
                final Report before = Report.of(stopped);
                final long publishedBefore = paced.published();

                stopped.stop();
                final long stoppedNs = System.nanoTime();
                while (System.nanoTime() - stoppedNs < STOPPED.toNanos()) {
                    poll(healthy, watch);
                    PACE.idle();
                }
                final long missed = paced.published() - publishedBefore;
                stopped.resume();
                final long resumedNs = System.nanoTime();
                Await.until(
                        () -> "it receives again; " + stopped,
                        DEADLINE,
                        () -> poll(healthy, watch),
                        () -> Report.of(stopped).received() > before.received() + 1_000);
                final Report after = Report.of(stopped);
                LOG.log(
                        System.Logger.Level.INFO,
                        "{0} frames/s, beside a healthy one {1}: back-pressured {2} s in all, {3} s at most at once; missed {4},"
                                + " gap {5}, received again after {6} ms",
                        framesPerSecond,
                        isBesideAHealthyOne,
                        paced.backPressuredSeconds(),
                        paced.longestSeconds(),
                        missed,
                        after.gap() - before.gap(),
                        (System.nanoTime() - resumedNs) / 1_000_000);

                assertThat(paced.backPressuredSeconds()).isLessThan(MAX_BACK_PRESSURED_SECONDS);
                assertThat(after.gap() + after.late() - before.gap() - before.late())
                        .as("what it says it missed, of %d", missed)
                        .isGreaterThan(missed * 9 / 10);
                assertThat(after.violations()).isEqualTo("[]");
                assertThat(missed).isGreaterThan(framesPerSecond * STOPPED.toSeconds() / 2);
            }
            assertThat(watch.violations()).isEmpty();
            if (healthy != null) {
                assertThat(healthy.counts().received()).isPositive();
                assertThat(healthy.counts().dropsGap())
                        .as("the other one was told of nearly all: %s", healthy)
                        .isLessThan(framesPerSecond * STOPPED.toSeconds() / 10);
            }
            assertThat(driver.ended()).isNotDone();
        }
    }

    private static int poll(final Consumer consumer, final FrameWatch watch) {
        return consumer == null ? 0 : consumer.poll(watch, 1_000);
    }
}
