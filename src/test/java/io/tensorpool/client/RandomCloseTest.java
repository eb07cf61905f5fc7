package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.aeron.AeronCounters;
import io.tensorpool.runtime.ServiceCounters;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.TestDriver;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.CloseHelper;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Producers, consumers and clients are closed in any order, by any thread, once, twice or by several at a time, while frames
 * flow: nothing throws, nothing hangs, no memory is touched that is gone (which would end this JVM), and nothing is left.
 */
@Timeout(120)
class RandomCloseTest {
    private static final System.Logger LOG = System.getLogger(RandomCloseTest.class.getName());
    private static final int ROUNDS = 20;
    /** A ring and two pools for each, in the driver. */
    private static final int MAPPINGS_OF_THREE_STREAMS = 9;

    private static final String NAME = "closing";

    private final TestDriver driver = new TestDriver();
    private final Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final AtomicLong received = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();
    private final List<AutoCloseable> toClose = new ArrayList<>();

    @AfterEach
    void close() {
        CloseHelper.closeAll(aeron, driver);
    }

    @Test
    void shouldLeaveNothingInWhateverOrderEverythingIsClosed() throws InterruptedException {
        final long seed = System.nanoTime();
        LOG.log(System.Logger.Level.INFO, "seed {0}", Long.toString(seed));
        final Random random = new Random(seed);
        final Map<String, Integer> aeronBefore = positions();
        open(2, 3); // the driver keeps an epoch of each stream that it was asked for
        closeAll(random);
        joinThreads(seed);
        awaitNoLeases(seed);
        final ResourceCount filesBefore = driver.resources();

        for (int round = 0; round < ROUNDS; round++) {
            open(random.nextInt(3), random.nextInt(4));
            final long enough = received.get() + random.nextInt(30);
            Await.until(() -> "frames flow, seed " + seed + " " + failures, () -> 0, () -> received.get() >= enough);
            closeAll(random);
            joinThreads(seed);
            assertThat(failures).as("seed %d, round %d", seed, round).isEmpty();
        }

        awaitNoLeases(seed);
        Await.until(
                () -> "counters are gone: " + counters(),
                () -> 0,
                () -> counters().isEmpty());
        Await.until(
                () -> "positions: " + positions() + ", before " + aeronBefore,
                () -> 0,
                () -> positions().equals(aeronBefore));
        Await.until(
                () -> "files: " + driver.resources() + ", before " + filesBefore,
                () -> 0,
                () -> sizes(driver.resources()).equals(sizes(filesBefore)));
        Await.until(
                () -> "threads: " + threadNames(), () -> 0, () -> threadNames().isEmpty());
    }

    private void awaitNoLeases(final long seed) {
        Await.until(
                () -> "all leases are back, seed " + seed,
                () -> 0,
                () -> driver.driver().leases().join().isEmpty());
        Await.until(
                () -> "each stream has one epoch: " + driver.resources(),
                () -> 0,
                () -> driver.resources().mappings().size() == MAPPINGS_OF_THREE_STREAMS);
    }

    private static List<Integer> sizes(final ResourceCount of) {
        return List.of(of.descriptors().size(), of.mappings().size());
    }

    private void open(final int producers, final int consumers) {
        final TensorPoolClient client =
                TensorPoolClient.connect(driver.clientContext().clientName(NAME).errorHandler(failures::add));
        toClose.add(client);
        for (int i = 0; i <= producers; i++) {
            final Producer producer = client.addProducer(10_000 + i);
            final FrameClaim claim = new FrameClaim();
            toClose.add(producer);
            final IdleStrategy pace = new SleepingMillisIdleStrategy(1);
            start(() -> {
                while (producer.tryClaim(FrameLog.SHAPE, claim) != Producer.CLOSED) {
                    if (claim.isOpen()) {
                        claim.commit();
                    }
                    pace.idle();
                }
            });
        }
        for (int i = 0; i <= consumers; i++) {
            final Consumer consumer = client.addConsumer(10_000 + i % (producers + 1));
            toClose.add(consumer);
            start(() -> {
                while (!consumer.isClosed()) {
                    if (consumer.poll(frame -> received.incrementAndGet(), 10) == 0) {
                        Thread.yield();
                    }
                }
                assertThat(consumer.poll(frame -> {}, 10)).isLessThanOrEqualTo(10);
            });
        }
    }

    private void start(final Runnable work) {
        threads.add(Thread.ofPlatform().name("application").start(() -> {
            try {
                work.run();
            } catch (final Throwable ex) {
                failures.add(ex);
            }
        }));
    }

    /** Some are closed twice, and by two threads; the threads begin together. */
    private void closeAll(final Random random) throws InterruptedException {
        for (int again = random.nextInt(3); again > 0; again--) {
            toClose.add(toClose.get(random.nextInt(toClose.size())));
        }
        Collections.shuffle(toClose, random);
        final int closers = 1 + random.nextInt(3);
        final CountDownLatch start = new CountDownLatch(closers);
        for (int closer = 0; closer < closers; closer++) {
            final List<AutoCloseable> share = new ArrayList<>();
            for (int i = closer; i < toClose.size(); i += closers) {
                share.add(toClose.get(i));
            }
            start(() -> {
                start.countDown();
                awaitLatch(start);
                share.forEach(RandomCloseTest::closeOne);
            });
        }
        toClose.clear();
    }

    private static void awaitLatch(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException ex) {
            throw new AssertionError(ex);
        }
    }

    private static void closeOne(final AutoCloseable thing) {
        try {
            thing.close();
        } catch (final Exception ex) {
            throw new AssertionError(ex);
        }
    }

    private void joinThreads(final long seed) throws InterruptedException {
        for (final Thread thread : threads) {
            thread.join(20_000);
            assertThat(thread.isAlive()).as("%s hangs, seed %d", thread, seed).isFalse();
        }
        threads.clear();
    }

    private Map<String, Long> counters() {
        final Map<String, Long> found = new TreeMap<>();
        aeron.countersReader().forEach((counterId, typeId, key, label) -> {
            if (typeId == ServiceCounters.TYPE_ID && label.startsWith(NAME)) {
                found.put(label, aeron.countersReader().getCounterValue(counterId));
            }
        });
        return found;
    }

    /** Publications and subscriptions of all clients, by kind. */
    private Map<String, Integer> positions() {
        final Map<String, Integer> found = new TreeMap<>();
        aeron.countersReader().forEach((counterId, typeId, key, label) -> {
            if (typeId == AeronCounters.DRIVER_SUBSCRIBER_POSITION_TYPE_ID
                    || typeId == AeronCounters.DRIVER_PUBLISHER_LIMIT_TYPE_ID) {
                found.merge(label.substring(0, label.indexOf(':')), 1, Integer::sum);
            }
        });
        return found;
    }

    private static List<String> threadNames() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith(NAME) || name.equals("application"))
                .toList();
    }
}
