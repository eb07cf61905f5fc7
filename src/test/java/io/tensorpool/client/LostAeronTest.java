package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.tensorpool.Endpoint;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.TensorPoolException;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.AeronCounters;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.ShmDirectory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of the clients and the driver of this process when Aeron closes its own clients. */
@Timeout(60)
class LostAeronTest {
    private static final int STREAM_ID = 10_000;
    private static final Endpoint CONTROL = Endpoint.ipc(1500);

    private final ShmDirectory base = ShmDirectory.create();
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private EmbeddedMediaDriver mediaDriver = launchMediaDriver();

    @AfterEach
    void close() {
        CloseHelper.closeAll(mediaDriver, base);
    }

    private EmbeddedMediaDriver launchMediaDriver() {
        return EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
    }

    private DriverContext driverContext() {
        return new DriverContext()
                .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                .errorHandler(this::onError)
                .controlEndpoint(CONTROL)
                .baseDir(base.path())
                .addProfile(new StreamProfile("small", 8, List.of(new PoolSpec(1, 4096))))
                .addStream(STREAM_ID, "small");
    }

    private ClientContext clientContext() {
        return new ClientContext()
                .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                .controlEndpoint(CONTROL)
                .reportIntervalNs(TimeUnit.MILLISECONDS.toNanos(50))
                .backoffNs(TimeUnit.MILLISECONDS.toNanos(10), TimeUnit.MILLISECONDS.toNanos(100))
                .errorHandler(this::onError);
    }

    private void onError(final Throwable error) {
        errors.add(String.valueOf(error.getMessage()));
    }

    private Aeron connectAeron() {
        return Aeron.connect(new Aeron.Context()
                .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                .errorHandler(error -> {}));
    }

    private ResourceCount streamFiles() {
        final Path tensorpool = base.path().resolve("tensorpool-" + System.getProperty("user.name"));
        return ResourceCount.below(tensorpool);
    }

    @Test
    void shouldEndClosedWhenTheGivenAeronClientsEnd() {
        try (Aeron ofDriver = connectAeron();
                Aeron ofClient = connectAeron()) {
            final TensorPoolDriver driver =
                    TensorPoolDriver.launch(driverContext().aeron(ofDriver));
            final TensorPoolClient client =
                    TensorPoolClient.connect(clientContext().aeron(ofClient));
            final Producer producer = client.addProducer(STREAM_ID);
            final Consumer consumer = client.addConsumer(STREAM_ID);

            mediaDriver.close();

            Await.until("both ended", () -> producer.isClosed() && consumer.isClosed());
            assertThat(producer.tryClaim(FrameLog.SHAPE, new FrameClaim())).isEqualTo(Producer.CLOSED);
            assertThat(consumer.poll(frame -> {}, 1)).isZero();
            for (final AttachmentStatus status : List.of(producer.attachment(), consumer.attachment())) {
                assertThat(status.state()).isEqualTo(AttachmentState.CLOSED);
                assertThat(status.failure()).hasMessageContaining("the given Aeron client was closed");
            }
            assertThatThrownBy(() -> client.addConsumer(STREAM_ID)).isInstanceOf(TensorPoolException.class);
            Await.until("the driver ended", () -> driver.ended().isCompletedExceptionally());
            consumer.close();
            producer.close();
            client.close();
            driver.close();
        }
        assertThat(errors)
                .hasSize(2)
                .allMatch(error -> error.contains("the Aeron client that it was given was closed"));
        assertThat(streamFiles()).isEqualTo(new ResourceCount(List.of(), List.of()));
    }

    @Test
    void shouldTellWhoWasStillToBeAddedThatTheGivenAeronClientEnded() {
        try (Aeron given = connectAeron();
                TensorPoolClient client =
                        TensorPoolClient.connect(clientContext().aeron(given).useAgentInvoker(true))) {
            final Admission<Consumer> adding = client.asyncAddConsumer(STREAM_ID);

            CloseHelper.close(given);

            Await.until("it is told", client::doWork, adding::isDone);
            assertThat(adding.failure()).hasMessageContaining("the client is closed");
        }
    }

    @Test
    void shouldComeBackToAStreamOfItsOwnWithTheNextMediaDriver() {
        try (TensorPoolDriver driver = TensorPoolDriver.launch(
                        driverContext().perConsumerStreamRanges(new StreamIdRange(31_000, 31_009), null));
                TensorPoolClient client = TensorPoolClient.connect(clientContext());
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(
                        ConsumerOptions.of(STREAM_ID).ownDescriptors(new Endpoint("aeron:ipc", 31_000)))) {
            final FrameLog log = new FrameLog();
            awaitOwn(producer, consumer, log);

            mediaDriver.close();
            Await.until("the consumer lets go", () -> consumer.poll(log, 10), () -> !consumer.isMapped());
            assertThat(producer.consumerStreams().served()).isZero();
            mediaDriver = launchMediaDriver();

            awaitOwn(producer, consumer, log);
            log.awaitFlow(producer, consumer);
            assertThat(log.torn()).isZero();
            assertThat(driver.ended()).isNotDone();
        }
    }

    private static void awaitOwn(final Producer producer, final Consumer consumer, final FrameLog log) {
        final FrameClaim claim = new FrameClaim();
        Await.until(
                () -> "its own stream; " + consumer + " " + consumer.delivery() + " " + producer.consumerStreams(),
                () -> {
                    FrameLog.publish(producer, claim);
                    return consumer.poll(log, 10);
                },
                () -> consumer.delivery() == Consumer.Delivery.OWN);
    }

