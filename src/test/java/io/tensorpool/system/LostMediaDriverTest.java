package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.support.Await;
import io.tensorpool.support.RunningJvm;
import io.tensorpool.support.ShmDirectory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Frames flow again after Aeron has closed its clients, because their media driver ended or because a process stood still
 * for longer than the media driver allows. Nothing is done about it by any application. Processes, because only these can be
 * killed and stopped. The consumer of this process checks every frame.
 */
@Timeout(180)
class LostMediaDriverTest {
    private static final System.Logger LOG = System.getLogger(LostMediaDriverTest.class.getName());
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final int FLOW = 20;
    /** Long enough for a busy machine, short enough for a test that stands still for longer. */
    private static final long LIVENESS_MS = 3_000;

    private final ShmDirectory base = ShmDirectory.create();
    private final String aeron = base.path().resolve("aeron").toString();
    private final List<AutoCloseable> toClose = new ArrayList<>();
    private final FrameWatch watch = new FrameWatch();
    private RunningJvm mediaDriver;
    private RunningJvm driver;
    private RunningJvm producer;
    private Consumer consumer;

    @BeforeEach
    void launch() {
        mediaDriver = startMediaDriver();
        mediaDriver.await("READY");
        driver = start(DriverProcess.class, aeron, base.path());
        driver.await("READY");
        producer = start(ProducerProcess.class, aeron, base.path(), 1, SystemContexts.PERIOD_NS, "agent");
        producer.await("ATTACHED");
        final TensorPoolClient client =
                TensorPoolClient.connect(SystemContexts.client(aeron, base.path(), SystemContexts.PERIOD_NS));
        toClose.add(client);
        consumer = client.addConsumer(SystemContexts.STREAM_ID);
        await("frames flow", System.nanoTime(), () -> watch.framesOf(1) >= FLOW);
    }

    @AfterEach
    void close() {
        CloseHelper.closeAll(toClose.reversed());
        CloseHelper.close(base);
    }

    private RunningJvm startMediaDriver() {
        return start(MediaDriverProcess.class, aeron, LIVENESS_MS);
    }

    private RunningJvm start(final Class<?> main, final Object... arguments) {
        final String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        final RunningJvm started = RunningJvm.start(main, words);
        toClose.add(started);
        return started;
    }

    /** Polls until it is so, and writes down how long that took. */
    private void await(final String what, final long sinceNs, final BooleanSupplier condition) {
        Await.until(() -> what + "; " + consumer + ", " + watch, DEADLINE, () -> consumer.poll(watch, 10), condition);
        LOG.log(
                System.Logger.Level.INFO,
                "{0}: after {1} ms",
                what,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sinceNs));
    }

    private void awaitFramesOfANewLease(final String since, final long sinceNs) {
        final int before = watch.framesOf(1);
        final long epoch = watch.epoch();
        await(
                "frames of a new epoch, since " + since,
                sinceNs,
                () -> watch.epoch() != epoch && watch.framesOf(1) >= before + FLOW);
        assertThat(watch.violations()).isEmpty();
        assertThat(driver.hasSaid("ENDED")).isFalse();
    }

    @Test
    void shouldGoOnWhenTheMediaDriverIsKilledAndReplacedAtOnce() {
        final long killedNs = System.nanoTime();
        mediaDriver.kill();
        startMediaDriver().await("READY");

        awaitFramesOfANewLease("the media driver was killed", killedNs);
    }

    @Test
    void shouldGoOnWhenTheMediaDriverComesBackAfterItWasMissed() {
        final long killedNs = System.nanoTime();
        mediaDriver.kill();
        await("the consumer lets go of a killed media driver", killedNs, () -> !consumer.isMapped());
        producer.await("NO_EPOCH");

        final RunningJvm next = startMediaDriver();
        next.await("READY");
        final long readyNs = System.nanoTime();

        awaitFramesOfANewLease("the next media driver was there", readyNs);
    }

    @Test
    void shouldGoOnWhenTheMediaDriverEndsInOrderAndComesBack() {
        final long endedNs = System.nanoTime();
        mediaDriver.ask("close", "CLOSED");
        await("the consumer lets go of a media driver that ended", endedNs, () -> !consumer.isMapped());

        startMediaDriver().await("READY");
        final long readyNs = System.nanoTime();

        awaitFramesOfANewLease("the next media driver was there", readyNs);
    }

    private long standStill(final RunningJvm process) {
        process.stop();
        final long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIVENESS_MS + 2_000);
        Await.until(
                () -> "the time passes",
                DEADLINE,
                () -> consumer.poll(watch, 10),
                () -> System.nanoTime() - untilNs > 0);
        process.resume();
        return System.nanoTime();
    }

    @Test
    void shouldGoOnWhenTheProducerStoodStillForLongerThanItsMediaDriverAllows() {
        final long resumedNs = standStill(producer);

        awaitFramesOfANewLease("the producer was resumed", resumedNs);
    }

    @Test
    void shouldGoOnWhenTheDriverStoodStillForLongerThanItsMediaDriverAllows() {
        final long resumedNs = standStill(driver);

        awaitFramesOfANewLease("the driver was resumed", resumedNs);
    }

    @Test
    void shouldGoOnWhenAConsumerStoodStillForLongerThanItsMediaDriverAllows() {
        final RunningJvm other = start(ConsumerProcess.class, aeron, base.path(), SystemContexts.PERIOD_NS);
        other.await("FLOWING");

        final long resumedNs = standStill(other);
        final long before = Long.parseLong(other.ask("frames", "FRAMES"));
        await(
                "frames of a consumer since it was resumed",
                resumedNs,
                () -> Long.parseLong(other.ask("frames", "FRAMES")) >= before + FLOW);

        assertThat(other.ask("report", "VIOLATIONS")).isEqualTo("[]");
        assertThat(watch.violations()).isEmpty();
    }

    /** Nobody hears it, but its memory goes. */
    @Test
    void shouldEndInOrderWithoutAMediaDriver() {
        mediaDriver.ask("close", "CLOSED");
        producer.await("NO_EPOCH");

        driver.ask("close", "CLOSED");
        producer.ask("quit", "CLOSED");

        assertThat(base.path().resolve("tensorpool-test/default/" + SystemContexts.STREAM_ID))
                .doesNotExist();
    }
}
