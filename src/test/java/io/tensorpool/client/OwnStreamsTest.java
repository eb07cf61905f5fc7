package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.tensorpool.ConfigurationException;
import io.tensorpool.ConsumerMode;
import io.tensorpool.Endpoint;
import io.tensorpool.ProgressHints;
import io.tensorpool.client.Consumer.Delivery;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerConfigProxy;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.protocol.OwnStreams;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Consumers with streams of their own, from request to end: a real media driver, and a driver with and without ranges. */
@Timeout(60)
class OwnStreamsTest {
    private static final int STREAM_ID = TestDriver.DEEP_STREAM_ID;
    private static final Endpoint WISH = new Endpoint("aeron:ipc?term-length=64k", 31_005);

    private final FrameClaim claim = new FrameClaim();
    private final FrameLog frames = new FrameLog();
    private TestDriver driver;
    private TensorPoolClient client;

    @AfterEach
    void close() {
        client.close();
        driver.close();
    }

    private void launch(final StreamIdRange descriptors, final StreamIdRange controls) {
        driver = new TestDriver(context -> withRanges(context, descriptors, controls));
        client = TensorPoolClient.connect(driver.clientContext().reportIntervalNs(TimeUnit.MILLISECONDS.toNanos(100)));
    }

    private void launchWithoutRanges() {
        launch(null, null);
    }

    private static DriverContext withRanges(
            final DriverContext context, final StreamIdRange descriptors, final StreamIdRange controls) {
        return context.perConsumerStreamRanges(descriptors, controls).keepaliveIntervalNs(1_000_000_000L);
    }

    private static ConsumerOptions options() {
        return ConsumerOptions.of(STREAM_ID).ownDescriptors(WISH);
    }

    private Producer addProducer() {
        return client.addProducer(STREAM_ID);
    }

    private static void awaitConnected(final Producer producer) {
        assertThat(producer.awaitConnected(Duration.ofSeconds(10))).isTrue();
    }

    private void flowUntil(
            final String what, final Producer producer, final Consumer consumer, final BooleanSupplier condition) {
        Await.until(
                () -> what + "; " + consumer + " " + consumer.delivery() + " " + producer.consumerStreams(),
                () -> {
                    FrameLog.publish(producer, claim);
                    return consumer.poll(frames, 10);
                },
                condition);
    }

    /** Everything that was published is counted, once. */
    private void assertEverySeqReceived(final Consumer consumer) {
        assertThat(frames.torn()).isZero();
        assertThat(frames.seqs()).isSorted().doesNotHaveDuplicates();
        assertThat(consumer.counts().oldSeq()).isZero();
        assertThat(consumer.counts().dropsLate()).isZero();
        assertThat(consumer.counts().received()
                        + consumer.counts().dropsGap()
                        + consumer.counts().rateSkipped())
                .isEqualTo(frames.seqs().getLast() - frames.seqs().getFirst() + 1);
    }

    /** What met back pressure, on the shared stream or on one of a consumer's own. */
    private static long lost(final Producer producer) {
        return producer.counts().backPressured() + producer.consumerStreams().dropped();
    }

    private static void drain(final Consumer consumer, final FrameLog to) {
        while (consumer.poll(to, 64) > 0) {
            // until there is nothing
        }
    }