    @Test
    void shouldGoOnWithTheNextMediaDriver() {
        try (TensorPoolDriver driver = TensorPoolDriver.launch(driverContext());
                TensorPoolClient client = TensorPoolClient.connect(clientContext());
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            final FrameLog log = new FrameLog();
            log.awaitFlow(producer, consumer);
            final FrameClaim open = new FrameClaim();
            assertThat(producer.tryClaim(FrameLog.SHAPE, open)).isNotNegative();

            mediaDriver.close();
            Await.until("the consumer lets go", () -> consumer.poll(log, 10), () -> !consumer.isMapped());
            assertThat(open.commit()).isEqualTo(Producer.EPOCH_CHANGED);
            assertThat(producer.tryClaim(FrameLog.SHAPE, open)).isEqualTo(Producer.NO_EPOCH);
            assertThat(producer.attachment().state()).isEqualTo(AttachmentState.CONNECTING);
            mediaDriver = launchMediaDriver();

            log.awaitFlow(producer, consumer);
            assertThat(log.torn()).isZero();
            assertThat(producer.attachment().state()).isEqualTo(AttachmentState.ACTIVE);
            assertThat(producer.attachment().leases()).isEqualTo(2);
            assertThat(consumer.isClosed()).isFalse();
            assertThat(driver.ended()).isNotDone();
            assertThat(driver.leases().join()).hasSize(2);
        }
        assertThat(errors)
                .hasSize(2)
                .allMatch(error -> error.contains("its Aeron client was closed") && error.contains("waits for"));
        assertThat(streamFiles()).isEqualTo(new ResourceCount(List.of(), List.of()));
    }

    @Test
    void shouldShowItsCountsWithTheNextMediaDriver() {
        try (TensorPoolDriver driver = TensorPoolDriver.launch(driverContext());
                TensorPoolClient client = TensorPoolClient.connect(clientContext());
                Producer producer = client.addProducer(STREAM_ID)) {
            FrameLog.publishAll(producer, 7);

            mediaDriver.close();
            Await.until("both noticed", () -> errors.size() == 2);
            mediaDriver = launchMediaDriver();

            try (AeronCounters counters = new AeronCounters(mediaDriver.aeronDirectoryName())) {
                Await.until("what was published is shown again", () -> counters.value("published") == 7);
                Await.until("the loss is shown", () -> counters.value("Aeron clients lost") == 1);
                Await.until("the second attach is shown", () -> counters.value("reattaches") == 1);
                Await.until("both attaches are shown", () -> counters.value("attaches answered OK") == 2);
                assertThat(counters.value("leases revoked")).isEqualTo(1);
                assertThat(driver.ended()).isNotDone();
            }
        }
    }

    @Test
    void shouldCloseWhileThereIsNoMediaDriver() {
        try (TensorPoolDriver driver = TensorPoolDriver.launch(driverContext());
                TensorPoolClient client = TensorPoolClient.connect(clientContext());
                Producer producer = client.addProducer(STREAM_ID)) {
            mediaDriver.close();
            Await.until("both noticed", () -> errors.size() == 2);

            final FrameClaim claim = new FrameClaim();
            Await.until("the producer lets go, behind the report", () -> {
                final long result = producer.tryClaim(FrameLog.SHAPE, claim);
                claim.abort();
                return result == Producer.NO_EPOCH;
            });
            assertThat(driver.leases().join()).isEmpty();
        }
        assertThat(streamFiles()).isEqualTo(new ResourceCount(List.of(), List.of()));
    }

    /** A thread that is still inside when Aeron unmaps would take this JVM with it. */
    @Test
    void shouldNotUnmapWhileAThreadIsInsideAndLetTheDutyCycleGoOn() {
        try (TensorPoolClient client = TensorPoolClient.connect(clientContext().mediaDriverTimeoutNs(2_000_000_000L));
                TensorPoolDriver driver = TensorPoolDriver.launch(driverContext());
                Producer producer = client.addProducer(STREAM_ID)) {
            final Path aeron = Path.of(mediaDriver.aeronDirectoryName());
            producer.useMark().enter();

            mediaDriver.close();
            Await.until("both noticed", () -> errors.size() == 2);
            mediaDriver = launchMediaDriver();
            final Admission<Consumer> adding = client.asyncAddConsumer(STREAM_ID);
            Await.until("the conductor is at work", () -> adding.attachment().state() == AttachmentState.CONNECTING);

            assertThat(deleted(ResourceCount.mappedFiles(aeron))).isNotEmpty();
            assertThat(adding.isDone()).isFalse();
            producer.useMark().leave();
            Await.until(
                    "the old files are unmapped",
                    () -> deleted(ResourceCount.mappedFiles(aeron)).isEmpty());
            Await.until("all goes on", adding::isDone);
            assertThat(driver.ended()).isNotDone();
        }
    }

    private static List<String> deleted(final List<String> files) {
        return files.stream().filter(file -> file.endsWith("(deleted)")).toList();
    }

    @Test
    void shouldNotLetAGivenAeronClientUnmapWhileAThreadIsInside() throws InterruptedException {
        try (Aeron ofClient = connectAeron();
                TensorPoolDriver driver = TensorPoolDriver.launch(driverContext());
                TensorPoolClient client =
                        TensorPoolClient.connect(clientContext().aeron(ofClient));
                Producer producer = client.addProducer(STREAM_ID)) {
            producer.useMark().enter();
            final Thread closing = Thread.ofPlatform().start(ofClient::close);

            Await.until("the producer has ended", producer::isClosed);
            assertThat(closing.join(Duration.ofMillis(300))).isFalse();
            producer.useMark().leave();

            assertThat(closing.join(Duration.ofSeconds(5))).isTrue();
            assertThat(driver.ended()).isNotDone();
        }
    }
}
