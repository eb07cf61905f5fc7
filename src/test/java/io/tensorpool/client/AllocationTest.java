package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.tensorpool.Endpoint;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A frame costs no garbage: claimed, written, committed, polled, looked at and checked in one thread. */
class AllocationTest {
    private static final int FRAMES = 100_000;
    private static final int WARM_UP_FRAMES = 500_000;
    private static final int ROUNDS = 10;

    private final FrameClaim claim = new FrameClaim();
    private final MemorySegment source = MemorySegment.ofArray(new byte[800]);
    private FixedPool pool = new FixedPool();
    private Producer producer;
    private Consumer consumer;
    private long received;
    private long checkSum;

    private final FrameHandler handler = frame -> {
        final MemorySegment payload = frame.payload();
        checkSum += payload.get(ValueLayout.JAVA_BYTE, 0)
                + frame.seq()
                + frame.epoch()
                + frame.timestampNs()
                + frame.publishTimestampNs()
                + frame.shape().dim(0)
                + frame.shape().lengthBytes();
        if (frame.isIntact()) {
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
    void shouldAllocateNothingPerFrameOfAFixedPool() {
        try (TestDriver driver = new TestDriver();
                TensorPoolClient client =
                        TensorPoolClient.connect(driver.clientContext().descriptorEndpoint(Endpoint.ipc(1101)))) {
            attach(client);
            assertSteadyStateAllocatesNothing(this::fillAndPoll);
            pool.close();
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
        final long[] allocated = new long[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            final long before = threads.getCurrentThreadAllocatedBytes();
            work.accept(FRAMES);
            allocated[round] = threads.getCurrentThreadAllocatedBytes() - before;
        }
        // Code that is compiled anew while it runs may make objects in passing; the steady state comes after that.
        assertThat(allocated).as("bytes for %d frames each", FRAMES).endsWith(0, 0, 0);
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