    @ParameterizedTest(name = "driver with ranges: {0}")
    @ValueSource(booleans = {true, false})
    void shouldGoOverToItsOwnStreamWithoutLosingOrRepeatingAFrame(final boolean hasRanges) {
        launch(hasRanges ? new StreamIdRange(31_000, 31_009) : null, null);
        try (Producer producer = addProducer();
                Consumer other = client.addConsumer(STREAM_ID);
                Consumer consumer = client.addConsumer(options())) {
            awaitConnected(producer);
            final FrameLog framesOfOther = new FrameLog();
            flowUntil("its own stream", producer, consumer, () -> {
                other.poll(framesOfOther, 10);
                return consumer.delivery() == Delivery.OWN;
            });
            final int before = frames.seqs().size();
            flowUntil("frames on it", producer, consumer, () -> {
                other.poll(framesOfOther, 10);
                return frames.seqs().size() > before + 100;
            });

            assertEverySeqReceived(consumer);
            assertThat(consumer.counts().dropsGap()).isLessThanOrEqualTo(lost(producer));
            drain(other, framesOfOther);
            assertThat(other.delivery()).isEqualTo(Delivery.SHARED);
            assertThat(other.counts().received() + other.counts().dropsGap())
                    .as("all of them")
                    .isEqualTo(framesOfOther.seqs().getLast()
                            - framesOfOther.seqs().getFirst()
                            + 1)
                    .isGreaterThan(100);
            assertThat(producer.consumerStreams().served()).isEqualTo(1);
        }
    }

    @Test
    void shouldBeServedByAProducerThatComesLater() {
        launch(new StreamIdRange(31_000, 31_009), new StreamIdRange(32_000, 32_009));
        try (Consumer consumer = client.addConsumer(
                options().ownControls(new Endpoint("aeron:ipc", 7)).progress(ProgressHints.ANY))) {
            try (Producer producer = addProducer()) {
                flowUntil("its own stream", producer, consumer, () -> consumer.delivery() == Delivery.OWN);
                Await.until(
                        "the control stream, too",
                        () -> producer.consumerStreams().served() == 2);
            }
            Await.until(
                    "back on the shared stream",
                    () -> consumer.poll(frames, 10),
                    () -> consumer.delivery() == Delivery.SHARED || !consumer.isMapped());
            try (Producer next = addProducer()) {
                flowUntil("its own stream again", next, consumer, () -> consumer.delivery() == Delivery.OWN);
            }
        }
        assertThat(frames.torn()).isZero();
    }

    @Test
    void shouldStayOnTheSharedStreamWhenTheIdsAreExhausted() {
        launch(new StreamIdRange(31_000, 31_000), null);
        try (Producer producer = addProducer();
                Consumer second = beginAfterAnother(producer)) {
            flowUntil("the id of the first", producer, second, () -> second.delivery() == Delivery.OWN);
        }
    }

    /** While another one has the only id, it is on the shared stream. */
    private Consumer beginAfterAnother(final Producer producer) {
        try (Consumer first = client.addConsumer(options())) {
            flowUntil("the only id", producer, first, () -> first.delivery() == Delivery.OWN);
            frames.seqs().clear();
            final Consumer second = client.addConsumer(options());
            final FrameLog framesOfFirst = new FrameLog();
            flowUntil("frames on the shared stream", producer, second, () -> {
                first.poll(framesOfFirst, 10);
                return frames.seqs().size() > 1_000;
            });
            assertThat(second.delivery()).isEqualTo(Delivery.SHARED);
            assertEverySeqReceived(second);
            assertThat(framesOfFirst.seqs()).hasSizeGreaterThan(900);
            return second;
        }
    }

    @Test
    void shouldComeBackToItsOwnStreamWithTheNextDriver() {
        launch(new StreamIdRange(31_000, 31_009), null);
        try (Producer producer = addProducer();
                Consumer consumer = client.addConsumer(options())) {
            flowUntil("its own stream", producer, consumer, () -> consumer.delivery() == Delivery.OWN);

            driver.restart();

            frames.seqs().clear();
            flowUntil("frames", producer, consumer, () -> frames.seqs().size() > 100);
            flowUntil("its own stream", producer, consumer, () -> consumer.delivery() == Delivery.OWN);
            assertThat(frames.torn()).isZero();
        }
    }

