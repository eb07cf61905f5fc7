package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.tensorpool.AttachException;
import io.tensorpool.ConfigurationException;
import io.tensorpool.DeadlineException;
import io.tensorpool.Endpoint;
import io.tensorpool.RegionException;
import io.tensorpool.ResponseCode;
import io.tensorpool.TensorPoolException;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.Await;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.ShmDirectory;
import io.tensorpool.support.TestDriver;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What an application is told when it cannot have what it asks for, and that nothing is left of the attempt. */
class RefusalsTest {
    private static final int DESCRIPTOR_STREAM_ID = 1100;
    private static final int UNKNOWN_STREAM_ID = 99;

    private static TestDriver driver;

    @BeforeAll
    static void launch() {
        driver = new TestDriver();
    }

    @AfterAll
    static void shutDown() {
        driver.close();
    }

    @Test
    void shouldRefuseASecondProducerAndLeaveNothingOfIt() {
        try (Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                TensorPoolClient client = driver.connect();
                Producer first = client.addProducer(10_000)) {
            final int before = positionsOfDescriptors(aeron);

            assertThatThrownBy(() -> client.addProducer(10_000))
                    .isInstanceOfSatisfying(AttachException.class, refusal -> {
                        assertThat(refusal.code()).isEqualTo(ResponseCode.REJECTED);
                        assertThat(refusal.streamId()).isEqualTo(10_000);
                    })
                    .hasMessage("stream 10000: the driver refused a PRODUCER with REJECTED: producer already attached");

            assertThat(first.isClosed()).isFalse();
            Await.until(
                    "publications and subscriptions of the refused producer go",
                    () -> positionsOfDescriptors(aeron) == before);
        }
    }

