package io.tensorpool.client;

import static io.tensorpool.support.FrameLog.SHAPE;
import static io.tensorpool.support.FrameLog.publishAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.aeron.ExclusivePublication;
import io.tensorpool.Dtype;
import io.tensorpool.Endpoint;
import io.tensorpool.TensorShape;
import io.tensorpool.protocol.DescriptorProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Frames from one thread to itself, through a real driver and a real media driver. */
class FramesTest {
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private static TestDriver driver;
    private static TensorPoolClient client;
    private static int nextStreamId = 10_000;
    private static int nextFourSlotsStreamId = TestDriver.FOUR_SLOTS_STREAM_ID;

    private final FrameLog frames = new FrameLog();
    private final FrameClaim claim = new FrameClaim();
    private int streamId;
    private Producer producer;
    private Consumer consumer;

    @BeforeAll
    static void launch() {
        driver = new TestDriver();
        client = driver.connect();
    }

    @AfterAll
    static void shutDown() {
        client.close();
        driver.close();
    }

    @BeforeEach
    void attach() {
        attach(nextStreamId++);
    }

    private void attach(final int ofStreamId) {
        streamId = ofStreamId;
        producer = client.addProducer(streamId);
        consumer = client.addConsumer(streamId);
        assertThat(producer.awaitConnected(CONNECT)).isTrue();
    }

    @AfterEach
    void detach() {
        consumer.close();
        producer.close();
        assertThat(frames.torn()).isZero();
    }

    @Test
    void shouldKeepFramesInOrderThroughManyTerms() {
        final int count = 6_000; // 96 bytes each: nine terms
        for (int announced = 0; announced < count; ) {
            final long result = FrameLog.publish(producer, claim);
            consumer.poll(frames, 10);
            if (result > 0) {
                announced++;
            } else {
                // Faster than the media driver moves the limit: a gap for the consumer. Anything else is a fault.
                assertThat(result).as("frame %d", announced).isEqualTo(Producer.BACK_PRESSURED);
                Thread.yield();
            }
        }
        frames.await(consumer, count);

        assertThat(frames.seqs()).isSorted().doesNotHaveDuplicates();
        assertThat(consumer.counts().received()).isEqualTo(count);
        assertThat(consumer.counts().dropsGap())
                .isLessThanOrEqualTo(producer.counts().backPressured());
        assertThat(consumer.counts().dropsLate()).isZero();
    }

    @Test
    void shouldRefuseAFrameThatFitsNoPool() {
        assertThat(producer.tryClaim(TensorShape.of(Dtype.UINT8, 16 * 1024 + 1), claim))
                .isEqualTo(Producer.TOO_LARGE);
        assertThat(claim.isOpen()).isFalse();
        assertThat(producer.tryClaim(TensorShape.of(Dtype.UINT8, 16 * 1024), claim))
                .isZero();
        assertThat(claim.payload().byteSize()).isEqualTo(16 * 1024);
        claim.abort();
    }

    @Test
    void shouldHaveOneClaimOpenAtATime() {
        final FrameClaim another = new FrameClaim();
        producer.tryClaim(SHAPE, claim);

        assertThatThrownBy(() -> producer.tryClaim(SHAPE, another))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(Integer.toString(streamId))
                .hasMessageContaining("commit or abort");
        assertThatThrownBy(() -> producer.tryClaim(SHAPE, claim)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> producer.offer(SHAPE, MemorySegment.ofArray(new byte[800])))
                .isInstanceOf(IllegalStateException.class);

        assertThat(claim.commit()).isPositive();
        assertThat(producer.tryClaim(SHAPE, another)).isEqualTo(1);
        another.abort();
    }

    @Test
    void shouldRefuseToUseAClaimThatIsNotOpen() {
        producer.tryClaim(SHAPE, claim);
        claim.abort();
        claim.abort();

        assertThatThrownBy(claim::commit)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not open");
        assertThatThrownBy(claim::payload).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldLeaveAGapWhereAFrameWasAborted() {
        publishAll(producer, 2);
        producer.tryClaim(SHAPE, claim);
        claim.abort();
        publishAll(producer, 1);

        frames.await(consumer, 3);

        assertThat(frames.seqs()).containsExactly(0L, 1L, 3L);
        assertThat(consumer.counts().dropsGap()).isEqualTo(1);
    }

    @Test
    void shouldCopyWhatIsOffered() {
        final byte[] bytes = new byte[801];
        Arrays.fill(bytes, (byte) 0);
        assertThat(producer.offer(SHAPE, MemorySegment.ofArray(bytes))).isPositive();
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment source = arena.allocate(800).fill((byte) 1);
            assertThat(producer.offer(SHAPE, source)).isPositive();
        }

        assertThat(frames.await(consumer, 2).seqs()).containsExactly(0L, 1L);
    }

