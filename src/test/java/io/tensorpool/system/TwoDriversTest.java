package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Role;
import io.tensorpool.driver.AdminClient;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.RunningJvm;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two drivers that want one namespace: at the same time, and one after the other that was killed. */
@Timeout(60)
class TwoDriversTest {
    private static final int STREAM_ID = SystemContexts.STREAM_ID;

    private final ShmDirectory base = ShmDirectory.create();
    private final EmbeddedMediaDriver mediaDriver =
            EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
    private final RawClients clients = new RawClients(mediaDriver.aeronDirectoryName());
    private final Path namespace = base.path().resolve("tensorpool-test/default");

    @AfterEach
    void close() {
        CloseHelper.closeAll(clients, mediaDriver, base);
    }

    private TensorPoolDriver launch() {
        return TensorPoolDriver.launch(SystemContexts.driver(mediaDriver.aeronDirectoryName(), base.path())
                .keepaliveIntervalNs(TimeUnit.SECONDS.toNanos(10)));
    }

    private RunningJvm start() {
        return RunningJvm.start(
                DriverProcess.class,
                mediaDriver.aeronDirectoryName(),
                base.path().toString());
    }

    private String refusal() {
        return "another driver holds namespace 'default': " + namespace.resolve("driver.lock")
                + " is locked; stop that driver, or choose another namespace or base directory";
    }

    private long newestEpoch() throws IOException {
        try (Stream<Path> epochs = Files.list(namespace.resolve(Integer.toString(STREAM_ID)))) {
            return epochs.mapToLong(path -> Long.parseLong(path.getFileName().toString()))
                    .max()
                    .orElseThrow();
        }
    }

    @Test
    void shouldRefuseASecondDriverInTheSameProcess() {
        try (TensorPoolDriver first = launch()) {
            assertThatThrownBy(this::launch)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage(refusal());
            assertServes(first);
        }
        try (TensorPoolDriver next = launch()) {
            assertThat(next.leases().join()).isEmpty();
        }
    }

    /** The refused one has touched neither lock nor socket, leases or memory. */
    private void assertServes(final TensorPoolDriver driver) {
        clients.hold(STREAM_ID, 5, Role.PRODUCER);
        assertThat(driver.leases().join()).hasSize(1);
        assertThat(AdminClient.ask(namespace, "leases")).hasSize(1);
        assertThat(clients.shutdowns()).isZero();
    }

    @Test
    void shouldRefuseASecondDriverInAnotherProcess() {
        try (TensorPoolDriver first = launch();
                RunningJvm second = start()) {
            assertThat(second.await("REFUSED")).isEqualTo(refusal());
            assertServes(first);
        }
    }

    @Test
    void shouldNotBeBlockedByADriverThatWasKilledAndNumberItsEpochsAboveThatOnes() throws IOException {
        try (RunningJvm killed = start()) {
            killed.await("READY");
            assertThatThrownBy(this::launch)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessage(refusal());
            clients.hold(STREAM_ID, 5, Role.PRODUCER);
            final long epoch = newestEpoch();

            killed.kill();

            try (TensorPoolDriver next = launch()) {
                assertThat(next.leases().join()).isEmpty();
                clients.hold(STREAM_ID, 5, Role.PRODUCER);
                assertThat(newestEpoch()).isGreaterThan(epoch);
                clients.await("the old leases are said to be over", Long.MAX_VALUE / 2, () -> clients.shutdowns() == 1);
            }
        }
        assertThat(namespace.resolve("driver.lock")).exists();
    }

    @Test
    void shouldNotGiveALeaseTheIdOfOneOfTheDriverBefore() {
        final Set<Long> leaseIds = new HashSet<>();
        for (int start = 0; start < 5; start++) {
            try (TensorPoolDriver driver = launch()) {
                for (int clientId = 1; clientId <= 20; clientId++) {
                    clients.hold(STREAM_ID, clientId, clientId == 1 ? Role.PRODUCER : Role.CONSUMER);
                }
                leaseIds.addAll(clients.held().keySet());
                clients.held().clear();
                assertThat(driver.leases().join()).hasSize(20);
            }
        }
        assertThat(leaseIds).hasSize(5 * 20);
    }

    /** The number is written down before it is used, so that it outlives its memory, too. */
    @Test
    void shouldNotUseTheNumbersOfAKilledDriverAgainWhenTheClockIsSetBack() throws IOException {
        final long ahead = System.currentTimeMillis() * 1_000_000L + 1_000_000_000_000L;
        try (TensorPoolDriver made = launch()) {
            assertThat(made.leases().join()).isEmpty();
        }
        // As a driver left it whose clock was a quarter of an hour ahead, and which was killed.
        Files.createDirectories(namespace.resolve(STREAM_ID + "/" + ahead));

        try (TensorPoolDriver next = launch()) {
            clients.hold(STREAM_ID, 5, Role.PRODUCER);
            assertThat(newestEpoch()).isEqualTo(ahead + 1);
            assertThat(next.leases().join()).hasSize(1);
        }
        try (TensorPoolDriver afterCleanUp = launch()) {
            assertThat(namespace.resolve(Integer.toString(STREAM_ID))).doesNotExist();
            clients.hold(STREAM_ID, 6, Role.PRODUCER);
            assertThat(newestEpoch()).isGreaterThan(ahead + 1);
            assertThat(afterCleanUp.leases().join()).hasSize(1);
        }
    }
}
