package io.tensorpool.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.aeron.Publication;
import io.aeron.driver.status.StreamCounter;
import io.tensorpool.ConfigurationException;
import io.tensorpool.DeadlineException;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochPolicy;
import io.tensorpool.PoolSpec;
import io.tensorpool.Role;
import io.tensorpool.StreamProfile;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.runtime.ServiceCounters;
import io.tensorpool.support.Await;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A driver as it is launched, beside a real media driver. */
@Timeout(60)
class TensorPoolDriverTest {
    private static final int STREAM_ID = 10_000;
    private static final String PREFIX = "tensorpool-driver lab: ";

    private static EmbeddedMediaDriver mediaDriver;
    private static Aeron aeron;

    private final ShmDirectory directory = ShmDirectory.create();

    @BeforeAll
    static void launchMediaDriver() {
        mediaDriver = EmbeddedMediaDriver.launch();
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(mediaDriver.aeronDirectoryName()));
    }

    @AfterAll
    static void closeMediaDriver() {
        aeron.close();
        mediaDriver.close();
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private DriverContext context() {
        return new DriverContext()
                .instanceId("lab")
                .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                .baseDir(directory.path())
                .user("test")
                .addProfile(new StreamProfile("tiny", 1, List.of(new PoolSpec(1, 64))))
                .addStream(STREAM_ID, "tiny");
    }

    private DriverContext context(final boolean collectAtLaunch, final boolean removeAtClose) {
        return context().epochPolicy(new EpochPolicy(true, 2, -1, collectAtLaunch, removeAtClose));
    }

    private Path namespace() {
        return directory.path().resolve("tensorpool-test/default");
    }

    /** Epochs as a killed driver leaves them, and things that are none. */
    private void makeLeftovers() throws IOException {
        for (final String epoch : List.of("10000/17", "777/18")) {
            Files.createDirectories(namespace().resolve(epoch));
            Files.createFile(namespace().resolve(epoch).resolve("header.ring"));
        }
        Files.createDirectories(namespace().resolve("mine/17"));
        Files.createFile(namespace().resolve("10000/notes"));
    }

    private Map<String, Long> counters() {
        final Map<String, Long> found = new TreeMap<>();
        aeron.countersReader().forEach((counterId, typeId, key, label) -> {
            if (typeId == ServiceCounters.TYPE_ID) {
                found.put(label, aeron.countersReader().getCounterValue(counterId));
            }
        });
        return found;
    }

    @Test
    void shouldShowItsCountersAmongAeronsAndTheRareOnesWhenTheyFirstCount() {
        try (TensorPoolDriver driver = TensorPoolDriver.launch(context())) {
            final DriverCounters all = new DriverCounters(new ServiceCounters(null, ""));
            final List<String> rare = List.of(
                    "malformed requests: lengths",
                    "malformed requests: newer schema version",
                    "malformed hellos and reports",
                    "keepalives of no active lease",
                    "shutdown requests refused",
                    "epochs that could not be made",
                    "messages dropped unsent");
            final List<String> atLaunch = all.values().keySet().stream()
                    .filter(label -> !rare.contains(label) && !label.startsWith("consumers' own streams"))
                    .map(label -> PREFIX + label)
                    .toList();
            assertThat(counters()).containsOnlyKeys(atLaunch).containsEntry(PREFIX + "active leases producer", 0L);

            final DriverRequestProxy client =
                    new DriverRequestProxy(new PublicationSink(aeron.addPublication("aeron:ipc?term-length=4m", 1000)));
            Await.until("attach sent", () -> client.attach(1, STREAM_ID, 5, Role.PRODUCER, 1, -1) > 0);
            client.keepalive(99, STREAM_ID, 5, Role.PRODUCER, 0);
            client.keepalive(98, STREAM_ID, 5, Role.PRODUCER, 0);

            Await.until(
                    () -> "counted: " + counters(),
                    () -> 0,
                    () -> counters().getOrDefault(PREFIX + "keepalives of no active lease", 0L) == 2
                            && counters().get(PREFIX + "active leases producer") == 1);
            assertThat(counters())
                    .hasSize(atLaunch.size() + 1)
                    .containsEntry(PREFIX + "attaches answered OK", 1L)
                    .containsEntry(PREFIX + "bytes allocated for producers", 64L);
            assertThat(counters().get(PREFIX + "longest duty cycle ns")).isPositive();
            assertThat(driver.leases().join()).hasSize(1);
        }
        Await.until("counters are gone", () -> counters().isEmpty());
    }

    /** Subscriptions of this media driver on one stream. */
    private static long subscriptions(final int streamId) {
        final AtomicLong count = new AtomicLong();
        aeron.countersReader().forEach((counterId, typeId, key, label) -> {
            if (typeId == AeronCounters.DRIVER_SUBSCRIBER_POSITION_TYPE_ID
                    && key.getInt(StreamCounter.STREAM_ID_OFFSET) == streamId) {
                count.incrementAndGet();
            }
        });
        return count.get();
    }

    @Test
    void shouldLeaveNothingInAnAeronClientThatItWasGiven() {
        try (Publication publication = aeron.addPublication("aeron:ipc?term-length=4m", 1000);
                TensorPoolDriver driver = TensorPoolDriver.launch(context().aeron(aeron))) {
            Await.until("the driver listens", publication::isConnected);
            assertThat(driver.leases().join()).isEmpty();
            assertThat(counters()).isNotEmpty();
            assertThat(subscriptions(1000)).isPositive();
        }

        Await.until("nobody listens any more", () -> subscriptions(1000) == 0);
        Await.until("counters are gone", () -> counters().isEmpty());
        assertThat(aeron.isClosed()).isFalse();
    }

    @Test
    void shouldLeaveWhatOthersLeftUnlessToldToCollectIt() throws IOException {
        makeLeftovers();

        try (TensorPoolDriver driver = TensorPoolDriver.launch(context(false, false))) {
            assertThat(driver.leases().join()).isEmpty();
        }

        assertThat(namespace().resolve("10000/17/header.ring")).exists();
        assertThat(namespace().resolve("777/18")).exists();
    }

    @Test
    void shouldCollectAtLaunchWhatOthersLeftAndNothingElse() throws IOException {
        makeLeftovers();

        try (TensorPoolDriver driver = TensorPoolDriver.launch(context(true, false))) {
            assertThat(driver.leases().join()).isEmpty();
            assertThat(namespace().resolve("10000/17")).doesNotExist();
            assertThat(namespace().resolve("777")).doesNotExist();
        }

        assertThat(namespace().resolve("mine/17")).exists();
        assertThat(namespace().resolve("10000/notes")).exists();
    }

    @Test
    void shouldRemoveAllEpochsAtItsEnd() throws IOException {
        makeLeftovers();

        attachAndClose(context(false, true));

        assertThat(namespace().resolve("10000")).isDirectoryContaining("glob:**/notes");
        assertThat(namespace().resolve("10000").toFile().list()).hasSize(1);
        assertThat(namespace().resolve("777")).doesNotExist();
        assertThat(namespace().resolve("mine/17")).exists();
    }

    /** What a driver that never ran found there is not its own to remove. */
    @Test
    void shouldLeaveEverythingWhereItCannotBeLaunched() throws IOException {
        makeLeftovers();

        assertThatThrownBy(() -> TensorPoolDriver.launch(context(false, true)
                        .aeronDirectoryName(directory.path().resolve("nobody").toString())
                        .aeronTimeoutNs(1_000_000)))
                .isInstanceOf(DeadlineException.class);

        assertThat(namespace().resolve("10000/17/header.ring")).exists();
        assertThat(namespace().resolve("777/18/header.ring")).exists();
    }

    @Test
    void shouldKeepItsEpochsAtItsEndIfToldTo() throws IOException {
        final long epoch = attachAndClose(context(false, false));

        final Path left = namespace().resolve("10000").resolve(Long.toUnsignedString(epoch));
        assertThat(left.toFile().list()).containsExactlyInAnyOrder("header.ring", "1.pool");

        final long next = attachAndClose(context(false, true));
        assertThat(Long.compareUnsigned(next, epoch)).isPositive();
        assertThat(namespace().toFile().list()).containsExactly("driver.lock");
    }

    /** Makes an epoch, which another driver numbers higher. */
    private long attachAndClose(final DriverContext context) throws IOException {
        try (TensorPoolDriver driver = TensorPoolDriver.launch(context)) {
            final DriverRequestProxy client =
                    new DriverRequestProxy(new PublicationSink(aeron.addPublication("aeron:ipc?term-length=4m", 1000)));
            Await.until("attach sent", () -> client.attach(1, STREAM_ID, 5, Role.CONSUMER, 1, -1) > 0);
            Await.until("attached", () -> driver.leases().join().size() == 1);
        }
        final DriverContext reader = context();
        try (io.tensorpool.shm.DriverNamespace namespace = io.tensorpool.shm.DriverNamespace.lock(
                reader.baseDir(), reader.user(), reader.namespace(), 0660, false)) {
            namespace.keepEpochs();
            return namespace.highestEpoch();
        }
    }

    @Test
    void shouldRefuseAProfileThatNoMessageCanDescribe() {
        final List<PoolSpec> pools = IntStream.range(0, 100)
                .mapToObj(id -> new PoolSpec(id, 64L * (id + 1)))
                .toList();

        assertThatThrownBy(() -> TensorPoolDriver.launch(context()
                        .controlEndpoint(new Endpoint("aeron:ipc?term-length=64k", 1777))
                        .addProfile(new StreamProfile("many", 1, pools))))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("profile 'many': to describe its 100 pools")
                .hasMessageContaining("hold 8192");
        assertThat(namespace().resolve("driver.sock")).doesNotExist();
    }
}
