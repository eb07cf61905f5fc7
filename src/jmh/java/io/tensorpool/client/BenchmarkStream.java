package io.tensorpool.client;

import io.tensorpool.Dtype;
import io.tensorpool.Endpoint;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.TensorShape;
import io.tensorpool.embedded.TensorPool;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A media driver, a driver, a client and one stream in this process: 64 slots, frames of one length. Producer and consumers
 * belong to the thread that measures.
 */
final class BenchmarkStream implements AutoCloseable {
    static final int NSLOTS = 64;
    static final String TERM_LENGTH_DEFAULT = "4m";

    private static final int STREAM_ID = 10_000;
    private static final int DESCRIPTOR_STREAM_ID = 1100;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final TensorPool pool;
    private final TensorShape shape;
    private final Producer producer;
    private final FrameClaim claim = new FrameClaim();
    private final FrameHandler countingIntact = this::countIntact;
    private long committed;
    private long waits;
    private long intact;

    BenchmarkStream(final int lengthBytes) {
        this(lengthBytes, TERM_LENGTH_DEFAULT);
    }

    /** With terms of another length under the descriptors. */
    BenchmarkStream(final int lengthBytes, final String termLength) {
        final StreamProfile profile =
                new StreamProfile("benchmark", NSLOTS, List.of(new PoolSpec(1, Math.max(lengthBytes, 64))));
        pool = TensorPool.launchEmbedded(
                TensorPool.driverContext().addProfile(profile),
                new ClientContext()
                        .descriptorEndpoint(new Endpoint("aeron:ipc?term-length=" + termLength, DESCRIPTOR_STREAM_ID)));
        shape = TensorShape.of(Dtype.UINT8, lengthBytes);
        producer = pool.client().addProducer(STREAM_ID);
    }

    TensorPoolClient client() {
        return pool.client();
    }

    Producer producer() {
        return producer;
    }

    TensorShape shape() {
        return shape;
    }

    /** Claims and commits one frame without touching its payload; what {@link FrameClaim#commit()} answers. */
    long publish() {
        producer.tryClaim(shape, claim);
        committed++;
        return claim.commit();
    }

    /** Frames in the ring until now, announced or not. */
    long committed() {
        return committed;
    }

    /** Publishes one frame by copying it. */
    long offer(final MemorySegment source) {
        committed++;
        return producer.offer(shape, source);
    }

    /** Publishes one frame as soon as the media driver gives room for it; for outside of what is measured. */
    void publishWhenThereIsRoom() {
        while (publish() <= 0) {
            waits++;
            Thread.onSpinWait();
        }
    }

    /** A consumer that hears of every frame from now on. */
    Consumer addConsumer() {
        final Consumer consumer = addReader();
        if (!producer.awaitConnected(PATIENCE)) {
            throw new IllegalStateException("no consumer came");
        }
        return consumer;
    }

    /** A consumer that has the epoch mapped. */
    Consumer addReader() {
        final Consumer consumer = pool.client().addConsumer(STREAM_ID);
        await("mapping", consumer::isMapped);
        return consumer;
    }

    /** Fails unless all frames that were measured, but one in a thousand, were announced, and the ring holds the last ones. */
    void requirePublished() {
        final ProducerCounts counts = producer.counts();
        if (counts.published() + counts.backPressured() != committed
                || counts.backPressured() - waits > committed / 1000) {
            throw new IllegalStateException(committed + " frames committed; announced " + counts.published()
                    + ", held up " + counts.backPressured() + ", " + waits + " of them while waiting");
        }
        try (Consumer reader = addReader()) {
            final Frame frame = new Frame();
            for (long seq = Math.max(0, committed - NSLOTS); seq < committed; seq++) {
                if (!reader.read(seq, frame)
                        || !frame.isIntact()
                        || frame.payload().byteSize() != shape.lengthBytes()) {
                    throw new IllegalStateException("frame " + seq + " of " + committed + " is not in the ring");
                }
            }
        }
    }

    private void countIntact(final Frame frame) {
        if (frame.isIntact()) {
            intact++;
        }
    }

    /** Hands the consumer all that was announced; for one consumer. Allocates nothing. */
    void drain(final Consumer consumer) {
        final ConsumerCounts counts = consumer.counts();
        final long announced = producer.counts().published();
        final long startNs = System.nanoTime();
        while (counts.received() + counts.dropsLate() < announced) {
            if (consumer.poll(countingIntact, NSLOTS) == 0 // as it is, for once, where a term ends
                    && System.nanoTime() - startNs > PATIENCE.toNanos()) {
                throw new IllegalStateException("no frames: " + announced + " were announced; " + consumer);
            }
        }
    }

    /** Fails unless each frame that was announced was drained, intact. */
    void requireReceived(final Consumer consumer) {
        final long announced = producer.counts().published();
        if (intact != announced || consumer.counts().received() != announced) {
            throw new IllegalStateException(announced + " frames announced, " + intact + " intact; " + consumer);
        }
    }

    static void await(final String what, final BooleanSupplier condition) {
        final long startNs = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - startNs > PATIENCE.toNanos()) {
                throw new IllegalStateException("no " + what);
            }
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        producer.close();
        pool.close();
    }
}