    @Test
    void shouldSkipFramesOnItsOwnStreamAtTheProducer() {
        launchWithoutRanges();
        try (Producer producer = addProducer();
                Consumer consumer = client.addConsumer(options().rateLimited(50))) {
            flowUntil("its own stream", producer, consumer, () -> consumer.delivery() == Delivery.OWN);
            final long skippedBefore = producer.consumerStreams().skipped();
            final long receivedBefore = consumer.counts().received();
            final long gapBefore = consumer.counts().dropsGap();
            final long startNs = System.nanoTime();
            flowUntil(
                    "half a second",
                    producer,
                    consumer,
                    () -> System.nanoTime() - startNs > TimeUnit.MILLISECONDS.toNanos(500));
            final double seconds = (System.nanoTime() - startNs) / 1e9;
            final long received = consumer.counts().received() - receivedBefore;

            assertThat(received).isBetween(5L, (long) (50 * seconds) + 3);
            assertThat(producer.consumerStreams().skipped() - skippedBefore).isGreaterThan(100);
            drain(consumer, frames);
            assertEverySeqReceived(consumer);
            assertThat(consumer.counts().dropsGap()).as("on its own stream").isEqualTo(gapBefore);
        }
    }

    @ParameterizedTest(name = "publish times: {0}")
    @ValueSource(booleans = {true, false})
    void shouldSkipFramesItselfOnTheSharedStreamByTheirTimes(final boolean publishTimes) {
        launchWithoutRanges();
        final Endpoint roomy = Endpoint.ipc(1101);
        final ProducerOptions how = ProducerOptions.of(STREAM_ID).withDescriptorEndpoint(roomy);
        try (Producer producer = client.addProducer(publishTimes ? how.withPublishTimestamps() : how);
                Consumer consumer = client.addConsumer(
                        ConsumerOptions.of(STREAM_ID).rateLimited(100).descriptorEndpoint(roomy))) {
            awaitConnected(producer);
            final long captureNs = TimeUnit.HOURS.toNanos(5);
            for (int i = 0; i < 1_000; i++) { // of 1,000 per second by their capture times
                producer.tryClaim(FrameLog.SHAPE, claim);
                claim.payload().fill((byte) claim.seq());
                claim.timestampNs(captureNs + i * 1_000_000L).commit();
                consumer.poll(frames, 10);
            }
            drain(consumer, frames);

            final ConsumerCounts counts = consumer.counts();
            assertThat(counts.received() + counts.rateSkipped() + counts.dropsGap())
                    .isEqualTo(1_000);
            if (publishTimes) {
                assertThat(counts.rateSkipped()).as("published much faster").isGreaterThan(900);
            } else {
                assertThat(counts.received()).isBetween(95L, 100L);
            }
        }
    }

    @Test
    void shouldSkipFramesByItsOwnClockWhereTheyHaveNoTime() {
        launchWithoutRanges();
        final Endpoint roomy = Endpoint.ipc(1101);
        try (Producer producer =
                        client.addProducer(ProducerOptions.of(STREAM_ID).withDescriptorEndpoint(roomy));
                Consumer consumer = client.addConsumer(
                        ConsumerOptions.of(STREAM_ID).rateLimited(100).descriptorEndpoint(roomy))) {
            awaitConnected(producer);
            final long startNs = System.nanoTime();
            for (int i = 0; i < 1_000; i++) {
                producer.tryClaim(FrameLog.SHAPE, claim);
                claim.payload().fill((byte) claim.seq());
                claim.timestampNs(0).commit();
                consumer.poll(frames, 10);
            }
            drain(consumer, frames);
            final double seconds = (System.nanoTime() - startNs) / 1e9;

            assertThat(consumer.counts().received()).isBetween(1L, (long) (100 * seconds) + 2);
            assertThat(consumer.counts().rateSkipped()).isPositive();
        }
    }

    /** A supervisor, as far as consumers can tell. */
    private final class Authority implements AutoCloseable {
        private final Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
        private final ConsumerConfigProxy proxy =
                new ConsumerConfigProxy(new PublicationSink(aeron.addPublication(Endpoint.IPC_CHANNEL, 1000)));

        void say(
                final Consumer consumer,
                final boolean useShm,
                final ConsumerMode mode,
                final String uri,
                final OwnStream descriptors) {
            final ConsumerConfig config = new ConsumerConfig(
                    STREAM_ID,
                    consumer.attachment().clientId(),
                    useShm,
                    mode,
                    uri,
                    new OwnStreams(descriptors, OwnStream.NONE));
            Await.until("said", () -> proxy.config(config) > 0);
        }

