package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.FragmentAssembler;
import io.aeron.Subscription;
import io.tensorpool.EpochPolicy;
import io.tensorpool.Role;
import io.tensorpool.cli.Main;
import io.tensorpool.codec.driver.MessageHeaderDecoder;
import io.tensorpool.codec.driver.ShmDriverShutdownDecoder;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.protocol.AnnounceAdapter;
import io.tensorpool.protocol.Channels;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.support.AeronCounters;
import io.tensorpool.support.Await;
import io.tensorpool.support.RunningJvm;
import io.tensorpool.support.ShmDirectory;
import io.tensorpool.system.RawClients.Held;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How a driver is asked to end by a message, or by a signal, and what its clients hear of it, against a real media driver. */
@Timeout(60)
class ShutdownRequestTest {
    private static final int STREAM_ID = SystemContexts.STREAM_ID;
    private static final String TOKEN = "let it be";
    private static final long KEEPALIVE_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long DRAIN_NS = TimeUnit.MILLISECONDS.toNanos(700);
    /** Nothing happens because of the time. */
    private static final long NEVER_NS = TimeUnit.HOURS.toNanos(1);

    private final ShmDirectory base = ShmDirectory.create();
    private final EmbeddedMediaDriver mediaDriver =
            EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
    private final AeronCounters counters = new AeronCounters(mediaDriver.aeronDirectoryName());
    private final RawClients clients = new RawClients(mediaDriver.aeronDirectoryName());
    private final Subscription announceSubscription = subscribe(1001);
    private final Subscription controlSubscription = subscribe(1000);
    private final List<Long> announced = new ArrayList<>();
    private final List<ShutdownReason> reasons = new ArrayList<>();
    private final FragmentAssembler announces = new FragmentAssembler(
            new AnnounceAdapter((regions, producerId, timestampNs, clockDomain) -> announced.add(regions.epoch())));
    private final FragmentAssembler notices =
            new FragmentAssembler((buffer, offset, length, header) -> onMessage(buffer, offset));

    @AfterEach
    void close() {
        CloseHelper.closeAll(clients, counters, mediaDriver, base);
    }

    private Subscription subscribe(final int streamId) {
        return clients.aeron().addSubscription(Channels.subscription("aeron:ipc?term-length=4m"), streamId);
    }

    private void onMessage(final DirectBuffer buffer, final int offset) {
        final MessageHeaderDecoder header = new MessageHeaderDecoder().wrap(buffer, offset);
        if (header.schemaId() == ShmDriverShutdownDecoder.SCHEMA_ID
                && header.templateId() == ShmDriverShutdownDecoder.TEMPLATE_ID) {
            reasons.add(ShutdownReason.fromCode(new ShmDriverShutdownDecoder()
                    .wrapAndApplyHeader(buffer, offset, header)
                    .reasonRaw()));
        }
    }

    private int work() {
        return clients.work(KEEPALIVE_NS)
                + announceSubscription.poll(announces, 10)
                + controlSubscription.poll(notices, 10);
    }

    private DriverContext context(final String token) {
        return SystemContexts.driver(mediaDriver.aeronDirectoryName(), base.path())
                .announcePeriodNs(NEVER_NS)
                .keepaliveIntervalNs(NEVER_NS)
                .shutdownTimeoutNs(DRAIN_NS)
                .shutdownToken(token);
    }

    private void request(final String token) {
        clients.send(() -> clients.driver().shutdown(1, ShutdownReason.ADMIN, token));
    }

    private List<Path> regionFiles() throws IOException {
        final Path namespace = base.path().resolve("tensorpool-test/default");
        try (Stream<Path> found = Files.walk(namespace)) {
            return found.filter(path ->
                            path.toString().endsWith(".pool") || path.toString().endsWith(".ring"))
                    .toList();
        }
    }

    @Test
    void shouldRefuseEveryRequestWhenNoTokenIsConfigured() {
        try (TensorPoolDriver driver = TensorPoolDriver.launch(context(""))) {
            request("");
            request(TOKEN);
            assertGoesOn(driver, 2);
        }
    }

    @Test
    void shouldRefuseRequestsWithAnotherToken() {
        try (TensorPoolDriver driver = TensorPoolDriver.launch(context(TOKEN))) {
            final List<String> others =
                    List.of("", "let it b", "let it be ", "Let it be", "\0let it be", "let it be\0", "x".repeat(5_000));
            others.forEach(this::request);
            assertGoesOn(driver, others.size());
        }
    }

    /** The attach is behind the requests, so that its answer shows that they were read. */
    private void assertGoesOn(final TensorPoolDriver driver, final int refused) {
        clients.hold(STREAM_ID, 5, Role.PRODUCER);
        counters.awaitAtLeast("shutdown requests refused", refused);
        assertThat(counters.value("shutdown requests refused")).isEqualTo(refused);
        assertThat(driver.ended()).isNotDone();
        work();
        assertThat(reasons).isEmpty();
    }

