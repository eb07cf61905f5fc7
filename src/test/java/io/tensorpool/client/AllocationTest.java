package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tensorpool.Endpoint;
import io.tensorpool.ProgressHints;
import io.tensorpool.ProgressState;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A frame costs no garbage: claimed, written, told of, committed, polled, looked at and checked in one thread. */
class AllocationTest {
    private static final int FRAMES = 100_000;
    private static final int WARM_UP_FRAMES = 500_000;
    private static final int CLEAN_ROUNDS = 3;
    private static final int MAX_ROUNDS = 50;

    private final FrameClaim claim = new FrameClaim();
    private final MemorySegment source = MemorySegment.ofArray(new byte[800]);
    private FixedPool pool = new FixedPool();
    private Producer producer;
    private Consumer consumer;
    private long received;
    private long checkSum;
    private long newestSeq;
    private final Frame again = new Frame();

    private final FrameHandler handler = frame -> {
        final MemorySegment payload = frame.payload();
        checkSum += payload.get(ValueLayout.JAVA_BYTE, 0)
                + frame.seq()
                + frame.epoch()
                + frame.timestampNs()
                + frame.publishTimestampNs()
                + frame.shape().dim(0)
                + frame.shape().lengthBytes();
        newestSeq = frame.seq();
        if (frame.isIntact()) {
            received++;
        }
    };

    private final ProgressHandler progressHandler = progress -> {
        checkSum += progress.payload().byteSize() + progress.completeUnits() + progress.filledBytes() + progress.seq();
        if (progress.isIntact() && !progress.isCommitted()) {
            received++;
        }
    };

    @Test
    @Timeout(60)
    void shouldAllocateNothingPerFrame() {
        try (TestDriver driver = new TestDriver();
                TensorPoolClient client =
                        TensorPoolClient.connect(driver.clientContext().descriptorEndpoint(Endpoint.ipc(1101)))) {
            attach(client);
            assertSteadyStateAllocatesNothing(this::publishAndPoll);
        }
    }

    @Test
    @Timeout(60)
    void shouldAllocateNothingPerFrameOnAStreamOfItsOwn() {
        try (TestDriver driver = new TestDriver();
                TensorPoolClient client =
                        TensorPoolClient.connect(driver.clientContext().descriptorEndpoint(Endpoint.ipc(1101)))) {
            producer = client.addProducer(10_000);
            consumer = client.addConsumer(ConsumerOptions.of(10_000)
                    .ownDescriptors(Endpoint.ipc(31_000))
                    .resyncAfterGap(ConsumerOptions.MAX_OUTSTANDING_SEQ_GAP));
            assertThat(producer.awaitConnected(Duration.ofSeconds(5))).isTrue();
            Await.until(
                    "its own stream",
                    () -> {
                        FrameLog.publish(producer, claim);
                        return consumer.poll(handler, 10);
                    },
                    () -> consumer.delivery() == Consumer.Delivery.OWN);
            assertSteadyStateAllocatesNothing(this::publishAndPoll);
            assertThat(consumer.delivery()).isEqualTo(Consumer.Delivery.OWN);
        }
    }

    @Test
    @Timeout(60)
    void shouldAllocateNothingPerFrameThatIsTheNewestOrReadAgain() {
        try (TestDriver driver = new TestDriver();
                TensorPoolClient client =
                        TensorPoolClient.connect(driver.clientContext().descriptorEndpoint(Endpoint.ipc(1101)))) {
            producer = client.addProducer(10_000);
            consumer = client.addConsumer(ConsumerOptions.of(10_000).rateLimited(1_000_000_000));
            assertThat(producer.awaitConnected(Duration.ofSeconds(5))).isTrue();
            assertSteadyStateAllocatesNothing(this::publishAndLookAtTheNewest);
        }
    }

    private void publishAndLookAtTheNewest(final int frames) {
        final long target = received + frames;
        while (received < target) {
            for (int i = 0; i < 3; i++) {
                if (producer.offer(FrameLog.SHAPE, source) < 0) {
                    Thread.yield();
                }
            }
            if (consumer.pollLatest(handler) > 0 && consumer.read(newestSeq, again)) {
                checkSum += again.payload().get(ValueLayout.JAVA_BYTE, 0);
            }
        }
    }

    @Test
    @Timeout(60)
    void shouldAllocateNothingPerFrameOfAFixedPool() {
        try (TestDriver driver = new TestDriver();
                TensorPoolClient client =
                        TensorPoolClient.connect(driver.clientContext().descriptorEndpoint(Endpoint.ipc(1101)))) {
            attach(client);
            assertSteadyStateAllocatesNothing(this::fillAndPoll);
            pool.close();
        }
    }