        void assign(final Consumer consumer, final OwnStream descriptors) {
            say(consumer, true, ConsumerMode.STREAM, "", descriptors);
        }

        @Override
        public void close() {
            aeron.close();
        }
    }

    @Test
    void shouldKeepItsFirstStreamUntilItIsWithdrawnAndLoseNothingThen() {
        launch(null, null);
        try (Authority authority = new Authority();
                Producer producer = addProducer();
                Consumer consumer = client.addConsumer(options())) {
            authority.assign(consumer, new OwnStream("aeron:ipc", 31_777));
            flowUntil("the assigned stream", producer, consumer, () -> {
                authority.assign(consumer, new OwnStream("aeron:ipc", 31_777));
                return consumer.delivery() == Delivery.OWN;
            });
            frames.seqs().clear();
            flowUntil("frames", producer, consumer, () -> frames.seqs().size() > 100);
            final long gapBefore = consumer.counts().dropsGap();

            authority.assign(consumer, OwnStream.NONE);
            flowUntil("the shared stream", producer, consumer, () -> consumer.delivery() == Delivery.SHARED);
            Await.until(
                    "the producer has closed it",
                    () -> consumer.poll(frames, 10),
                    () -> producer.consumerStreams().served() == 0);
            assertThat(frames.seqs()).isSorted().doesNotHaveDuplicates();
            assertThat(frames.torn()).isZero();
            assertThat(consumer.counts().oldSeq()).isZero();
            assertThat(frames.seqs().size() + consumer.counts().dropsGap() - gapBefore)
                    .as("received, or counted as gap")
                    .isEqualTo(frames.seqs().getLast() - frames.seqs().getFirst() + 1);
        }
    }

    @Test
    void shouldSayWhereElseItsFramesAreWhenItIsToldNotToUseSharedMemory() {
        launchWithoutRanges();
        try (Authority authority = new Authority();
                Producer producer = addProducer();
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            awaitConnected(producer);
            FrameLog.publishAll(producer, 3);
            frames.await(consumer, 3);
            assertThat(consumer.fallbackUri()).isEmpty();

            authority.say(consumer, false, ConsumerMode.STREAM, "bridge://lab", OwnStream.NONE);
            Await.until("the fallback", () -> consumer.delivery() == Delivery.FALLBACK);
            assertThat(consumer.fallbackUri()).isEqualTo("bridge://lab");
            assertThat(consumer.isMapped()).isFalse();
            final int received = frames.seqs().size();
            FrameLog.publishAll(producer, 3);
            drain(consumer, frames);
            assertThat(frames.seqs()).hasSize(received);

            authority.say(consumer, false, ConsumerMode.STREAM, "carrier-pigeon:7", OwnStream.NONE);
            Await.until(
                    "a scheme that is not known", () -> consumer.fallbackUri().isEmpty());
            assertThat(consumer.delivery()).isEqualTo(Delivery.FALLBACK);

            authority.say(consumer, true, ConsumerMode.STREAM, "", OwnStream.NONE);
            Await.until("shared memory again", () -> consumer.delivery() == Delivery.SHARED && consumer.isMapped());
            flowUntil("frames", producer, consumer, () -> frames.seqs().size() > received + 10);
        }
    }

    @Test
    void shouldReportTheModeThatItIsOrderedInto() {
        launchWithoutRanges();
        try (Authority authority = new Authority();
                Producer producer = addProducer();
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            awaitConnected(producer);
            authority.say(consumer, true, ConsumerMode.RATE_LIMITED, "", OwnStream.NONE);

            Await.until(
                    () -> "its report: " + client.qos().consumers(),
                    () -> 0,
                    () -> client.qos().consumers().stream()
                            .anyMatch(report -> report.mode() == ConsumerMode.RATE_LIMITED));
        }
    }

