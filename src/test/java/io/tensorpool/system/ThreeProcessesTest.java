package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.client.ClientContext;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.support.Await;
import io.tensorpool.support.ChildJvm;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * Driver, producer and consumer as processes of their own: what is shared is shared by files and media driver, and not by
 * being in one JVM. This JVM is the driver's.
 */
class ThreeProcessesTest {
    private static final int STREAM_ID = TestDriver.DEEP_STREAM_ID;
    private static final int FRAMES = 2_000;
    private static final int DEADLINE_SECONDS = 30;

    @Test
    void shouldBringEveryFrameFromProcessToProcess() {
        try (TestDriver driver = new TestDriver()) {
            final List<String> arguments = List.of(
                    driver.aeronDirectoryName(), driver.directory().path().toString());
            final CompletableFuture<ChildJvm.Result> consumer =
                    CompletableFuture.supplyAsync(() -> run(ConsumerProcess.class, arguments));
            final ChildJvm.Result producer = run(ProducerProcess.class, arguments);

            assertThat(producer).isEqualTo(new ChildJvm.Result(0, "published " + FRAMES + "\n"));
            assertThat(consumer.join())
                    .isEqualTo(new ChildJvm.Result(0, "received " + FRAMES + ", gap 0, late 0, torn 0\n"));
            Await.until(
                    "all leases are back", () -> driver.driver().leases().join().isEmpty());
        }
    }

    private static ChildJvm.Result run(final Class<?> main, final List<String> arguments) {
        return ChildJvm.run(
                List.of(), List.of("-XX:TieredStopAtLevel=1", "-Xmx128m"), main, arguments, DEADLINE_SECONDS);
    }

    private static TensorPoolClient connect(final String[] args) {
        return TensorPoolClient.connect(
                new ClientContext().aeronDirectoryName(args[0]).allowedBaseDirs(List.of(Path.of(args[1]))));
    }

    /** Publishes a frame every now and then, and stays until the consumer has gone. */
    static final class ProducerProcess {
        private static final long PERIOD_NS = 500_000;

        public static void main(final String[] args) {
            try (TensorPoolClient client = connect(args);
                    Producer producer = client.addProducer(STREAM_ID)) {
                if (!producer.awaitConnected(Duration.ofSeconds(20))) {
                    throw new AssertionError("no consumer came");
                }
                final FrameClaim claim = new FrameClaim();
                final long startNs = System.nanoTime();
                for (int i = 0; i < FRAMES; i++) {
                    while (System.nanoTime() - startNs < i * PERIOD_NS) {
                        Thread.onSpinWait();
                    }
                    if (FrameLog.publish(producer, claim) <= 0) {
                        throw new AssertionError("frame " + i + " was not announced");
                    }
                }
                Await.until("the consumer has gone", () -> !producer.isConnected());
                System.out.println("published " + FRAMES);
            }
        }
    }

    static final class ConsumerProcess {
        public static void main(final String[] args) {
            try (TensorPoolClient client = connect(args);
                    Consumer consumer = client.addConsumer(STREAM_ID)) {
                final FrameLog frames = new FrameLog();
                Await.until(
                        () -> FRAMES + " frames: " + consumer,
                        Duration.ofSeconds(25),
                        () -> consumer.poll(frames, 10),
                        () -> !frames.seqs().isEmpty() && frames.seqs().getLast() == FRAMES - 1);
                System.out.println("received " + consumer.counts().received() + ", gap "
                        + consumer.counts().dropsGap() + ", late "
                        + consumer.counts().dropsLate() + ", torn "
                        + frames.torn());
            }
        }
    }
}