    @Test
    @Timeout(60)
    void shouldAllocateNothingPerNoticeOfProgress() {
        try (TestDriver driver = new TestDriver();
                TensorPoolClient client =
                        TensorPoolClient.connect(driver.clientContext().descriptorEndpoint(Endpoint.ipc(1101)))) {
            producer = client.addProducer(ProducerOptions.of(10_000).withProgress(new ProgressLimits(0, 1, 0, 1, 1)));
            consumer = client.addConsumer(ConsumerOptions.of(10_000).progress(ProgressHints.ANY));
            assertThat(producer.awaitConnected(Duration.ofSeconds(5))).isTrue();
            assertSteadyStateAllocatesNothing(this::tellAndPoll);
        }
    }

    /** Frames in four parts, each looked at; some are dropped. Until so many notices more were received. */
    private void tellAndPoll(final int notices) {
        final long target = received + notices;
        for (int i = 0; received < target; i++) {
            if (producer.tryClaim(FrameLog.SHAPE, claim) < 0) {
                continue;
            }
            claim.offerProgress(ProgressState.STARTED, 0);
            for (int filled = 200; filled < 800; filled += 200) {
                claim.offerProgress(ProgressState.PROGRESS, filled);
                consumer.pollProgress(progressHandler, 10);
            }
            if (claim.offerProgress(ProgressState.COMPLETE, 800) < 0) {
                Thread.yield();
            }
            if ((i & 15) == 0) {
                claim.abort();
            } else {
                claim.commit();
            }
            consumer.pollProgress(progressHandler, 10);
            consumer.poll(handler, 10);
        }
    }

    private void attach(final TensorPoolClient client) {
        producer = client.addProducer(ProducerOptions.of(10_000)
                .withPublishTimestamps()
                .withFlush((payload, filledBytes) -> checkSum += payload.byteSize() - filledBytes));
        consumer = client.addConsumer(10_000);
        assertThat(producer.awaitConnected(Duration.ofSeconds(5))).isTrue();
    }

    private static void assertSteadyStateAllocatesNothing(final IntConsumer work) {
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        work.accept(WARM_UP_FRAMES);
        final List<Long> allocated = new ArrayList<>();
        int cleanRounds = 0;
        while (cleanRounds < CLEAN_ROUNDS && allocated.size() < MAX_ROUNDS) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            work.accept(FRAMES);
            final long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            allocated.add(bytes);
            cleanRounds = bytes == 0 ? cleanRounds + 1 : 0;
        }
        // Code that is compiled anew while it runs may make objects in passing; the steady state comes after that, on a
        // busy machine later.
        assertThat(cleanRounds)
                .as("rounds of %d frames without garbage; bytes of each round: %s", FRAMES, allocated)
                .isEqualTo(CLEAN_ROUNDS);
    }

    /** Every buffer in turn is filled, published, and queued again half a round later; some are aborted. */
    private void fillAndPoll(final int frames) {
        final long target = received + frames;
        for (int i = 0; received < target; i++) {
            if (pool.size() == 0) {
                producer.tryClaimAll(FrameLog.SHAPE, pool);
                continue;
            }
            final FrameClaim filled = pool.claim(i & (pool.size() - 1));
            if (!filled.isOpen() && pool.queueClaim(filled) == Producer.EPOCH_CHANGED) {
                pool.close(); // on a machine so busy that the lease was lost
                pool = new FixedPool();
                continue;
            }
            if ((i & 63) == 63) {
                filled.abort();
            } else if (filled.commit() < 0) {
                Thread.yield();
            }
            consumer.poll(handler, 10);
            pool.queueClaim(pool.claim((i + pool.size() / 2) & (pool.size() - 1)));
        }
    }

    /** Until so many more were received; what the media driver holds up is tried again. */
    private void publishAndPoll(final int frames) {
        final long target = received + frames;
        for (int i = 0; received < target; i++) {
            final long seq = switch (i & 3) {
                case 0 -> producer.tryClaim(FrameLog.SHAPE, claim);
                case 1 -> producer.tryClaimAt(producer.nextSeq(), FrameLog.SHAPE, claim);
                case 2 -> producer.tryClaim(1000, claim);
                default -> -1;
            };
            long result = -1;
            if (seq >= 0) {
                claim.payload().set(ValueLayout.JAVA_BYTE, 0, (byte) i);
                result = claim.commit(FrameLog.SHAPE);
            } else if ((i & 3) == 3) {
                result = producer.offer(FrameLog.SHAPE, source);
            }
            consumer.poll(handler, 10);
            if (result < 0) {
                Thread.yield();
            }
        }
    }
}