    @Test
    void shouldSayAtOnceThatAChannelIsNone() {
        final Endpoint none = new Endpoint("aeron:ipc?term-length", DESCRIPTOR_STREAM_ID);
        try (TensorPoolClient client = driver.connect()) {
            assertThatThrownBy(
                            () -> client.addProducer(ProducerOptions.of(10_000).withDescriptorEndpoint(none)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("'aeron:ipc?term-length' is none of Aeron's");
            assertThatThrownBy(
                            () -> client.addConsumer(ConsumerOptions.of(10_000).descriptorEndpoint(none)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("'aeron:ipc?term-length' is none of Aeron's");
        }
    }

    /** Positions of publications and subscriptions on the descriptor stream, over all clients. */
    private static int positionsOfDescriptors(final Aeron aeron) {
        final int[] count = new int[1];
        aeron.countersReader().forEach((counterId, typeId, key, label) -> {
            final boolean isPosition = typeId == AeronCounters.DRIVER_SUBSCRIBER_POSITION_TYPE_ID
                    || typeId == AeronCounters.DRIVER_PUBLISHER_LIMIT_TYPE_ID;
            if (isPosition && label.contains(" " + DESCRIPTOR_STREAM_ID + " ")) {
                count[0]++;
            }
        });
        return count[0];
    }

    @Test
    void shouldRefuseAnUnknownStream() {
        try (TensorPoolClient client = driver.connect()) {
            assertThatThrownBy(() -> client.addConsumer(UNKNOWN_STREAM_ID))
                    .isInstanceOf(AttachException.class)
                    .hasMessage("stream 99: the driver refused a CONSUMER with REJECTED: stream not provisioned");
        }
    }

    @Test
    void shouldRefuseAConfiguredClientIdThatIsTaken() {
        try (TensorPoolClient first =
                        TensorPoolClient.connect(driver.clientContext().clientId(4_000));
                TensorPoolClient second =
                        TensorPoolClient.connect(driver.clientContext().clientId(4_000))) {
            first.addConsumer(10_001);

            assertThatThrownBy(() -> second.addConsumer(10_002))
                    .isInstanceOf(AttachException.class)
                    .hasMessageContaining("client_id already attached");
        }
    }

    @Test
    void shouldRefuseRegionsOutsideItsDirectories() {
        final ResourceCount before = driver.resources();
        try (ShmDirectory other = ShmDirectory.create();
                TensorPoolClient client =
                        TensorPoolClient.connect(driver.clientContext().allowedBaseDirs(List.of(other.path())))) {
            assertThatThrownBy(() -> client.addConsumer(10_003))
                    .isInstanceOf(RegionException.class)
                    .hasMessageContaining("stream 10003")
                    .hasMessageContaining(other.path().toString());
            assertThatThrownBy(() -> client.addProducer(10_004)).isInstanceOf(RegionException.class);
        }
        assertThat(driver.resources().descriptors()).isEqualTo(before.descriptors());
    }

    @Test
    void shouldSayThatNoDriverAnswers() {
        final Endpoint silent = Endpoint.ipc(1999);
        try (TensorPoolClient client = TensorPoolClient.connect(
                driver.clientContext().controlEndpoint(silent).addTimeoutNs(TimeUnit.MILLISECONDS.toNanos(200)))) {
            final long startNs = System.nanoTime();

            assertThatThrownBy(() -> client.addProducer(10_005))
                    .isInstanceOf(DeadlineException.class)
                    .hasMessageContaining("stream 10005: no PRODUCER within 200 ms")
                    .hasMessageContaining("no driver answers on aeron:ipc?term-length=4m stream 1999")
                    .hasMessageContaining(driver.aeronDirectoryName());

            assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(2));
        }
    }

    @Test
    void shouldSayThatNoMediaDriverAnswers() {
        final String nowhere = driver.directory().path() + "/no-aeron";
        final ClientContext context = new ClientContext()
                .aeronDirectoryName(nowhere)
                .allowedBaseDirs(List.of(driver.directory().path()))
                .aeronTimeoutNs(TimeUnit.MILLISECONDS.toNanos(200));

        assertThatThrownBy(() -> TensorPoolClient.connect(context))
                .isInstanceOf(DeadlineException.class)
                .hasMessageContaining("no Aeron media driver answers in " + nowhere)
                .hasMessageContaining("200 ms");
        assertThatThrownBy(() -> TensorPoolDriver.launch(driver.driverContext()
                        .namespace("other")
                        .ephemeralNamespace(true)
                        .aeronDirectoryName(nowhere)
                        .aeronTimeoutNs(TimeUnit.MILLISECONDS.toNanos(200))))
                .isInstanceOf(DeadlineException.class);
        assertThat(driver.directory().path().resolve("tensorpool-test/other")).doesNotExist();
    }

    @Test
    void shouldRefuseAChannelThatTheMediaDriverRefuses() {
        final Endpoint otherTerms = new Endpoint("aeron:ipc?term-length=128k", 1000);

        assertThatThrownBy(() -> TensorPoolClient.connect(driver.clientContext().controlEndpoint(otherTerms)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("no publication on aeron:ipc?term-length=128k stream 1000")
                .hasMessageContaining("term");
    }

    @Test
    void shouldRefuseADescriptorChannelThatTheMediaDriverRefuses() {
        try (TensorPoolClient client = TensorPoolClient.connect(
                driver.clientContext().descriptorEndpoint(new Endpoint("aeron:ipc?term-length=100", 1105)))) {
            assertThatThrownBy(() -> client.addProducer(10_006))
                    .isInstanceOf(TensorPoolException.class)
                    .hasMessageContaining("no publication on aeron:ipc?term-length=100 stream 1105");
        }
    }

    @Test
    void shouldRefuseASecondDriverInANamespace() {
        assertThatThrownBy(() -> TensorPoolDriver.launch(driver.driverContext()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("tensorpool-test/default");
    }

    @Test
    void shouldRefuseAnOccupiedAeronDirectory() {
        assertThatThrownBy(() -> EmbeddedMediaDriver.launch(driver.aeronDirectoryName()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(driver.aeronDirectoryName())
                .hasMessageContaining("occupied");
    }

    @Test
    void shouldRefuseAContextThatWasUsedBefore() {
        final ClientContext ofClient = driver.clientContext();
        TensorPoolClient.connect(ofClient).close();
        final DriverContext ofDriver = driver.driverContext().namespace("twice").ephemeralNamespace(true);
        TensorPoolDriver.launch(ofDriver).close();

        assertThatThrownBy(() -> TensorPoolClient.connect(ofClient))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("ClientContext was concluded before");
        assertThatThrownBy(() -> TensorPoolDriver.launch(ofDriver))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("DriverContext was concluded before");
    }

    @Test
    void shouldRefuseToAddToAClosedClient() {
        final TensorPoolClient client = driver.connect();
        client.close();
        client.close();

        assertThatThrownBy(() -> client.addProducer(10_007))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("the client is closed");
    }

    @Test
    void shouldTellAThreadThatWaitsToAddWhenTheClientIsClosed() throws Exception {
        final TensorPoolClient client =
                TensorPoolClient.connect(driver.clientContext().controlEndpoint(Endpoint.ipc(1998)));
        final Throwable[] failure = new Throwable[1];
        final Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                client.addConsumer(10_008);
            } catch (final TensorPoolException ex) {
                failure[0] = ex;
            }
        });
        Await.until("the thread waits", () -> waiting.getState() == Thread.State.TIMED_WAITING);

        client.close();
        waiting.join(TimeUnit.SECONDS.toMillis(5));

        assertThat(waiting.isAlive()).isFalse();
        assertThat(failure[0]).isInstanceOf(TensorPoolException.class).hasMessageContaining("closed");
    }

    /** In a JVM of its own because the flag is the property. */
    @Test
    void shouldSayWhichFlagIsMissing() throws IOException, InterruptedException {
        for (final Class<?> main : List.of(ConnectClient.class, LaunchDriver.class, LaunchMediaDriver.class)) {
            final Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            main.getName())
                    .redirectErrorStream(true)
                    .start();
            final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(process.waitFor()).isEqualTo(1);
            assertThat(output)
                    .contains("io.tensorpool.ConfigurationException: the JVM was started without"
                            + " --add-opens java.base/jdk.internal.misc=ALL-UNNAMED");
        }
    }

    static final class ConnectClient {
        public static void main(final String[] args) {
            TensorPoolClient.connect(new ClientContext());
        }
    }

    static final class LaunchDriver {
        public static void main(final String[] args) {
            TensorPoolDriver.launch(
                    new DriverContext().addProfile(TestDriver.PROFILE).addStream(1, "test"));
        }
    }

    static final class LaunchMediaDriver {
        public static void main(final String[] args) {
            EmbeddedMediaDriver.launch();
        }
    }
}