    @ParameterizedTest(name = "files are removed: {0}")
    @ValueSource(booleans = {true, false})
    void shouldDrainAndEndWhenTheTokenIsRight(final boolean removesFiles) throws IOException {
        final TensorPoolDriver driver =
                TensorPoolDriver.launch(context(TOKEN).epochPolicy(new EpochPolicy(true, 2, -1, false, removesFiles)));
        try (driver) {
            final Held lease = clients.hold(STREAM_ID, 5, Role.PRODUCER);
            Await.until("the announce of its epoch", this::work, () -> !announced.isEmpty());
            announced.clear();

            final long requestedNs = System.nanoTime();
            request(TOKEN);
            final long late = clients.attach(STREAM_ID, 6, Role.CONSUMER);

            assertThat(clients.answer(late)).isEqualTo("REJECTED: driver is shutting down");
            Await.until("the final announce", this::work, () -> !announced.isEmpty());
            assertThat(announced).hasSize(1);
            assertThat(reasons).isEmpty();
            assertThat(clients.held()).containsValue(lease);
            Await.until("the notice", this::work, () -> !reasons.isEmpty());
            assertThat(System.nanoTime() - requestedNs).isGreaterThanOrEqualTo(DRAIN_NS);
            assertThat(driver.ended().join()).isEqualTo(ShutdownReason.ADMIN);
            assertThat(regionFiles()).isNotEmpty();
        }
        Await.until("what was said until the end", () -> work() == 0);
        assertThat(reasons).containsExactly(ShutdownReason.ADMIN);
        assertThat(announced).hasSize(1);
        assertThat(regionFiles().isEmpty()).isEqualTo(removesFiles);
    }

    @Test
    void shouldEndAsSoonAsTheLastLeaseIsGivenBack() {
        try (TensorPoolDriver driver = TensorPoolDriver.launch(context(TOKEN).shutdownTimeoutNs(NEVER_NS))) {
            final Held lease = clients.hold(STREAM_ID, 5, Role.PRODUCER);
            request(TOKEN);
            assertThat(clients.answer(clients.attach(STREAM_ID, 6, Role.CONSUMER)))
                    .isEqualTo("REJECTED: driver is shutting down");
            assertThat(driver.ended()).isNotDone();

            final long detached = clients.detach(lease);

            assertThat(clients.answer(detached)).isEqualTo("detached OK");
            Await.until("the notice", this::work, () -> !reasons.isEmpty());
            assertThat(driver.ended().join()).isEqualTo(ShutdownReason.ADMIN);
        }
    }

    /** The new driver's subscription begins where the slowest of the stream's subscribers stands, which is before all. */
    @Test
    void shouldNotHearWhatWasAskedOfTheDriverBefore() {
        final Subscription laggard = subscribe(1000);
        Await.until("the laggard is connected", laggard::isConnected);
        try (TensorPoolDriver driver = TensorPoolDriver.launch(context(TOKEN))) {
            clients.hold(STREAM_ID, 5, Role.PRODUCER);
            request(TOKEN);
            Await.until("it ends", this::work, driver.ended()::isDone);
        }

        try (TensorPoolDriver next = TensorPoolDriver.launch(context(TOKEN))) {
            clients.hold(STREAM_ID, 6, Role.PRODUCER);
            assertThat(next.leases().join()).hasSize(1);
            assertThat(next.ended()).isNotDone();
        }
    }

    /** A process, because only a process can be sent a signal. */
    @Test
    void shouldDrainAndEndOnSigterm() throws IOException {
        final Path config = Files.writeString(base.path().resolve("driver.toml"), """
                [shm]
                base_dir = "%s"
                [policies]
                shutdown_timeout_ms = 300
                [profiles.small]
                header_nslots = 8
                [[profiles.small.payload_pools]]
                pool_id = 1
                stride_bytes = 4096
                [streams.camera]
                stream_id = 10000
                profile = "small"
                """.formatted(base.path()));
        try (RunningJvm driver = RunningJvm.start(
                Main.class,
                "driver",
                "--config",
                config.toString(),
                "--aeron-dir",
                mediaDriver.aeronDirectoryName(),
                "--media-driver",
                "external")) {
            driver.await("driver '");
            clients.hold(STREAM_ID, 5, Role.PRODUCER);

            driver.terminate();

            Await.until("the notice", this::work, () -> !reasons.isEmpty());
            assertThat(reasons).containsExactly(ShutdownReason.NORMAL);
            driver.await("closed");
        }
        try (Stream<Path> left = Files.walk(base.path())) {
            assertThat(left.filter(path -> path.toString().endsWith(".pool"))).isEmpty();
        }
    }
}
