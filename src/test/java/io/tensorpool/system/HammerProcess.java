package io.tensorpool.system;

import io.tensorpool.AttachException;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.support.Await;
import io.tensorpool.support.ResourceCount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;

/**
 * Two producers and four consumers, a thread each, that come to random streams, stay for up to a few seconds and go again,
 * until told {@code stop}. Producers abort some claims and rest at times, consumers are slow at times. Then it says what it
 * saw ({@code RESULT}), and what it still holds when all are closed ({@code HELD}).
 */
final class HammerProcess {
    static final int PRODUCERS = 2;
    static final int CONSUMERS = 4;
    private static final ResourceCount NOTHING = new ResourceCount(List.of(), List.of());
    private static final int MAX_STAY_MS = 3_000;
    private static final IdleStrategy PACE = new SleepingMillisIdleStrategy(1);

    private final TensorPoolClient client;
    private final int index;
    private final long seed;
    private final AtomicLong published = new AtomicLong();
    private final AtomicLong stays = new AtomicLong();
    private final AtomicLong refusals = new AtomicLong();
    private final HammerSums sums = new HammerSums();
    private volatile boolean isOver;

    private HammerProcess(final TensorPoolClient client, final int index, final long seed) {
        this.client = client;
        this.index = index;
        this.seed = seed;
    }

    public static void main(final String[] args) throws InterruptedException {
        final Orders orders = new Orders();
        final Path base = Path.of(args[1]);
        try (TensorPoolClient client =
                TensorPoolClient.connect(SystemContexts.client(args[0], base, SystemContexts.PERIOD_NS))) {
            final HammerProcess process = new HammerProcess(client, Integer.parseInt(args[2]), Long.parseLong(args[3]));
            client.addConsumer(SystemContexts.STREAM_ID).close(); // makes what stays as long as the client does
            final Path regions = base.resolve("tensorpool-test");
            client.addConsumer(SystemContexts.STREAM_ID).close(); // starts what runs as long as the client
            final Set<Thread> threadsBefore = Thread.getAllStackTraces().keySet();
            final List<Thread> threads = process.start();
            Orders.answer("READY");
            orders.await();
            process.isOver = true;
            for (final Thread thread : threads) {
                thread.join();
            }
            Orders.answer("RESULT " + process);
            Await.until(
                    () -> "nothing is open or mapped any more; held: " + ResourceCount.below(regions),
                    () -> 0,
                    () -> ResourceCount.below(regions).equals(NOTHING));
            final Set<Thread> threadsAfter =
                    new HashSet<>(Thread.getAllStackTraces().keySet());
            threadsAfter.removeAll(threadsBefore);
            Orders.answer("HELD " + threadsAfter);
            orders.await();
        }
        Orders.answer("CLOSED");
    }

    private List<Thread> start() {
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < PRODUCERS; i++) {
            final int producerId = 1 + index * PRODUCERS + i;
            threads.add(Thread.ofPlatform().start(() -> produce(producerId)));
        }
        for (int i = 0; i < CONSUMERS; i++) {
            final long consumerSeed = seed + 1_000 + i;
            threads.add(Thread.ofPlatform().start(() -> consume(new Random(consumerSeed))));
        }
        return threads;
    }

    private static int randomStream(final Random random) {
        return SystemContexts.STREAM_ID + random.nextInt(HammerTest.STREAMS);
    }

    private static long randomEnd(final Random random) {
        return System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(MAX_STAY_MS));
    }

    private static IdleStrategy idle() {
        return new BackoffIdleStrategy(10, 10, 1_000, 1_000_000);
    }

    private void produce(final int producerId) {
        final Random random = new Random(seed + producerId);
        final IdleStrategy idle = idle();
        long lease = 0;
        while (!isOver) {
            try (Producer producer = client.addProducer(randomStream(random))) {
                stays.incrementAndGet();
                lease = publish(producer, producerId, lease, random);
            } catch (final AttachException taken) {
                refusals.incrementAndGet();
                idle.idle();
            }
        }
    }

    private long publish(final Producer producer, final int producerId, final long leaseBefore, final Random random) {
        final FrameClaim claim = new FrameClaim();
        final IdleStrategy idle = idle();
        final long endNs = randomEnd(random);
        long lease = leaseBefore;
        while (!isOver && System.nanoTime() < endNs) {
            final long seq = producer.tryClaim(Stamp.SHAPE, claim);
            if (seq < 0) {
                idle.idle();
                continue;
            }
            lease += seq == 0 ? 1 : 0;
            try {
                new Stamp(producerId, lease, seq).write(claim.payload());
            } catch (final IllegalStateException unmapped) {
                claim.abort();
                continue;
            }
            if (random.nextInt(50) == 0) {
                claim.abort();
            } else if (claim.commit() > 0) {
                published.incrementAndGet();
            }
            if (random.nextInt(4) == 0) {
                PACE.idle();
            }
        }
        claim.abort();
        return lease;
    }

    private void consume(final Random random) {
        final IdleStrategy idle = idle();
        while (!isOver) {
            final HammerWatch watch = new HammerWatch();
            final int limit = 1 + random.nextInt(20);
            final long endNs = randomEnd(random);
            final Consumer consumer = client.addConsumer(randomStream(random));
            try (consumer) {
                while (!isOver && System.nanoTime() < endNs) {
                    if (random.nextInt(200) == 0) {
                        PACE.idle(); // now and then a slow one
                    }
                    idle.idle(consumer.poll(watch, limit));
                }
            }
            stays.incrementAndGet();
            sums.add(watch, consumer.counts());
        }
    }

    @Override
    public String toString() {
        return sums.line(published.get(), stays.get(), refusals.get());
    }
}
