package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.Role;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.driver.AdminClient;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.AeronCounters;
import io.tensorpool.support.Await;
import io.tensorpool.support.RunningJvm;
import io.tensorpool.support.ShmDirectory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the others do when a process is killed, or stands still for longer than its lease. Processes, because only these can
 * be killed, and because memory that is mapped twice in one process would prove nothing. The consumer of this process checks
 * every frame.
 */
@Timeout(120)
class CrashRecoveryTest {
    private static final System.Logger LOG = System.getLogger(CrashRecoveryTest.class.getName());
    /** Frames flow again within this. A lease of a second and a back-off are most of what it takes; a busy machine more. */
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    /** So long that a client does not find out by itself. */
    private static final long LONG_PERIOD_NS = TimeUnit.SECONDS.toNanos(60);

    private static final int FLOW = 20;

    private final ShmDirectory base = ShmDirectory.create();
    private final EmbeddedMediaDriver mediaDriver =
            EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
    private final String aeron = mediaDriver.aeronDirectoryName();
    private final AeronCounters counters = new AeronCounters(aeron);
    private final List<AutoCloseable> toClose = new ArrayList<>();
    private final FrameWatch watch = new FrameWatch();

    @AfterEach
    void close() {
        CloseHelper.closeAll(toClose.reversed());
        CloseHelper.closeAll(counters, mediaDriver, base);
    }

    private <T extends AutoCloseable> T closing(final T opened) {
        toClose.add(opened);
        return opened;
    }

    private RunningJvm start(final Class<?> main, final Object... more) {
        final List<String> arguments =
                new ArrayList<>(List.of(aeron, base.path().toString()));
        for (final Object argument : more) {
            arguments.add(argument.toString());
        }
        return closing(RunningJvm.start(main, arguments.toArray(String[]::new)));
    }

    private RunningJvm startProducer(final int producerId) {
        return start(ProducerProcess.class, producerId, SystemContexts.PERIOD_NS, "agent");
    }

    private TensorPoolDriver launchDriver() {
        return closing(TensorPoolDriver.launch(SystemContexts.driver(aeron, base.path())));
    }

    private Consumer addConsumer(final long announcePeriodNs) {
        final TensorPoolClient client =
                closing(TensorPoolClient.connect(SystemContexts.client(aeron, base.path(), announcePeriodNs)));
        return closing(client.addConsumer(SystemContexts.STREAM_ID));
    }

