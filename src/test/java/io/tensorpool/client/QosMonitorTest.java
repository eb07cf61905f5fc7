package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tensorpool.ConsumerMode;
import io.tensorpool.protocol.QosListener;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.ManualClock;
import io.tensorpool.support.TestDriver;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a client knows of all reporters. */
class QosMonitorTest {
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);
    private static final int STREAM_ID = 0x8000_0001; // above 2^31
    private static final int CAPACITY = 8;

    private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 5); // overflows on the way
    private final QosMonitor monitor = new QosMonitor(clock, INTERVAL_NS, CAPACITY);

    private void pass(final long ns) {
        monitor.doWork(clock.advance(ns).nanoTime());
    }

    private void consumer(final int id, final long epoch, final long seq, final long gap, final long late) {
        monitor.onQosConsumer(STREAM_ID, id, epoch, seq, gap, late, ConsumerMode.RATE_LIMITED);
    }

    @Test
    void shouldShowWhatAConsumerReported() {
        final long startNs = clock.nanoTime();
        consumer(-7, -2, 100, 1, 2);
        pass(INTERVAL_NS);
        consumer(-7, -2, 350, 4, 4);

        assertThat(monitor.consumers())
                .containsExactly(new ConsumerReport(
                        STREAM_ID,
                        -7,
                        -2,
                        350,
                        ConsumerMode.RATE_LIMITED,
                        250,
                        new ConsumerReport.Drops(4, 4, 5),
                        new Presence(true, 2, startNs, startNs + INTERVAL_NS)));
        assertThat(monitor.producers()).isEmpty();
    }

    @Test
    void shouldShowWhatAProducerReported() {
        final long startNs = clock.nanoTime();
        monitor.onQosProducer(STREAM_ID, 3, 9, 5, 0x8000_0000);
        monitor.onQosProducer(STREAM_ID, 4, 9, 5, QosListener.NO_WATERMARK);

        assertThat(monitor.producers())
                .containsExactlyInAnyOrder(
                        new ProducerReport(
                                STREAM_ID, 3, 9, 5, 0x8000_0000L, 0, new Presence(true, 1, startNs, startNs)),
                        new ProducerReport(STREAM_ID, 4, 9, 5, -1, 0, new Presence(true, 1, startNs, startNs)));
    }

    @Test
    void shouldStartRatesAnewWithAnEpochAndWhenCountsFall() {
        consumer(1, 5, 1_000, 10, 0);
        pass(INTERVAL_NS);
        consumer(1, 6, 20, 10, 0);
        assertThat(monitor.consumers().getFirst().framesPerSecond()).isZero();

        pass(INTERVAL_NS);
        consumer(1, 6, 50, 10, 0);
        assertThat(monitor.consumers().getFirst().framesPerSecond()).isEqualTo(30);

        pass(INTERVAL_NS);
        consumer(1, 6, 60, 0, 0);
        assertThat(monitor.consumers().getFirst().drops().perSecond()).isZero();
    }

    @Test
    void shouldNotComputeARateOverNoTime() {
        consumer(1, 5, 0, 0, 0);
        consumer(1, 5, 1_000_000, 0, 0);
        assertThat(monitor.consumers().getFirst().framesPerSecond()).isZero();

        pass(INTERVAL_NS);
        consumer(1, 5, 2_000_000, 0, 0);
        assertThat(monitor.consumers().getFirst().framesPerSecond()).isCloseTo(2_000_000, within(1e-6));
    }

    @Test
    void shouldCallAReporterAliveForFourIntervalsAndForgetItAfterSixty() {
        consumer(1, 5, 0, 0, 0);
        monitor.onQosProducer(STREAM_ID, 2, 5, 0, 0);
        pass(4 * INTERVAL_NS);
        assertThat(monitor.consumers().getFirst().presence().isAlive()).isTrue();
        assertThat(monitor.producers().getFirst().presence().isAlive()).isTrue();

        pass(1);
        assertThat(monitor.consumers().getFirst().presence().isAlive()).isFalse();
        assertThat(monitor.producers().getFirst().presence().isAlive()).isFalse();

        pass(2 * INTERVAL_NS);
        consumer(1, 5, 0, 0, 0);
        assertThat(monitor.consumers().getFirst().presence().isAlive()).isTrue();

        pass(INTERVAL_NS);
        pass(60 * INTERVAL_NS);
        pass(INTERVAL_NS);
        assertThat(monitor.consumers()).isEmpty();
        assertThat(monitor.producers()).isEmpty();
    }

    @Test
    void shouldNeverGiveUpALiveReporterForInventedOnes() {
        final Random random = new Random(42);
        consumer(1, 5, 0, 0, 0);
        for (int second = 0; second < 10; second++) {
            pass(INTERVAL_NS);
            consumer(1, 5, second, 0, 0);
            for (int i = 0; i < 100; i++) {
                monitor.onQosConsumer(random.nextInt(), random.nextInt(), 1, 1, 1, 1, ConsumerMode.STREAM);
            }
        }
        assertThat(monitor.consumers())
                .hasSize(CAPACITY)
                .anyMatch(
                        report -> report.consumerId() == 1 && report.presence().reports() == 11);
        assertThat(monitor.refusedReports()).isGreaterThan(900);
    }

    @Test
    void shouldLetANewcomerTakeThePlaceOfASilentOne() {
        for (int id = 1; id <= CAPACITY; id++) {
            consumer(id, 5, 0, 0, 0);
        }
        pass(4 * INTERVAL_NS + 1);
        consumer(99, 5, 0, 0, 0);

        assertThat(monitor.consumers())
                .hasSize(CAPACITY)
                .filteredOn(report -> report.presence().isAlive())
                .extracting(ConsumerReport::consumerId)
                .containsExactly(99);
        assertThat(monitor.refusedReports()).isZero();
    }

    /** The writer reports the same number in all fields; a torn copy would differ. */
    @Test
    @Timeout(30)
    void shouldShowWholeReportsToOtherThreads() throws InterruptedException {
        final AtomicBoolean isOver = new AtomicBoolean();
        final Thread writer = Thread.ofPlatform().start(() -> {
            for (long i = 0; !isOver.get(); i++) {
                consumer(1, i, i, i, i);
            }
        });
        int differing = 0;
        long last = -1;
        for (int i = 0; i < 200_000; i++) {
            for (final ConsumerReport report : monitor.consumers()) {
                final long value = report.epoch();
                assertThat(new long[] {
                            report.lastSeqSeen(),
                            report.drops().gap(),
                            report.drops().late()
                        })
                        .containsOnly(value);
                differing += value == last ? 0 : 1;
                last = value;
            }
        }
        isOver.set(true);
        writer.join();
        assertThat(differing).isGreaterThan(1);
    }

    @Test
    void shouldHearTheProducersAndConsumersOfAllClients() {
        try (TestDriver driver = new TestDriver();
                TensorPoolClient watcher = driver.connect();
                TensorPoolClient client = driver.connect();
                Producer producer = client.addProducer(10_000);
                Consumer consumer = client.addConsumer(10_000)) {
            assertThat(producer.awaitConnected(Duration.ofSeconds(10))).isTrue();
            new FrameLog().awaitFlow(producer, consumer);

            Await.until(
                    () -> watcher.qos().producers() + " and " + watcher.qos().consumers(),
                    () -> 0,
                    () -> watcher.qos().producers().stream()
                                    .anyMatch(report -> report.streamId() == 10_000 && report.currentSeq() > 0)
                            && watcher.qos().consumers().stream()
                                    .anyMatch(report -> report.streamId() == 10_000
                                            && report.mode() == ConsumerMode.STREAM
                                            && report.presence().isAlive()));
        }
    }
}
