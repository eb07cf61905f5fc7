package io.tensorpool.client;

import static io.tensorpool.support.FrameLog.SHAPE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.Dtype;
import io.tensorpool.Role;
import io.tensorpool.TensorShape;
import io.tensorpool.driver.LeaseInfo;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.TestDriver;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Buffers as a camera library uses them: known beforehand, filled in another thread, given back in any order. */
class FixedPoolTest {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final int SLOTS = 8;

    private static TestDriver driver;
    private static int nextStreamId = 10_000;

    private final FrameLog frames = new FrameLog();
    private final FixedPool pool = new FixedPool();
    private TensorPoolClient client;
    private int streamId;
    private Producer producer;
    private Consumer consumer;

    @BeforeAll
    static void launch() {
        driver = new TestDriver();
    }

    @AfterAll
    static void shutDown() {
        driver.close();
        assertThat(driver.resources()).isEqualTo(new ResourceCount(List.of(), List.of()));
    }

    @BeforeEach
    void attach() {
        streamId = nextStreamId++;
        client = TensorPoolClient.connect(driver.clientContext().mappingLingerNs(1));
        attach(ProducerOptions.of(streamId));
    }

    private void attach(final ProducerOptions options) {
        producer = client.addProducer(options);
        consumer = client.addConsumer(streamId);
        assertThat(producer.awaitConnected(CONNECT)).isTrue();
    }

    @AfterEach
    void detach() {
        client.close();
        pool.close();
        assertThat(frames.torn()).isZero();
    }

    private void open() {
        assertThat(producer.tryClaimAll(SHAPE, pool)).isNotNegative();
    }

    /** What a camera does: fills a buffer and says so. */
    private long fill(final int index) {
        final FrameClaim claim = pool.claim(index);
        claim.payload().fill((byte) claim.seq());
        return claim.commit();
    }

    private long queue(final int index) {
        return pool.queueClaim(pool.claim(index));
    }

    private void revoke() {
        final long leaseId = driver.driver().leases().join().stream()
                .filter(lease -> lease.streamId() == streamId && lease.role() == Role.PRODUCER)
                .mapToLong(LeaseInfo::leaseId)
                .findFirst()
                .orElseThrow();
        assertThat(driver.driver().revoke(leaseId).join()).isTrue();
        Await.until("the producer is told", () -> !producer.isBound());
    }

    @Test
    void shouldClaimEverySlotUpFront() {
        FrameLog.publishAll(producer, 3);

        assertThat(producer.tryClaimAll(SHAPE, pool)).isEqualTo(3);

        assertThat(pool.size()).isEqualTo(SLOTS);
        final List<MemorySegment> payloads = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            assertThat(pool.claim(i).isOpen()).isTrue();
            assertThat(pool.claim(i).seq()).isEqualTo(3 + i);
            assertThat(pool.claim(i).payload().byteSize()).isEqualTo(SHAPE.lengthBytes());
            payloads.add(pool.claim(i).payload());
        }
        assertThat(payloads).extracting(MemorySegment::address).doesNotHaveDuplicates();
        assertThatThrownBy(() -> pool.claim(SLOTS)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void shouldPublishInOrderWithoutAGapFromTheSameBuffers() {
        open();
        final List<MemorySegment> payloads = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            payloads.add(pool.claim(i).payload());
        }
        final int rounds = 5;
        for (int n = 0; n < rounds * SLOTS; n++) {
            assertThat(fill(n % SLOTS)).isPositive();
            frames.await(consumer, n + 1);
            assertThat(pool.claim(n % SLOTS).isOpen()).isFalse();
            assertThat(queue(n % SLOTS)).isEqualTo(n + SLOTS);
        }

        assertThat(frames.seqs()).hasSize(rounds * SLOTS).startsWith(0L, 1L, 2L).endsWith(39L);
        assertThat(consumer.counts().dropsGap()).isZero();
        for (int i = 0; i < SLOTS; i++) {
            assertThat(pool.claim(i).payload()).isSameAs(payloads.get(i));
        }
    }

    /** Half of the buffers are with the camera, the other half can be read. */
    @Test
    void shouldLeaveFramesReadableUntilTheirBuffersAreQueued() {
        open();
        for (int n = 0; n < SLOTS / 2; n++) {
            assertThat(fill(n)).isPositive();
        }
        assertThat(queue(0)).isEqualTo(SLOTS);

        frames.await(consumer, SLOTS / 2 - 1);

        assertThat(frames.seqs()).containsExactly(1L, 2L, 3L);
        assertThat(consumer.counts().beforeJoin() + consumer.counts().dropsLate())
                .isEqualTo(1);
    }

    @Test
    void shouldNotAnnounceAFrameThatIsCompletedAfterALaterOne() {
        open();
        fill(0);
        assertThat(fill(2)).isPositive();

        assertThat(fill(1)).isEqualTo(FixedPool.OUT_OF_ORDER);
        assertThat(fill(3)).isPositive();

        assertThat(frames.await(consumer, 3).seqs()).containsExactly(0L, 2L, 3L);
        assertThat(consumer.counts().dropsGap()).isEqualTo(1);
        assertThat(producer.counts().outOfOrder()).isEqualTo(1);
        assertThat(producer.counts().published()).isEqualTo(3);
    }