    /** Polls until it is so, and writes down how long that took. */
    private void await(
            final String what, final Consumer consumer, final long sinceNs, final BooleanSupplier condition) {
        Await.until(() -> what + "; " + consumer + ", " + watch, DEADLINE, () -> consumer.poll(watch, 10), condition);
        LOG.log(
                System.Logger.Level.INFO,
                "{0}: after {1} ms, allowed {2} ms",
                what,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNs),
                DEADLINE.toMillis());
    }

    /** Polls meanwhile: a reader that stands still is left behind for seconds. */
    private String awaitLine(final RunningJvm process, final String prefix, final Consumer consumer) {
        Await.until(
                () -> process + " says " + prefix,
                Duration.ofSeconds(30),
                () -> consumer.poll(watch, 10),
                () -> process.hasSaid(prefix));
        return process.await(prefix);
    }

    private void awaitFlow(final Consumer consumer, final int producerId) {
        final int enough = watch.framesOf(producerId) + FLOW;
        await("frames flow", consumer, System.nanoTime(), () -> watch.framesOf(producerId) >= enough);
    }

    /** Files that a process has mapped for writing, as inode and path. */
    private Set<String> mappedBy(final RunningJvm process) {
        return process.proc("maps").stream()
                .filter(line -> line.contains(base.path() + "/tensorpool-test") && line.contains(" rw-s "))
                .map(line -> line.split(" +", 5)[4])
                .collect(Collectors.toSet());
    }

    private long leases(final TensorPoolDriver driver, final Role role) {
        return driver.leases().join().stream()
                .filter(lease -> lease.role() == role)
                .count();
    }

    @Test
    void shouldGoOnWithAnotherProducerWhenOneIsKilled() {
        launchDriver();
        final RunningJvm first = startProducer(1);
        first.await("ATTACHED");
        final RunningJvm second = startProducer(2);
        assertThat(second.await("REFUSED")).contains("producer already attached");
        final Consumer consumer = addConsumer(SystemContexts.PERIOD_NS);
        awaitFlow(consumer, 1);

        final long killedNs = System.nanoTime();
        first.kill();

        await("frames of the other producer", consumer, killedNs, () -> watch.framesOf(2) >= FLOW);
        assertThat(watch.violations()).isEmpty();
        assertThat(counters.value("leases expired")).isPositive();
    }

    @Test
    void shouldGoOnWithoutAConsumerThatIsKilled() {
        final TensorPoolDriver driver = launchDriver();
        startProducer(1);
        final RunningJvm victim = start(ConsumerProcess.class, SystemContexts.PERIOD_NS);
        victim.await("FLOWING");
        final Consumer consumer = addConsumer(SystemContexts.PERIOD_NS);
        awaitFlow(consumer, 1);
        Await.until("both have leases", () -> consumer.poll(watch, 10), () -> leases(driver, Role.CONSUMER) == 2);

        final long killedNs = System.nanoTime();
        victim.kill();

        await("the lease of the killed consumer ends", consumer, killedNs, () -> leases(driver, Role.CONSUMER) == 1);
        // More than its window of the descriptor stream holds: the producer waits for it no more.
        final int enough = watch.framesOf(1) + 500;
        await("frames of 500 slots", consumer, killedNs, () -> watch.framesOf(1) >= enough);
        final RunningJvm successor = start(ConsumerProcess.class, SystemContexts.PERIOD_NS);
        awaitLine(successor, "FLOWING", consumer);
        assertThat(successor.ask("report", "VIOLATIONS")).isEqualTo("[]");
        assertThat(watch.violations()).isEmpty();
    }

    @Test
    void shouldLetGoWhenTheDriverIsKilledAndComeBackWithTheNext() {
        final RunningJvm killed = start(DriverProcess.class);
        final RunningJvm producer = startProducer(1);
        killed.await("READY");
        producer.await("ATTACHED");
        final Consumer consumer = addConsumer(SystemContexts.PERIOD_NS);
        awaitFlow(consumer, 1);
        final long deadEpoch = watch.epoch();

        final long killedNs = System.nanoTime();
        killed.kill();
        await("the consumer lets go", consumer, killedNs, () -> !consumer.isMapped());
        awaitLine(producer, "NO_EPOCH", consumer);

        final RunningJvm successor = start(DriverProcess.class);
        awaitLine(successor, "READY", consumer);
        final long readyNs = System.nanoTime();
        await(
                "frames under the next driver",
                consumer,
                readyNs,
                () -> watch.framesOf(1) - watch.framesOf(1, 1) >= FLOW);
        assertComeBack(consumer, deadEpoch);
    }

    /** Nobody missed an announce: the driver that came back told them that their leases are over. */
    @Test
    void shouldComeBackWhenTheDriverIsReplacedBeforeAnybodyNotices() {
        final RunningJvm killed = start(DriverProcess.class);
        final RunningJvm producer = start(ProducerProcess.class, 1, LONG_PERIOD_NS, "agent");
        killed.await("READY");
        producer.await("ATTACHED");
        final Consumer consumer = addConsumer(LONG_PERIOD_NS);
        awaitFlow(consumer, 1);
        final long deadEpoch = watch.epoch();

        final long killedNs = System.nanoTime();
        killed.kill();
        awaitLine(start(DriverProcess.class), "READY", consumer);

        await(
                "frames under the next driver",
                consumer,
                killedNs,
                () -> watch.framesOf(1) - watch.framesOf(1, 1) >= FLOW);
        assertComeBack(consumer, deadEpoch);
    }

    @Test
    void shouldComeBackAfterTheDriverEndedInOrder() {
        final RunningJvm first = start(DriverProcess.class);
        final RunningJvm producer = startProducer(1);
        first.await("READY");
        producer.await("ATTACHED");
        final Consumer consumer = addConsumer(SystemContexts.PERIOD_NS);
        awaitFlow(consumer, 1);
        final long deadEpoch = watch.epoch();

        first.say("close");
        awaitLine(first, "CLOSED", consumer);
        awaitLine(producer, "NO_EPOCH", consumer);
        final RunningJvm successor = start(DriverProcess.class);
        awaitLine(successor, "READY", consumer);

        await(
                "frames under the next driver",
                consumer,
                System.nanoTime(),
                () -> watch.framesOf(1) - watch.framesOf(1, 1) >= FLOW);
        assertComeBack(consumer, deadEpoch);
    }

    @Test
    void shouldComeBackInANewEpochWhenTheirLeasesAreRevoked() {
        final TensorPoolDriver driver = launchDriver();
        final RunningJvm producer = startProducer(1);
        producer.await("ATTACHED");
        final Consumer consumer = addConsumer(SystemContexts.PERIOD_NS);
        awaitFlow(consumer, 1);
        final long deadEpoch = watch.epoch();

        final long revokedNs = System.nanoTime();
        driver.leases().join().forEach(lease -> driver.revoke(lease.leaseId()).join());

        await(
                "frames under the next lease",
                consumer,
                revokedNs,
                () -> watch.framesOf(1) - watch.framesOf(1, 1) >= FLOW);
        assertThat(watch.violations()).isEmpty();
        assertThat(watch.epoch()).isGreaterThan(deadEpoch);
        Await.until(
                "both have leases again",
                () -> consumer.poll(watch, 10),
                () -> leases(driver, Role.PRODUCER) == 1 && leases(driver, Role.CONSUMER) == 1);
    }

    private void assertComeBack(final Consumer consumer, final long deadEpoch) {
        final Path namespace = base.path().resolve("tensorpool-test/default");
        assertThat(watch.violations()).isEmpty();
        assertThat(watch.epoch()).isGreaterThan(deadEpoch);
        assertThat(namespace.resolve(SystemContexts.STREAM_ID + "/" + deadEpoch))
                .doesNotExist();
        Await.until(
                "both have leases of the next driver",
                () -> consumer.poll(watch, 10),
                () -> AdminClient.ask(namespace, "leases").size() == 2);
    }

    private record Stopped(RunningJvm first, RunningJvm second, Consumer consumer) {}

    /** Two producers want the stream; the first stands still until the second has it. */
    private Stopped stopUntilAnotherHasTheStream(final String mode, final String lastOrder) {
        launchDriver();
        final RunningJvm first = start(ProducerProcess.class, 1, SystemContexts.PERIOD_NS, mode);
        first.await("ATTACHED");
        final RunningJvm second = startProducer(2);
        second.await("REFUSED");
        final Consumer consumer = addConsumer(SystemContexts.PERIOD_NS);
        awaitFlow(consumer, 1);
        first.say(lastOrder);
        first.ask("hold", "HOLDING");
        final Set<String> mappedBefore = mappedBy(first);

        final long stoppedNs = System.nanoTime();
        first.stop();
        await("frames of the other producer", consumer, stoppedNs, () -> watch.framesOf(2) >= FLOW);

        assertThat(mappedBy(first)).isEqualTo(mappedBefore).isNotEmpty();
        assertThat(mappedBy(second)).isNotEmpty().doesNotContainAnyElementsOf(mappedBefore);
        return new Stopped(first, second, consumer);
    }

    /** While it is refused, the stream is the other's; when that one goes, it is its own again. */
    private void awaitRefusalAndReturn(final Stopped stopped, final long resumedNs) {
        final long refused = counters.value("attaches answered REJECTED");
        awaitLine(stopped.first(), "NO_EPOCH", stopped.consumer());
        await(
                "the woken producer is refused",
                stopped.consumer(),
                resumedNs,
                () -> counters.value("attaches answered REJECTED") > refused);
        awaitFlow(stopped.consumer(), 2);

        final long quitNs = System.nanoTime();
        stopped.second().say("quit");
        await("the woken producer is back", stopped.consumer(), quitNs, () -> watch.framesOf(1, 2) >= FLOW);
        assertThat(watch.violations()).isEmpty();
    }

    /** In invoker mode nothing tells it before it writes on: all of its frames go into memory that nobody reads. */
    @Test
    void shouldDropWhatAWokenProducerWritesBeforeItHearsThatItsLeaseIsOver() {
        final Stopped stopped = stopUntilAnotherHasTheStream("invoker", "run");
        final Consumer consumer = stopped.consumer();
        final int accepted = watch.framesOf(1);
        final long dropped = consumer.counts().otherEpoch();
        stopped.first().say("burst");

        final long resumedNs = System.nanoTime();
        stopped.first().resume();

        assertThat(stopped.first().await("BURST")).startsWith(ProducerProcess.BURST + " ");
        await(
                "its frames are dropped",
                consumer,
                resumedNs,
                () -> consumer.counts().otherEpoch() >= dropped + ProducerProcess.BURST);
        assertThat(watch.framesOf(1)).isEqualTo(accepted);
        awaitRefusalAndReturn(stopped, resumedNs);
    }

    /** With a thread of its own the client hears of it at once; a claim from before cannot be committed. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"agent", "invoker"})
    void shouldNotTakeTheClaimThatAWokenProducerHadOpen(final String mode) {
        final Stopped stopped = stopUntilAnotherHasTheStream(mode, "claim");
        final long refused = counters.value("attaches answered REJECTED");

        final long resumedNs = System.nanoTime();
        stopped.first().say("").resume();
        await(
                "it has heard that its lease is over",
                stopped.consumer(),
                resumedNs,
                () -> counters.value("attaches answered REJECTED") > refused);

        assertThat(stopped.first().ask("commit", "COMMITTED")).isEqualTo(Long.toString(Producer.EPOCH_CHANGED));
        awaitRefusalAndReturn(stopped, resumedNs);
    }
}