    @Test
    void shouldRefuseToOfferLessThanTheShape() {
        assertThatThrownBy(() -> producer.offer(SHAPE, MemorySegment.ofArray(new byte[799])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("799")
                .hasMessageContaining("800");
        assertThat(producer.tryClaim(SHAPE, claim)).isZero();
        claim.abort();
    }

    @Test
    void shouldBeUsableAfterASourceThatCouldNotBeRead() throws Exception {
        final MemorySegment[] ofAnotherThread = new MemorySegment[1];
        final Thread owner = Thread.ofPlatform().start(() -> {
            ofAnotherThread[0] = Arena.ofConfined().allocate(800); // its arena can be closed by that thread only
        });
        owner.join();
        final Arena closed = Arena.ofConfined();
        final MemorySegment gone = closed.allocate(800);
        closed.close();

        assertThatThrownBy(() -> producer.offer(SHAPE, ofAnotherThread[0])).isInstanceOf(WrongThreadException.class);
        assertThatThrownBy(() -> producer.offer(SHAPE, gone)).isInstanceOf(IllegalStateException.class);

        assertThat(producer.tryClaim(SHAPE, claim)).isEqualTo(2);
        claim.abort();
    }

    @Test
    void shouldCarryTimesVersionAndTrace() {
        producer.tryClaim(SHAPE, claim);
        claim.timestampNs(11).metaVersion(12).traceId(13).commit();
        final List<String> seen = new ArrayList<>();

        Await.until(
                "a frame",
                () -> consumer.poll(
                        frame -> seen.add(frame.streamId() + " " + frame.timestampNs() + " " + frame.metaVersion() + " "
                                + frame.traceId() + " " + frame.publishTimestampNs()),
                        1),
                () -> !seen.isEmpty());

        assertThat(seen).containsExactly(streamId + " 11 12 13 " + Frame.NO_TIMESTAMP);
    }

    @Test
    void shouldCarryThePublishTimeWhereAskedTo() {
        producer.close();
        producer = client.addProducer(ProducerOptions.of(streamId).withPublishTimestamps());
        assertThat(producer.awaitConnected(CONNECT)).isTrue();
        final long beforeNs = System.nanoTime();
        publishAll(producer, 1);
        final long afterNs = System.nanoTime();
        final List<Long> times = new ArrayList<>();

        Await.until(
                "a frame",
                () -> consumer.poll(frame -> times.add(frame.publishTimestampNs()), 1),
                () -> !times.isEmpty());

        assertThat(times.getFirst()).isBetween(beforeNs, afterNs);
    }

    @Test
    void shouldCountFramesThatWereOverwrittenBeforeTheyWereReadAsLate() {
        detach();
        attach(nextFourSlotsStreamId++);
        publishAll(producer, 1);
        frames.await(consumer, 1);
        publishAll(producer, 10);

        frames.await(consumer, 5);

        assertThat(frames.seqs()).containsExactly(0L, 7L, 8L, 9L, 10L);
        assertThat(consumer.counts().received()).isEqualTo(5);
        assertThat(consumer.counts().dropsLate()).isEqualTo(6);
        assertThat(consumer.counts().dropsGap()).isZero();
        assertThat(consumer.counts().beforeJoin()).isZero();
    }

    /** Aeron lets it join where the slowest subscriber is, so it is told of frames that are older than itself. */
    @Test
    void shouldNotCountFramesFromBeforeItCameAsLate() {
        detach();
        attach(nextFourSlotsStreamId++);
        publishAll(producer, 300);
        try (Consumer latecomer = client.addConsumer(streamId)) {
            final FrameLog seen = new FrameLog();
            publishAll(producer, 1);

            seen.await(latecomer, 4);

            assertThat(seen.seqs()).containsExactly(297L, 298L, 299L, 300L);
            assertThat(latecomer.counts().dropsLate()).isZero();
            assertThat(latecomer.counts().dropsGap()).isZero();
            assertThat(latecomer.counts().received()).isEqualTo(4);
        }
    }

    @Test
    void shouldTellThatAFrameWasOverwrittenWhileItWasUsed() {
        detach();
        attach(nextFourSlotsStreamId++);
        publishAll(producer, 1);
        final List<Boolean> intact = new ArrayList<>();

        Await.until(
                "a frame",
                () -> consumer.poll(
                        frame -> {
                            intact.add(frame.isIntact());
                            publishAll(producer, 3);
                            intact.add(frame.isIntact());
                            producer.tryClaim(SHAPE, claim);
                            intact.add(frame.isIntact());
                            claim.abort();
                        },
                        1),
                () -> !intact.isEmpty());

        assertThat(intact).containsExactly(true, true, false);
        assertThat(consumer.counts().dropsLate()).isEqualTo(1);
        assertThat(consumer.counts().received()).isZero();
    }

    @Test
    void shouldHandOnTheRestAfterAnExceptionOfTheHandler() {
        publishAll(producer, 5);
        final List<Long> seen = new ArrayList<>();
        final FrameHandler failing = frame -> {
            seen.add(frame.seq());
            if (frame.seq() == 1) {
                throw new UnsupportedOperationException("no");
            }
            if (frame.seq() == 2) {
                throw new AssertionError("never");
            }
        };

        assertThatThrownBy(() -> Await.until("throws", () -> consumer.poll(failing, 10), () -> false))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> consumer.poll(failing, 10)).isInstanceOf(AssertionError.class);
        assertThat(consumer.poll(failing, 10)).isEqualTo(2);

        assertThat(seen).containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(consumer.counts().received()).isEqualTo(5);
    }

    /** However much of other streams there is, a poll comes to an end, and the next one goes on from there. */
    @Test
    void shouldEndAPollAmongTheDescriptorsOfOtherStreams() {
        try (Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                ExclusivePublication publication = aeron.addExclusivePublication("aeron:ipc?term-length=64k", 1100)) {
            final DescriptorProxy descriptors = new DescriptorProxy(new PublicationSink(publication));
            Await.until("the consumer is there", publication::isConnected);
            for (int seq = 0; seq < 100; seq++) {
                assertThat(descriptors.frame(streamId + 1, 1, seq, 0, 0, 0)).isPositive();
            }
            assertThat(descriptors.frame(streamId, 1, 0, 0, 0, 0)).isPositive();

            assertThat(consumer.poll(frames, 1)).isZero();
            assertThat(consumer.counts().otherEpoch()).isZero();

            Await.until(
                    "what is behind them is read",
                    () -> consumer.poll(frames, 1),
                    () -> consumer.counts().otherEpoch() == 1);
        }
        assertThat(consumer.counts().received()).isZero();
    }

    /** A descriptor leads to a slot, and what is not there, or was there before, is dropped without waiting for it. */
    @Test
    void shouldDropWhatItWasToldOfBeforeAndWhatIsNotCommitted() {
        publishAll(producer, 3);
        frames.await(consumer, 3);
        assertThat(producer.tryClaim(SHAPE, claim)).isEqualTo(3);
        final long epoch = claim.binding().mapping().epoch();
        try (Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                ExclusivePublication publication = aeron.addExclusivePublication("aeron:ipc?term-length=64k", 1100)) {
            final DescriptorProxy descriptors = new DescriptorProxy(new PublicationSink(publication));
            Await.until("the consumer is there", publication::isConnected);
            assertThat(descriptors.frame(streamId, epoch, 1, -1, 0, 0)).isPositive();
            assertThat(descriptors.frame(streamId, epoch, 2, -1, 0, 0)).isPositive();
            assertThat(descriptors.frame(streamId, epoch, 3, -1, 0, 0)).isPositive();

            Await.until(
                    () -> "each is counted: " + consumer,
                    () -> consumer.poll(frames, 1),
                    () -> consumer.counts().oldSeq() == 2 && consumer.counts().dropsLate() == 1);
        }
        claim.abort();
        publishAll(producer, 1);

        assertThat(frames.await(consumer, 4).seqs()).containsExactly(0L, 1L, 2L, 4L);
    }

    @Test
    void shouldReportItsDrops() {
        detach();
        attach(nextFourSlotsStreamId++);
        publishAll(producer, 1);
        frames.await(consumer, 1);
        producer.tryClaim(SHAPE, claim);
        claim.abort();
        publishAll(producer, 10);
        frames.await(consumer, 5);

        final int id = consumer.attachment().clientId();
        Await.until(
                () -> "one missing, six overwritten: " + client.qos().consumers(),
                () -> 0,
                () -> client.qos().consumers().stream()
                        .anyMatch(report -> report.consumerId() == id
                                && report.drops().gap() == 1
                                && report.drops().late() == 6
                                && report.lastSeqSeen() == 11));
    }

    @Test
    void shouldWaitForAConsumer() {
        consumer.close();
        Await.until("nobody listens", () -> !producer.isConnected());
        assertThat(producer.awaitConnected(Duration.ofMillis(50))).isFalse();

        consumer = client.addConsumer(streamId);

        assertThat(producer.awaitConnected(CONNECT)).isTrue();
    }

    @Test
    void shouldNotWaitForAConsumerOnceClosed() {
        final Producer closed = client.addProducer(nextStreamId++);
        closed.close();

        assertThat(closed.awaitConnected(Duration.ofHours(1))).isFalse();
    }

    @Test
    void shouldAnswerClosedOnceClosed() {
        producer.tryClaim(SHAPE, claim);
        producer.close();
        producer.close();

        assertThat(claim.commit()).isEqualTo(Producer.CLOSED);
        assertThat(producer.tryClaim(SHAPE, claim)).isEqualTo(Producer.CLOSED);
        assertThat(producer.offer(SHAPE, MemorySegment.ofArray(new byte[800]))).isEqualTo(Producer.CLOSED);
        assertThat(producer.isClosed()).isTrue();
        consumer.close();
        assertThat(consumer.poll(frames, 1)).isZero();
        assertThat(consumer.isClosed()).isTrue();
    }

    @Test
    void shouldKeepThePayloadReadOnly() {
        publishAll(producer, 1);
        final List<MemorySegment> payloads = new ArrayList<>();
        Await.until(
                "a frame", () -> consumer.poll(frame -> payloads.add(frame.payload()), 1), () -> !payloads.isEmpty());

        assertThat(payloads.getFirst().isReadOnly()).isTrue();
        assertThatThrownBy(() -> payloads.getFirst().set(ValueLayout.JAVA_BYTE, 0, (byte) 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** A consumer that stands still is left behind; its price is a short spell of back pressure, and its loss is known. */
    @Test
    void shouldNotBeStalledByAConsumerThatStandsStill() {
        detach();
        try (TensorPoolClient soonBack = TensorPoolClient.connect(driver.clientContext()
                .descriptorEndpoint(
                        new Endpoint("aeron:ipc?term-length=64k|untethered-resting-timeout=500ms", 1101)))) {
            producer = soonBack.addProducer(streamId);
            consumer = soonBack.addConsumer(streamId);
            assertThat(producer.awaitConnected(CONNECT)).isTrue();
            leaveConsumerBehind();
        }
    }

    private void leaveConsumerBehind() {
        publishAll(producer, 1);
        frames.await(consumer, 1);
        long stalledNs = 0;
        long longestNs = 0;
        long announced = 0;
        long stallStartNs = 0;
        final int count = 12_000; // eighteen terms
        for (int i = 0; i < count; i++) {
            final boolean isBackPressured = FrameLog.publish(producer, claim) == Producer.BACK_PRESSURED;
            if (!isBackPressured) {
                if (stallStartNs != 0) {
                    final long stallNs = System.nanoTime() - stallStartNs;
                    stalledNs += stallNs;
                    longestNs = Math.max(longestNs, stallNs);
                    stallStartNs = 0;
                }
                announced++;
            } else {
                stallStartNs = stallStartNs == 0 ? System.nanoTime() : stallStartNs;
                i--;
                if (System.nanoTime() - stallStartNs > TimeUnit.SECONDS.toNanos(5)) {
                    break;
                }
            }
        }
        assertThat(announced).isEqualTo(count);
        assertThat(TimeUnit.NANOSECONDS.toMillis(stalledNs)).isBetween(1L, 1_000L);
        assertThat(TimeUnit.NANOSECONDS.toMillis(longestNs)).isLessThan(1_000);
        assertThat(producer.counts().backPressured()).isPositive();

        Await.until(
                () -> "the consumer is back: " + consumer,
                () -> {
                    FrameLog.publish(producer, claim);
                    return consumer.poll(frames, 10);
                },
                () -> consumer.counts().dropsGap() > 0 && consumer.counts().received() > 20);
    }
}