    @Test
    void shouldNumberABufferAboveAllThatAreOpen() {
        open();
        fill(0);
        fill(1);
        assertThat(queue(1)).isEqualTo(SLOTS + 1);
        assertThat(queue(0)).isEqualTo(2 * SLOTS);
        assertThat(queue(0)).isEqualTo(3 * SLOTS);
        for (int i = 2; i < SLOTS; i++) {
            fill(i);
        }

        assertThat(fill(1)).isPositive();
        assertThat(fill(0)).isPositive();

        assertThat(frames.await(consumer, SLOTS).seqs()).endsWith(7L, 9L, 24L);
        assertThat(consumer.counts().dropsGap()).isEqualTo(1 + 14);
    }

    @Test
    void shouldLeaveAGapWhereABufferWasAborted() {
        open();
        fill(0);
        pool.claim(1).abort();
        pool.claim(1).abort();
        assertThat(queue(2)).isEqualTo(SLOTS + 2);
        fill(3);

        assertThat(frames.await(consumer, 2).seqs()).containsExactly(0L, 3L);
        assertThat(consumer.counts().dropsGap()).isEqualTo(2);
        assertThat(producer.counts().dropped()).isEqualTo(2);
        assertThatThrownBy(() -> fill(1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not open");
        assertThat(queue(1)).isEqualTo(2 * SLOTS + 1);
        assertThat(fill(1)).isPositive();
    }

    @Test
    void shouldRefuseToQueueWhatIsNotInThePool() {
        final FrameClaim ordinary = new FrameClaim();
        producer.tryClaim(SHAPE, ordinary);
        assertThat(pool.queueClaim(ordinary)).isEqualTo(FixedPool.NOT_IN_POOL);
        assertThat(ordinary.commit()).isPositive();
        assertThat(pool.queueClaim(ordinary)).isEqualTo(FixedPool.NOT_IN_POOL);

        open();
        try (Producer other = client.addProducer(nextStreamId++);
                FixedPool another = new FixedPool()) {
            assertThat(other.tryClaimAll(SHAPE, another)).isZero();
            assertThat(pool.queueClaim(another.claim(0))).isEqualTo(FixedPool.NOT_IN_POOL);
            assertThat(another.claim(0).seq()).isZero();
        }
        assertThat(pool.queueClaim(ordinary)).isEqualTo(FixedPool.NOT_IN_POOL);
    }

    @Test
    void shouldSayThatTheEpochChangedAndKeepTheMemory() {
        open();
        fill(0);
        revoke();

        assertThat(fill(1)).isEqualTo(Producer.EPOCH_CHANGED);
        assertThat(queue(0)).isEqualTo(Producer.EPOCH_CHANGED);
        assertThat(queue(2)).isEqualTo(Producer.EPOCH_CHANGED);
        Await.until("a new epoch", producer::isBound);
        assertThat(fill(3)).isEqualTo(Producer.EPOCH_CHANGED);
        assertThat(queue(3)).isEqualTo(Producer.EPOCH_CHANGED);

        // The camera may still be writing. The old epoch's linger was over before the new one was mapped.
        final MemorySegment payload = pool.claim(4).payload();
        payload.fill((byte) 1);
        pool.close();
        assertThatThrownBy(() -> payload.fill((byte) 1)).isInstanceOf(IllegalStateException.class);

        try (FixedPool next = new FixedPool()) {
            assertThat(producer.tryClaimAll(SHAPE, next)).isZero();
            assertThat(next.claim(0).commit()).isPositive();
        }
    }

    @Test
    void shouldSayThatTheProducerIsClosed() {
        open();
        producer.close();

        assertThat(fill(0)).isEqualTo(Producer.CLOSED);
        assertThat(queue(0)).isEqualTo(Producer.CLOSED);
        assertThat(queue(1)).isEqualTo(Producer.CLOSED);
        pool.claim(2).payload().fill((byte) 1);
        pool.close();
        assertThat(producer.tryClaimAll(SHAPE, new FixedPool())).isEqualTo(Producer.CLOSED);
    }

    @Test
    void shouldSayThatThePoolIsClosed() {
        open();
        final FrameClaim claim = pool.claim(0);
        fill(1);
        pool.close();
        pool.close();

        assertThat(claim.commit()).isEqualTo(FixedPool.POOL_CLOSED);
        assertThat(claim.commit(SHAPE)).isEqualTo(FixedPool.POOL_CLOSED);
        assertThat(pool.queueClaim(claim)).isEqualTo(FixedPool.POOL_CLOSED);
        claim.abort();
        assertThatThrownBy(claim::payload).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> producer.tryClaim(SHAPE, claim))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("fixed pool");
        assertThatThrownBy(() -> producer.tryClaimAll(SHAPE, pool))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("opened once");
        assertThat(producer.counts().dropped()).isEqualTo(SLOTS - 1);
        assertThat(producer.tryClaim(SHAPE, new FrameClaim())).isEqualTo(SLOTS);
    }

    @Test
    void shouldHaveTheProducerForItself() {
        final FrameClaim claim = new FrameClaim();
        producer.tryClaim(SHAPE, claim);
        assertThatThrownBy(this::open).isInstanceOf(IllegalStateException.class).hasMessageContaining("open claim");
        claim.abort();

        assertThat(producer.tryClaimAll(TensorShape.of(Dtype.UINT8, 16 * 1024 + 1), pool))
                .isEqualTo(Producer.TOO_LARGE);
        assertThat(pool.size()).isZero();
        open();

        assertThatThrownBy(() -> producer.tryClaim(SHAPE, claim))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("close the fixed pool");
        assertThatThrownBy(() -> producer.offer(SHAPE, MemorySegment.ofArray(new byte[800])))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> producer.tryClaimAll(SHAPE, new FixedPool()))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldAnswerThatThereIsNoEpoch() {
        driver.driver().close();
        Await.until("no epoch", () -> !producer.isBound());
        assertThat(producer.tryClaimAll(SHAPE, pool)).isEqualTo(Producer.NO_EPOCH);
        driver.restart();
        Await.until("an epoch", () -> producer.tryClaimAll(SHAPE, pool) == 0);
        assertThat(fill(0)).isPositive();
    }

    @Test
    void shouldBeginANewEpochWhenItsNumbersAreUsedUp() {
        final FrameClaim claim = new FrameClaim();
        producer.tryClaimAt(Long.MAX_VALUE - SLOTS, SHAPE, claim);
        claim.abort();
        open();
        assertThat(pool.claim(SLOTS - 1).seq()).isEqualTo(Long.MAX_VALUE);

        assertThat(queue(0)).isEqualTo(Producer.EPOCH_CHANGED);
        assertThat(fill(1)).isEqualTo(Producer.EPOCH_CHANGED);

        pool.close();
        try (FixedPool next = new FixedPool()) {
            Await.until("a new epoch", () -> producer.tryClaimAll(SHAPE, next) == 0);
        }
    }

    @Test
    void shouldPublishFromTheThreadsOfALibraryAndBeClosedByTheApplication() throws Exception {
        open();
        try (ExecutorService first = Executors.newSingleThreadExecutor();
                ExecutorService second = Executors.newSingleThreadExecutor()) {
            for (int n = 0; n < 10 * SLOTS; n++) {
                final int index = n % SLOTS;
                final Future<Long> filled = ((n & 1) == 0 ? first : second).submit(() -> fill(index));
                assertThat(filled.get()).isPositive();
                frames.await(consumer, n + 1);
                assertThat(queue(index)).isEqualTo(n + SLOTS);
            }
        }
        pool.close();

        FrameLog.publishAll(producer, 1);
        assertThat(frames.await(consumer, 10 * SLOTS + 1).seqs()).endsWith(79L, 88L);
    }

    @Test
    void shouldRefuseTwoThreadsAtATime() throws Exception {
        producer.close();
        consumer.close();
        final List<Throwable> refusals = new ArrayList<>();
        try (ExecutorService library = Executors.newSingleThreadExecutor(
                runnable -> Thread.ofPlatform().name("callback").unstarted(runnable))) {
            attach(ProducerOptions.of(streamId).withFlush((payload, filledBytes) -> {
                // The commit of the one thread is underway here.
                for (final Runnable call :
                        List.<Runnable>of(() -> queue(1), () -> fill(1), pool.claim(1)::abort, pool::close)) {
                    try {
                        library.submit(call).get(5, TimeUnit.SECONDS);
                    } catch (final ExecutionException ex) {
                        refusals.add(ex.getCause());
                    } catch (final InterruptedException | TimeoutException ex) {
                        throw new AssertionError(ex); // it was let in
                    }
                }
            }));
            open();
            assertThat(library.submit(() -> queue(1)).get()).isEqualTo(SLOTS + 1);

            assertThat(fill(0)).isPositive();
            assertThat(refusals)
                    .hasSize(4)
                    .allSatisfy(refusal -> assertThat(refusal)
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining(Thread.currentThread().getName())
                            .hasMessageContaining("one after the other"));
            assertThat(library.submit(() -> queue(1)).get()).isEqualTo(2 * SLOTS + 1);
        }
    }

    @Test
    void shouldLetGoOfAnEpochThatWasTruncated() throws IOException {
        open();
        final Path stream = driver.directory().path().resolve("tensorpool-test/default/" + streamId);
        try (Stream<Path> epochs = Files.list(stream)) {
            final Path newest =
                    epochs.max(Comparator.comparing(Path::getFileName)).orElseThrow();
            try (RandomAccessFile file =
                    new RandomAccessFile(newest.resolve("header.ring").toFile(), "rw")) {
                file.setLength(0);
            }
        }

        Await.until("the loss is noticed", () -> queue(0) == Producer.EPOCH_CHANGED);

        pool.close();
        try (FixedPool next = new FixedPool()) {
            Await.until("a new epoch", () -> producer.tryClaimAll(SHAPE, next) == 0);
        }
    }
}
