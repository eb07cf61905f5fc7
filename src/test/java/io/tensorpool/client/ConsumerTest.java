package io.tensorpool.client;

import static io.tensorpool.support.FrameLog.SHAPE;
import static io.tensorpool.support.FrameLog.publishAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.protocol.DescriptorProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.shm.Rejection;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The ways of taking frames other than one after the other. */
@Timeout(60)
class ConsumerTest {
    private static TestDriver driver;
    private static int lastStreamId = 10_000;

    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final TensorPoolClient client = TensorPoolClient.connect(driver.clientContext()
            .descriptorEndpoint(Endpoint.ipc(1101))
            .errorHandler(error -> errors.add(String.valueOf(error.getMessage()))));
    private final FrameClaim claim = new FrameClaim();
    private final FrameLog frames = new FrameLog();

    @BeforeAll
    static void launch() {
        driver = new TestDriver();
    }

    @AfterAll
    static void closeDriver() {
        driver.close();
    }

    @AfterEach
    void close() {
        client.close();
    }

    private static int streamOfEightSlots() {
        return ++lastStreamId;
    }

    private Producer connected(final int streamId) {
        final Producer producer = client.addProducer(streamId);
        assertThat(producer.awaitConnected(Duration.ofSeconds(10))).isTrue();
        return producer;
    }

    private int latest(final Consumer consumer) {
        return consumer.pollLatest(frames);
    }

    @Test
    void shouldHandOnTheNewestAndCountThoseBeforeItAsSkipped() {
        final int streamId = TestDriver.DEEP_STREAM_ID;
        try (Consumer consumer = client.addConsumer(streamId);
                Producer producer = connected(streamId)) {
            assertThat(latest(consumer)).isZero();
            publishAll(producer, 500);

            assertThat(latest(consumer)).isEqualTo(1);
            assertThat(frames.seqs()).containsExactly(499L);
            assertThat(consumer.counts().skipped()).isEqualTo(499);
            assertThat(consumer.counts().received()).isEqualTo(1);
            assertThat(latest(consumer)).as("nothing new").isZero();

            publishAll(producer, 1);
            assertThat(latest(consumer)).isEqualTo(1);
            publishAll(producer, 3);
            assertThat(consumer.poll(frames, 10)).as("what was not passed over").isEqualTo(3);
            assertThat(frames.seqs()).containsExactly(499L, 500L, 501L, 502L, 503L);
            assertThat(consumer.counts().skipped()).isEqualTo(499);
            assertThat(consumer.counts().dropsGap()).isZero();
        }
    }

    @Test
    void shouldCountAGapApartFromWhatItPassesOver() {
        final int streamId = streamOfEightSlots();
        try (Consumer consumer = client.addConsumer(streamId);
                Producer producer = connected(streamId)) {
            publishAll(producer, 2);
            producer.tryClaim(SHAPE, claim);
            claim.abort();
            publishAll(producer, 2);

            assertThat(latest(consumer)).isEqualTo(1);
            assertThat(frames.seqs()).containsExactly(4L);
            assertThat(consumer.counts().skipped()).isEqualTo(3);
            assertThat(consumer.counts().dropsGap()).isEqualTo(1);
        }
    }

    @Test
    void shouldSayThatTheNewestFrameCouldNotBeHad() {
        final int streamId = TestDriver.FOUR_SLOTS_STREAM_ID;
        try (Consumer consumer = client.addConsumer(streamId);
                Producer producer = connected(streamId)) {
            publishAll(producer, 1);
            frames.await(consumer, 1);
            publishAll(producer, 1);
            for (int i = 0; i < 4; i++) { // over it, without an announce
                producer.tryClaim(SHAPE, claim);
                claim.abort();
            }

            assertThat(latest(consumer)).isZero();
            assertThat(consumer.counts().dropsLate()).isEqualTo(1);
            assertThat(consumer.counts().skipped()).isZero();
        }
    }

    @Test
    void shouldLetAnExceptionOfTheHandlerOutAndGoOn() {
        final int streamId = streamOfEightSlots();
        try (Consumer consumer = client.addConsumer(streamId);
                Producer producer = connected(streamId)) {
            publishAll(producer, 3);
            assertThatThrownBy(() -> consumer.pollLatest(frame -> {
                        throw new UnsupportedOperationException("mine");
                    }))
                    .isInstanceOf(UnsupportedOperationException.class);
            assertThat(consumer.counts().received()).isEqualTo(1);

            publishAll(producer, 1);
            assertThat(latest(consumer)).isEqualTo(1);
            assertThat(frames.seqs()).containsExactly(3L);
        }
    }

