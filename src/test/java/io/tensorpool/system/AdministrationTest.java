package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.cli.Main;
import io.tensorpool.driver.AdminClient;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.Await;
import io.tensorpool.support.ChildJvm;
import io.tensorpool.support.RunningJvm;
import io.tensorpool.support.ShmDirectory;
import io.tensorpool.system.RawClients.Held;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an administrator of this host can ask a running driver, and what others cannot do to it by the same way. */
@Timeout(60)
class AdministrationTest {
    private static final int STREAM_ID = SystemContexts.STREAM_ID;
    private static final long KEEPALIVE_NS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Connections that the driver serves at once. */
    private static final int PLACES = 8;

    private final ShmDirectory base = ShmDirectory.create();
    private final EmbeddedMediaDriver mediaDriver =
            EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
    private final Path namespace = base.path().resolve("tensorpool-test/default");
    private final Path socket = namespace.resolve("driver.sock");
    private final List<Throwable> errors = new CopyOnWriteArrayList<>();
    private final List<AutoCloseable> connections = new ArrayList<>();
    private TensorPoolDriver driver;
    private RawClients clients;

    @BeforeEach
    void launch() {
        driver = launchDriver();
        clients = new RawClients(mediaDriver.aeronDirectoryName());
    }

    private TensorPoolDriver launchDriver() {
        return TensorPoolDriver.launch(SystemContexts.driver(mediaDriver.aeronDirectoryName(), base.path())
                .keepaliveIntervalNs(TimeUnit.SECONDS.toNanos(5))
                .errorHandler(errors::add));
    }

    @AfterEach
    void close() {
        CloseHelper.closeAll(connections);
        CloseHelper.closeAll(clients, driver, mediaDriver, base);
        assertThat(errors).isEmpty();
    }

