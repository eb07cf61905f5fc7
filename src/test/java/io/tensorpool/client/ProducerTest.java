package io.tensorpool.client;

import static io.tensorpool.support.FrameLog.SHAPE;
import static io.tensorpool.support.FrameLog.publishAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.Dtype;
import io.tensorpool.Endpoint;
import io.tensorpool.TensorShape;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a producer can ask for beyond the plain claim, and what it answers. */
class ProducerTest {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final TensorShape SMALL = TensorShape.of(Dtype.UINT16, 4, 5);

    private static TestDriver driver;
    private static TensorPoolClient client;
    private static int nextStreamId = 10_000;

    private final FrameClaim claim = new FrameClaim();
    private final List<String> seen = new ArrayList<>();
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
        streamId = nextStreamId++;
        attach(ProducerOptions.of(streamId));
    }

    private void attach(final ProducerOptions options) {
        producer = client.addProducer(options);
        consumer = client.addConsumer(streamId);
        assertThat(producer.awaitConnected(CONNECT)).isTrue();
    }

    @AfterEach
    void detach() {
        consumer.close();
        producer.close();
    }

    private void reattach(final ProducerOptions options) {
        detach();
        attach(options);
    }

    /** Polls until so many frames came in all, each as a line. */
    private List<String> await(final int frames) {
        Await.until(
                () -> frames + " frames: " + seen + ", " + consumer,
                () -> consumer.poll(
                        frame -> seen.add(frame.seq() + " " + frame.shape() + " "
                                + frame.payload().byteSize()),
                        10),
                () -> seen.size() >= frames);
        return seen;
    }

    /** The fault of a truncated file can be raised at any return. */
    @Test
    void shouldHaveNothingOpenAfterAFaultInTheMidstOfAClaim() {
        final AtomicReference<Thread> faulting = new AtomicReference<>();
        final ClientContext context = driver.clientContext().nanoClock(() -> {
            if (faulting.compareAndSet(Thread.currentThread(), null)) {
                throw new InternalError("a fault occurred in an unsafe memory access operation");
            }
            return System.nanoTime();
        });
        try (TensorPoolClient other = TensorPoolClient.connect(context);
                Producer faulted = other.addProducer(nextStreamId++)) {
            faulting.set(Thread.currentThread());
            assertThat(faulted.tryClaim(SMALL, claim)).isEqualTo(Producer.NO_EPOCH);
            assertThat(faulting).hasValue(null);

            Await.until("it has another epoch", () -> faulted.tryClaim(SMALL, claim) >= 0);
            assertThat(claim.commit()).isPositive();
        }
    }

    @Test
    void shouldPublishALengthAsAVectorOfBytes() {
        assertThat(producer.tryClaim(100, claim)).isZero();
        assertThat(claim.payload().byteSize()).isEqualTo(100);
        assertThat(claim.commit()).isPositive();
        producer.tryClaim(0, claim);
        assertThat(claim.commit()).isPositive();

        assertThat(await(2)).containsExactly("0 bytes[100] 100", "1 bytes[0] 0");
    }

    @Test
    void shouldTakeTheShapeOfALengthAtTheCommit() {
        assertThat(producer.tryClaim(16 * 1024, claim)).isZero();
        assertThat(claim.commit(SMALL)).isPositive();
        producer.tryClaim(SHAPE, claim);
        assertThat(claim.commit(SMALL)).isPositive();

        assertThat(await(2)).containsExactly("0 uint16[4x5] 40", "1 uint16[4x5] 40");
    }

    @Test
    void shouldRefuseAShapeThatIsLargerThanTheClaim() {
        producer.tryClaim(39, claim);

        assertThatThrownBy(() -> claim.commit(SMALL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("takes 40 bytes")
                .hasMessageContaining("39");

        assertThat(claim.isOpen()).isTrue();
        assertThat(claim.commit()).isPositive();
        assertThat(await(1)).containsExactly("0 bytes[39] 39");
    }

    @Test
    void shouldRefuseLengthsThatNoPoolHolds() {
        assertThat(producer.tryClaim(16 * 1024 + 1, claim)).isEqualTo(Producer.TOO_LARGE);
        assertThatThrownBy(() -> producer.tryClaim(-1, claim)).isInstanceOf(IllegalArgumentException.class);

        assertThat(producer.counts().tooLarge()).isEqualTo(1);
        assertThat(producer.tryClaim(16 * 1024, claim)).isZero();
        claim.abort();
    }

    @Test
    void shouldPublishUnderGivenNumbers() {
        assertThat(producer.nextSeq()).isZero();
        assertThat(claimAt(3)).isEqualTo(3);
        claim.commit();
        publishAll(producer, 1);
        assertThat(claimAt(5)).isEqualTo(5);
        claim.commit();
        assertThat(claimAt(1L << 40)).isEqualTo(1L << 40);
        claim.commit();

        assertThat(await(4))
                .extracting(line -> line.split(" ")[0])
                .containsExactly("3", "4", "5", Long.toString(1L << 40));
        assertThat(consumer.counts().dropsGap()).isEqualTo((1L << 40) - 6);
        assertThat(producer.nextSeq()).isEqualTo((1L << 40) + 1);
    }

    private long claimAt(final long seq) {
        return producer.tryClaimAt(seq, SHAPE, claim);
    }

    @Test
    void shouldRefuseNumbersThatAreNotAboveAllBefore() {
        publishAll(producer, 3);
        claimAt(7);
        claim.abort();

        for (final long seq : new long[] {0, 2, 7, -1, Long.MIN_VALUE}) {
            assertThatThrownBy(() -> claimAt(seq))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("sequence number " + Long.toUnsignedString(seq))
                    .hasMessageContaining("expected 8 to 9223372036854775807");
        }
        assertThat(claimAt(8)).isEqualTo(8);
        assertThatThrownBy(() -> claimAt(9))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("open claim");
        claim.abort();
    }

    @Test
    void shouldBeginANewEpochWhenItsNumbersAreUsedUp() {
        assertThat(claimAt(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
        final long epoch = claim.binding().mapping().epoch();
        claim.commit();
        await(1);

        assertThat(Long.toUnsignedString(producer.nextSeq())).isEqualTo("9223372036854775808");
        assertThat(claimAt(Long.MAX_VALUE)).isEqualTo(Producer.NO_EPOCH);
        Await.until("another epoch", () -> producer.tryClaim(SHAPE, claim) >= 0);

        assertThat(claim.seq()).isZero();
        assertThat(claim.binding().mapping().epoch()).isGreaterThan(epoch);
        claim.abort();
        new FrameLog().awaitFlow(producer, consumer);
    }

    @Test
    void shouldPublishWhatTheFlushBroughtIn() {
        final List<Long> lengths = new ArrayList<>();
        final List<String> early = new ArrayList<>();
        reattach(ProducerOptions.of(streamId).withFlush((payload, filledBytes) -> {
            lengths.add(filledBytes);
            if (lengths.size() == 1) {
                consumer.poll(frame -> early.add("told of before it was flushed"), 1);
                if (consumer.counts().beforeJoin() + consumer.counts().dropsLate() > 0) {
                    early.add("told of before it was committed");
                }
            }
            payload.set(ValueLayout.JAVA_BYTE, 0, (byte) 77);
        }));
        producer.tryClaim(SHAPE, claim);
        claim.payload().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        assertThat(claim.commit()).isPositive();
        assertThat(producer.offer(SMALL, MemorySegment.ofArray(new long[5]))).isPositive();
        final List<Byte> first = new ArrayList<>();

        Await.until(
                "two frames",
                () -> consumer.poll(frame -> first.add(frame.payload().get(ValueLayout.JAVA_BYTE, 0)), 2),
                () -> first.size() == 2);

        assertThat(first).containsExactly((byte) 77, (byte) 77);
        assertThat(early).isEmpty();
        assertThat(lengths).containsExactly(SHAPE.lengthBytes(), SMALL.lengthBytes());
    }

    @Test
    void shouldDropAFrameThatCannotBeFlushed() {
        final List<Runnable> flushes = new ArrayList<>();
        reattach(ProducerOptions.of(streamId)
                .withFlush((payload, filledBytes) -> flushes.removeFirst().run()));
        flushes.add(() -> {
            throw new UnsupportedOperationException("no device");
        });
        flushes.add(() -> {
            throw new IllegalStateException("not now");
        });
        flushes.add(() -> {});

        producer.tryClaim(SHAPE, claim);
        assertThatThrownBy(claim::commit).isInstanceOf(UnsupportedOperationException.class);
        assertThat(claim.isOpen()).isFalse();
        assertThatThrownBy(() -> producer.offer(SHAPE, MemorySegment.ofArray(new byte[800])))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("not now");
        publishAll(producer, 1);

        assertThat(await(1)).containsExactly("2 uint8[16x50] 800");
        assertThat(producer.counts().dropped()).isEqualTo(2);
        assertThat(producer.counts().published()).isEqualTo(1);
    }

    @Test
    void shouldOfferWithTimeVersionAndTrace() {
        final List<String> told = new ArrayList<>();
        assertThat(producer.offer(SMALL, MemorySegment.ofArray(new byte[40]), 11, 12, 13))
                .isPositive();
        assertThat(producer.offer(SMALL, MemorySegment.ofArray(new byte[40]))).isPositive();

        Await.until(
                "two frames",
                () -> consumer.poll(
                        frame -> told.add(
                                frame.timestampNs() > 11
                                        ? "now"
                                        : frame.timestampNs() + " " + frame.metaVersion() + " " + frame.traceId()),
                        2),
                () -> told.size() == 2);

        assertThat(told).containsExactly("11 12 13", "now");
    }

    /** Its first term is the last one but little. */
    @Test
    void shouldSayThatTheDescriptorStreamHasReachedItsEnd() {
        detach();
        final Endpoint end =
                new Endpoint("aeron:ipc?term-length=64k|init-term-id=0|term-id=2147483647|term-offset=65344", 1107);
        producer = client.addProducer(ProducerOptions.of(streamId).withDescriptorEndpoint(end));
        try (TensorPoolClient reading =
                TensorPoolClient.connect(driver.clientContext().descriptorEndpoint(Endpoint.ipc(1107)))) {
            consumer = reading.addConsumer(streamId);
            assertThat(producer.awaitConnected(CONNECT)).isTrue();
            publishAll(producer, 2);

            assertThat(FrameLog.publish(producer, claim)).isEqualTo(Producer.MAX_POSITION_EXCEEDED);
            assertThat(FrameLog.publish(producer, claim)).isEqualTo(Producer.MAX_POSITION_EXCEEDED);

            assertThat(await(2)).hasSize(2);
            assertThat(producer.counts().maxPositionExceeded()).isEqualTo(2);
            assertThat(producer.counts().published()).isEqualTo(2);
        }
    }

    @Test
    void shouldCountWhatBecameOfEachFrame() {
        publishAll(producer, 2);
        producer.tryClaim(SHAPE, claim);
        claim.abort();
        claim.abort();
        producer.tryClaim(SHAPE, claim);
        producer.close();
        assertThat(claim.commit()).isEqualTo(Producer.CLOSED);

        assertThat(producer.counts().published()).isEqualTo(2);
        assertThat(producer.counts().dropped()).isEqualTo(2);
        assertThat(producer.counts())
                .hasToString("published 2, back-pressured 0, beyond the maximum position 0,"
                        + " out of order 0, dropped 2, too large 0");
    }
}