    @Test
    void shouldReadAnyFrameThatIsStillInTheRing() {
        final int streamId = streamOfEightSlots();
        try (Consumer consumer = client.addConsumer(streamId);
                Producer producer = connected(streamId)) {
            final Frame frame = new Frame();
            assertThatThrownBy(frame::isIntact).isInstanceOf(IllegalStateException.class);
            publishAll(producer, 10);

            for (long seq = 2; seq < 10; seq++) {
                assertThat(consumer.read(seq, frame)).as("%d", seq).isTrue();
                assertThat(frame.seq()).isEqualTo(seq);
                assertThat(frame.streamId()).isEqualTo(streamId);
                assertThat(frame.publishTimestampNs()).isEqualTo(Frame.NO_TIMESTAMP);
                assertThat(frame.traceId()).isZero();
                frames.onFrame(frame);
            }
            assertThat(frames.torn()).isZero();
            assertThat(frames.seqs()).hasSize(8);
            for (final long seq : new long[] {0, 1, 10, 11, Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
                assertThat(consumer.read(seq, frame)).as("%d", seq).isFalse();
            }
            assertThat(frame.seq()).as("unchanged").isEqualTo(9);

            frames.seqs().clear();
            frames.await(consumer, 8);
            assertThat(consumer.counts().received())
                    .as("as if nothing had been read")
                    .isEqualTo(8);
            assertThat(consumer.counts().dropsLate() + consumer.counts().beforeJoin())
                    .isEqualTo(2);
        }
    }

    @Test
    void shouldSayThatAFrameThatWasReadIsOverwritten() {
        final int streamId = TestDriver.FOUR_SLOTS_STREAM_ID + 1;
        try (Consumer consumer = client.addConsumer(streamId);
                Producer producer = connected(streamId)) {
            final Frame frame = new Frame();
            publishAll(producer, 1);
            assertThat(consumer.read(0, frame)).isTrue();
            assertThat(frame.isIntact()).isTrue();

            publishAll(producer, 4);
            assertThat(frame.isIntact()).isFalse();
            assertThat(consumer.read(0, frame)).isFalse();
            assertThat(consumer.read(4, frame)).isTrue();
            assertThat(frame.isIntact()).isTrue();
        }
    }

    @Test
    void shouldReadNothingWhileNoEpochIsMapped() {
        final int streamId = streamOfEightSlots();
        final Consumer consumer = client.addConsumer(streamId);
        consumer.close();

        assertThat(consumer.read(0, new Frame())).isFalse();
        assertThat(consumer.pollLatest(frames)).isZero();
    }

    @Test
    void shouldNotReadIntoTheFrameThatAHandlerIsGiven() {
        final int streamId = streamOfEightSlots();
        try (Consumer consumer = client.addConsumer(streamId);
                Producer producer = connected(streamId)) {
            publishAll(producer, 2);
            final AtomicReference<Frame> given = new AtomicReference<>();
            Await.until("a frame", () -> consumer.poll(given::set, 1), () -> given.get() != null);

            assertThatThrownBy(() -> consumer.read(0, given.get()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("new Frame()");
        }
    }

    @Test
    void shouldGiveFramesToTheHandlerThatItWasAddedWith() {
        final int streamId = TestDriver.DEEP_STREAM_ID;
        final List<Long> seqs = new CopyOnWriteArrayList<>();
        final List<String> threads = new CopyOnWriteArrayList<>();
        try (Consumer consumer = client.addConsumer(ConsumerOptions.of(streamId).handler(frame -> {
                    threads.add(Thread.currentThread().getName());
                    seqs.add(frame.seq());
                    if (frame.seq() == 3) {
                        throw new UnsupportedOperationException("mine");
                    }
                }));
                Producer producer = connected(streamId)) {
            publishAll(producer, 200);
            Await.until(() -> "all frames: " + consumer, () -> 0, () -> seqs.size() == 200);

            assertThat(seqs).isSorted().doesNotHaveDuplicates();
            assertThat(threads).containsOnly("tensorpool-client");
            assertThat(errors).containsExactly("mine");
            Await.until("counted", () -> consumer.counts().received() == 200);
            assertThatThrownBy(() -> consumer.poll(frames, 10))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("handler");
            assertThatThrownBy(() -> consumer.pollLatest(frames)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldRefuseToWaitForTheClientInItsOwnHandler() {
        final int streamId = streamOfEightSlots();
        final List<Throwable> refusals = new CopyOnWriteArrayList<>();
        try (Consumer consumer = client.addConsumer(ConsumerOptions.of(streamId).handler(frame -> {
                    try {
                        client.addConsumer(streamId);
                    } catch (final RuntimeException ex) {
                        refusals.add(ex);
                    }
                }));
                Producer producer = connected(streamId)) {
            assertThat(FrameLog.publish(producer, claim)).isPositive();
            Await.until(() -> "handled: " + consumer, () -> 0, () -> !refusals.isEmpty());

            assertThat(refusals)
                    .first()
                    .isInstanceOf(IllegalStateException.class)
                    .satisfies(refused -> assertThat(refused).hasMessageContaining("must not wait"));
        }
    }

    @Test
    void shouldBeClosedByItsOwnHandler() {
        final int streamId = streamOfEightSlots();
        final AtomicReference<Consumer> self = new AtomicReference<>();
        final List<Long> seqs = new CopyOnWriteArrayList<>();
        self.set(client.addConsumer(ConsumerOptions.of(streamId).handler(frame -> {
            seqs.add(frame.seq());
            self.get().close();
        })));
        try (Producer producer = connected(streamId)) {
            publishAll(producer, 3);
            Await.until("a frame", () -> !seqs.isEmpty());
            Await.until(
                    "its lease is given back",
                    () -> driver.driver().leases().join().stream()
                            .noneMatch(lease ->
                                    lease.clientId() == self.get().attachment().clientId()));
        }
    }

    @Test
    void shouldDropEverythingUpToTheNewestWhenItIsTooFarBehind() {
        final int streamId = TestDriver.DEEP_STREAM_ID;
        try (Consumer consumer = client.addConsumer(ConsumerOptions.of(streamId).resyncAfterGap(10));
                Producer producer = connected(streamId)) {
            publishAll(producer, 5);
            frames.await(consumer, 5);
            abort(producer, 10);
            publishAll(producer, 5);
            frames.await(consumer, 10);
            assertThat(consumer.counts().resyncs()).as("not more than allowed").isZero();

            abort(producer, 11);
            publishAll(producer, 300);
            final List<Long> seqs = new ArrayList<>();
            Await.until("frames", () -> consumer.poll(frame -> seqs.add(frame.seq()), 10), () -> !seqs.isEmpty());

            assertThat(seqs).containsExactly(330L);
            assertThat(consumer.counts().resyncs()).isEqualTo(1);
            assertThat(consumer.counts().dropsGap()).as("reported, too").isEqualTo(10 + 11 + 299);
            assertThat(consumer.counts().skipped()).isZero();

            publishAll(producer, 5);
            frames.seqs().clear();
            frames.await(consumer, 5);
            assertThat(frames.seqs()).containsExactly(331L, 332L, 333L, 334L, 335L);
        }
    }

    @Test
    void shouldNotDropAnythingUnlessAskedTo() {
        final int streamId = TestDriver.DEEP_STREAM_ID;
        try (Consumer consumer = client.addConsumer(streamId);
                Producer producer = connected(streamId)) {
            publishAll(producer, 1);
            abort(producer, 1_000);
            publishAll(producer, 300);

            frames.await(consumer, 301);
            assertThat(consumer.counts().dropsGap()).isEqualTo(1_000);
            assertThat(consumer.counts().resyncs()).isZero();
        }
    }

    @Test
    void shouldRefuseAGapThatIsNone() {
        assertThatThrownBy(() -> ConsumerOptions.of(1).resyncAfterGap(0))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("resyncAfterGap = 0");
    }

    @Test
    void shouldNotFollowANumberThatTheProducerHasNotReached() {
        final int streamId = streamOfEightSlots();
        try (Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                Publication forger = aeron.addPublication(Endpoint.IPC_CHANNEL, 1101);
                Consumer consumer = client.addConsumer(streamId);
                Producer producer = connected(streamId)) {
            publishAll(producer, 3);
            final AtomicLong epoch = new AtomicLong();
            final FrameHandler handler = frame -> {
                epoch.set(frame.epoch());
                frames.onFrame(frame);
            };
            Await.until(
                    "received",
                    () -> consumer.poll(handler, 10),
                    () -> frames.seqs().size() == 3);

            final DescriptorProxy forged = new DescriptorProxy(new PublicationSink(forger));
            for (final long seq : new long[] {3, 11, 1L << 40, Long.MAX_VALUE, -1}) {
                Await.until("sent", () -> forged.frame(streamId, epoch.get(), seq, -1, 0, 0) > 0);
            }
            Await.until(
                    "refused",
                    () -> consumer.poll(handler, 2),
                    () -> consumer.counts().rejected() >= 2);
            Await.until(
                    "refused", () -> latest(consumer), () -> consumer.counts().rejected() == 5);

            publishAll(producer, 2);
            Await.until(
                    "received",
                    () -> consumer.poll(handler, 10),
                    () -> frames.seqs().size() == 5);

            assertThat(frames.seqs()).containsExactly(0L, 1L, 2L, 3L, 4L);
            assertThat(consumer.counts().rejected(Rejection.NOT_REACHED)).isEqualTo(5);
            assertThat(consumer.counts().dropsGap()).isZero();
            assertThat(consumer.counts().dropsLate()).isZero();
            assertThat(consumer.counts().oldSeq()).isZero();
        }
    }

    private void abort(final Producer producer, final int claims) {
        for (int i = 0; i < claims; i++) {
            producer.tryClaim(SHAPE, claim);
            claim.abort();
        }
    }
}