    @Test
    void shouldNotTakeWhatIsMeantForOthersOrCouldDisturbThem() {
        launchWithoutRanges();
        try (Authority authority = new Authority();
                Producer producer = addProducer();
                Consumer other = client.addConsumer(ConsumerOptions.of(STREAM_ID));
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            awaitConnected(producer);
            authority.assign(consumer, new OwnStream("aeron:ipc", 31_777)); // did not ask
            authority.say(other, false, ConsumerMode.STREAM, "bridge://lab", OwnStream.NONE);
            Await.until("the other one's fallback", () -> other.delivery() == Delivery.FALLBACK);

            flowUntil("frames", producer, consumer, () -> frames.seqs().size() > 100);
            assertThat(consumer.delivery()).isEqualTo(Delivery.SHARED);
        }
    }

    /** One that asks for a stream of its own and does not poll is left behind, and holds up nobody. */
    @Test
    void shouldNotLetAConsumerThatStandsStillHoldUpTheProducer() {
        launchWithoutRanges();
        try (Producer producer = addProducer();
                Consumer stuck = client.addConsumer(options());
                Consumer healthy = client.addConsumer(STREAM_ID)) {
            final FrameLog framesOfStuck = new FrameLog();
            final AtomicBoolean isGoing = new AtomicBoolean(true);
            flowUntil("its own stream", producer, healthy, () -> {
                if (isGoing.get()) {
                    stuck.poll(framesOfStuck, 10);
                    isGoing.set(stuck.delivery() != Delivery.OWN);
                }
                return !isGoing.get();
            });
            frames.seqs().clear();
            final long[] lastPublishedNs = {System.nanoTime()};
            final long[] longestStallNs = {0};
            Await.until(
                    () -> "many frames; " + healthy + " " + producer.consumerStreams(),
                    () -> {
                        final long result = FrameLog.publish(producer, claim);
                        final long nowNs = System.nanoTime();
                        longestStallNs[0] = Math.max(longestStallNs[0], nowNs - lastPublishedNs[0]);
                        lastPublishedNs[0] = result > 0 ? nowNs : lastPublishedNs[0];
                        return healthy.poll(frames, 10);
                    },
                    () -> frames.seqs().size() > 20_000);

            assertThat(producer.consumerStreams().dropped()).isPositive();
            assertThat(longestStallNs[0]).as("on the shared stream").isLessThan(TimeUnit.SECONDS.toNanos(1));

            flowUntil("the one that stood still goes on", producer, healthy, () -> {
                stuck.poll(framesOfStuck, 10);
                return framesOfStuck.seqs().size() > 1_000;
            });
            assertThat(framesOfStuck.torn()).isZero();
        }
    }

    @Test
    void shouldStayOnTheSharedStreamWhileNobodyPublishesOnTheAssignedOne() {
        launchWithoutRanges();
        try (Authority authority = new Authority();
                Producer producer = addProducer();
                Consumer consumer = client.addConsumer(options())) {
            awaitConnected(producer);
            authority.assign(consumer, new OwnStream("aeron:ipc", 1200)); // the producer refuses it
            flowUntil("frames", producer, consumer, () -> {
                authority.assign(consumer, new OwnStream("aeron:ipc", 1200));
                return frames.seqs().size() > 1_000;
            });

            assertThat(consumer.delivery()).isEqualTo(Delivery.SHARED);
            assertEverySeqReceived(consumer);
        }
    }

    @Test
    void shouldRefuseWishesThatNobodyCouldGrant() {
        launchWithoutRanges();
        final ConsumerOptions options = ConsumerOptions.of(STREAM_ID);

        assertThatThrownBy(() -> options.ownDescriptors(new Endpoint("aeron:ipc", 0)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("ownDescriptors")
                .hasMessageContaining("stream id other than 0");
        assertThatThrownBy(() -> options.ownControls(new Endpoint("aeron:udp?endpoint=localhost:40123", 32_000)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("ownControls")
                .hasMessageContaining("expected aeron:ipc");
        assertThatThrownBy(() -> options.rateLimited(0))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("maxRateHz = 0");
    }
}