    private SocketChannel connect() throws IOException {
        final SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(socket));
        connections.add(connection);
        return connection;
    }

    /** Writes what the driver takes of it, and reads to the end. */
    private String converse(final byte[] request) throws IOException {
        final ByteBuffer answer = ByteBuffer.allocate(4096);
        try (SocketChannel connection = connect()) {
            try {
                connection.write(ByteBuffer.wrap(request));
                connection.shutdownOutput();
                while (connection.read(answer) >= 0) {
                    // to the end
                }
            } catch (final IOException brokenOff) {
                return "broken off";
            }
        }
        return new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII);
    }

    private String converse(final String request) throws IOException {
        return converse(request.getBytes(StandardCharsets.US_ASCII));
    }

    private ChildJvm.Result command(final String... arguments) {
        final List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(1, List.of("--base-dir", base.path().toString(), "--user", "test"));
        return ChildJvm.run(List.of(), List.of("-XX:TieredStopAtLevel=1"), Main.class, all, 30);
    }

    @Test
    void shouldListAndRevokeLeasesByCommand() {
        final Held producer = clients.hold(STREAM_ID, 5, Role.PRODUCER);
        final Held consumer = clients.hold(STREAM_ID, -6, Role.CONSUMER);

        final ChildJvm.Result listed = command("leases");
        final ChildJvm.Result revoked = command("revoke", Long.toString(producer.leaseId()));

        assertThat(listed.exitCode()).as(listed.output()).isZero();
        assertThat(listed.output().lines())
                .containsExactlyInAnyOrder(
                        "lease " + producer.leaseId() + " stream 10000 client 5 PRODUCER",
                        "lease " + consumer.leaseId() + " stream 10000 client 4294967290 CONSUMER");
        assertThat(revoked)
                .isEqualTo(new ChildJvm.Result(0, "lease " + producer.leaseId() + " revoked" + System.lineSeparator()));
        Await.until(
                "the client hears of it",
                clients::poll,
                () -> !clients.revocations().isEmpty());
        assertThat(clients.revocations()).containsExactly(producer + " REVOKED");
        assertThat(AdminClient.ask(namespace, "leases")).hasSize(1);
    }

    @Test
    void shouldSayWhichLeaseIsNotThere() {
        assertThatThrownBy(() -> AdminClient.ask(namespace, "revoke 77"))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("lease 77 not found");
        final ChildJvm.Result result = command("revoke", "18446744073709551615");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.output())
                .contains("lease 18446744073709551615 not found")
                .doesNotContain("\tat ");
    }

    @Test
    void shouldSayWhenNoDriverIsThere() {
        driver.close();
        assertThatThrownBy(() -> AdminClient.ask(namespace, "leases"))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("no driver answers at " + socket);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "lease\n", "revoke\n", "revoke \n", "revoke x\n", "revoke -1\n", "LEASES\n"})
    void shouldAnswerWhatItDoesNotKnowWithAnError(final String request) throws IOException {
        clients.hold(STREAM_ID, 5, Role.PRODUCER);

        assertThat(converse(request)).startsWith("ERROR ");

        assertThat(AdminClient.ask(namespace, "leases")).hasSize(1);
    }

    @Test
    void shouldServeOthersAfterGarbage() throws IOException {
        final long seed = System.nanoTime();
        System.out.println("seed " + seed);
        final Random random = new Random(seed);
        clients.hold(STREAM_ID, 5, Role.PRODUCER);
        for (int i = 0; i < 200; i++) {
            final byte[] garbage = new byte[random.nextInt(100_000)];
            random.nextBytes(garbage);
            converse(garbage);
        }
        final byte[] endless = new byte[1 << 20];
        Arrays.fill(endless, (byte) 'x');
        converse(endless);
        awaitAnswer();
        assertThat(clients.revocations()).isEmpty();
    }

    /** The driver may need a moment to see that a connection is gone. */
    private void awaitAnswer() {
        Await.until("the driver answers", () -> {
            clients.work(KEEPALIVE_NS);
            try {
                return AdminClient.ask(namespace, "leases").size() == 1;
            } catch (final TensorPoolException busy) {
                return false;
            }
        });
    }

    @Test
    void shouldServeSomebodyBesideThoseWhoSayNothing() throws IOException {
        clients.hold(STREAM_ID, 5, Role.PRODUCER);
        for (int i = 0; i < PLACES - 1; i++) {
            connect().write(ByteBuffer.wrap("lea".getBytes(StandardCharsets.US_ASCII)));
        }
        assertThat(AdminClient.ask(namespace, "leases")).hasSize(1);
    }

    @Test
    void shouldTurnAwayWhoComesWhenAllPlacesAreTakenAndServeThemLater() throws IOException {
        clients.hold(STREAM_ID, 5, Role.PRODUCER);
        for (int i = 0; i < PLACES; i++) {
            connect();
        }
        for (int i = 0; i < 100; i++) {
            assertThatThrownBy(() -> AdminClient.ask(namespace, "leases")).isInstanceOf(TensorPoolException.class);
        }
        assertThat(driver.leases().join()).hasSize(1);

        CloseHelper.closeAll(connections);
        awaitAnswer();
    }

    @Test
    void shouldNotBeHeldUpAtItsEndAndRemoveItsSocket() throws IOException {
        for (int i = 0; i < PLACES; i++) {
            connect();
        }
        assertThat(socket).exists();
        final long startNs = System.nanoTime();

        driver.close();

        assertThat(System.nanoTime() - startNs).isLessThan(TimeUnit.SECONDS.toNanos(5));
        assertThat(socket).doesNotExist();
    }

    @Test
    void shouldReplaceTheSocketThatAKilledDriverLeft() throws IOException {
        driver.close();
        try (RunningJvm killed = RunningJvm.start(
                DriverProcess.class,
                mediaDriver.aeronDirectoryName(),
                base.path().toString())) {
            killed.await("READY");
            killed.kill();
        }
        assertThat(socket).exists();

        driver = launchDriver();

        assertThat(AdminClient.ask(namespace, "leases")).isEmpty();
        assertThat(Files.getPosixFilePermissions(namespace).toString()).doesNotContain("OTHERS");
    }
}
