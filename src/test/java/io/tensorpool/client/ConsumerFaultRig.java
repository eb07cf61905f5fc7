package io.tensorpool.client;

import io.tensorpool.Endpoint;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Truncates the files of a stream under a producer and a polling consumer, many times, and counts where the errors come
 * out and whether both come back. The code is warmed up first, so that the faults hit compiled code. A class with a main,
 * because the test runs it in a JVM without tiered compilation, too.
 */
final class ConsumerFaultRig {
    static final int WARM_UP_POLLS = 1_100_000;

    private static final int STREAM_ID = 10_000;
    private static final int BURST = 6;

    /**
     * What was counted.
     *
     * @param faults    frames that the consumer counted as lost to a fault.
     * @param surfaced  internal errors that left a poll or an offer, came out in unrelated code, or in a conductor.
     * @param torn      frames said to be intact with another content.
     * @param stuck     truncations after which frames did not flow again.
     */
    record Counts(long faults, int surfaced, int torn, int stuck) {}

    private final TestDriver driver;
    private final Producer producer;
    private final Consumer consumer;
    private final Random random;
    private final AtomicInteger surfaced;
    private final MemorySegment source = MemorySegment.ofArray(new byte[(int) FrameLog.SHAPE.lengthBytes()]);
    private Path victim = Path.of("/");
    private int framesUntilTruncation = Integer.MAX_VALUE;
    private long offered;
    private int torn;
    private long blackHole;

    private ConsumerFaultRig(
            final TestDriver driver,
            final Producer producer,
            final Consumer consumer,
            final AtomicInteger surfaced,
            final Random random) {
        this.driver = driver;
        this.producer = producer;
        this.consumer = consumer;
        this.surfaced = surfaced;
        this.random = random;
    }

    public static void main(final String[] args) {
        System.out.println(run(Integer.parseInt(args[0]), Long.parseLong(args[1])));
    }

    static Counts run(final int faults, final long seed) {
        final AtomicInteger surfaced = new AtomicInteger();
        try (TestDriver driver = new TestDriver();
                TensorPoolClient client = TensorPoolClient.connect(driver.clientContext()
                        .descriptorEndpoint(Endpoint.ipc(1101))
                        .errorHandler(error -> surfaced.addAndGet(error instanceof InternalError ? 1 : 0)));
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            final ConsumerFaultRig rig = new ConsumerFaultRig(driver, producer, consumer, surfaced, new Random(seed));
            rig.warmUp();
            int recovered = 0;
            int truncations = 0;
            while (consumer.counts().faults() < faults && truncations < 3 * faults) {
                truncations++;
                recovered += rig.truncateAndRecover() ? 1 : 0;
            }
            return new Counts(consumer.counts().faults(), surfaced.get(), rig.torn, truncations - recovered);
        }
    }

    private void warmUp() {
        if (!producer.awaitConnected(Duration.ofSeconds(5))) {
            throw new AssertionError("not connected");
        }
        for (int i = 0; i < WARM_UP_POLLS; i++) {
            offer();
            poll();
            unrelated(i);
        }
    }

    private boolean truncateAndRecover() {
        victim = newestFile();
        for (int i = 0; i < BURST; i++) {
            offer();
        }
        switch (random.nextInt(3)) {
            case 0 -> truncate();
            case 1 -> framesUntilTruncation = 1 + random.nextInt(BURST - 1);
            default -> truncateFromAnotherThread();
        }
        for (int i = 0; i < BURST; i++) {
            poll();
            unrelated(i);
        }
        framesUntilTruncation = Integer.MAX_VALUE;
        truncate();
        return recover();
    }

    private boolean recover() {
        final long epoch = offeredEpoch();
        final long before = consumer.counts().received();
        Await.until(
                () -> "frames flow again: " + consumer,
                () -> {
                    offer();
                    poll();
                    return 0;
                },
                () -> offeredEpoch() != epoch && consumer.counts().received() > before + BURST);
        return true;
    }

    private long offeredEpoch() {
        return Long.parseUnsignedLong(victimsDirectory().getFileName().toString());
    }

    private Path victimsDirectory() {
        try (Stream<Path> epochs =
                Files.list(driver.directory().path().resolve("tensorpool-test/default/" + STREAM_ID))) {
            return epochs.max(Comparator.comparing(path -> path.getFileName().toString()))
                    .orElseThrow();
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** The header ring, or the pool that the frames are in. */
    private Path newestFile() {
        return victimsDirectory().resolve(random.nextBoolean() ? "header.ring" : "1.pool");
    }

    private void truncate() {
        try (RandomAccessFile file = new RandomAccessFile(victim.toFile(), "rw")) {
            file.setLength(0);
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    private void truncateFromAnotherThread() {
        final int turns = random.nextInt(20_000);
        final CountDownLatch started = new CountDownLatch(1);
        Thread.ofPlatform().daemon().start(() -> {
            started.countDown();
            for (int i = 0; i < turns; i++) {
                Thread.onSpinWait();
            }
            truncate();
        });
        Await.until("the other thread runs", () -> started.getCount() == 0);
    }

    private void offer() {
        try {
            source.fill((byte) (1 + offered % 255));
            producer.offer(FrameLog.SHAPE, source);
            offered++;
        } catch (final InternalError ex) {
            surfaced.incrementAndGet();
        }
    }

    private void poll() {
        try {
            consumer.poll(this::onFrame, 10);
        } catch (final InternalError ex) {
            surfaced.incrementAndGet();
        }
    }

    private void onFrame(final Frame frame) {
        if (--framesUntilTruncation == 0) {
            truncate();
        }
        final MemorySegment payload = frame.payload();
        final byte first = payload.get(ValueLayout.JAVA_BYTE, 0);
        boolean isWhole = first != 0;
        for (long i = 1; i < payload.byteSize(); i++) {
            isWhole &= payload.get(ValueLayout.JAVA_BYTE, i) == first;
        }
        if (frame.isIntact() && !isWhole) {
            torn++;
        }
    }

    /** Loops, calls and allocation that have nothing to do with shared memory. */
    private void unrelated(final int turn) {
        try {
            final StringBuilder text = new StringBuilder();
            text.append(turn).append(offered);
            for (int i = 0; i < text.length(); i++) {
                blackHole = blackHole * 31 + text.charAt(i);
            }
        } catch (final InternalError ex) {
            surfaced.incrementAndGet();
        }
    }
}
