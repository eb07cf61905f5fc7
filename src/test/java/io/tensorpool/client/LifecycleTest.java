package io.tensorpool.client;

import static io.tensorpool.support.FrameLog.SHAPE;
import static io.tensorpool.support.FrameLog.publishAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.aeron.Subscription;
import io.tensorpool.AttachException;
import io.tensorpool.ConsumerMode;
import io.tensorpool.DeadlineException;
import io.tensorpool.Endpoint;
import io.tensorpool.Role;
import io.tensorpool.driver.LeaseInfo;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.protocol.QosAdapter;
import io.tensorpool.protocol.QosListener;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.TestDriver;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Leases that end, drivers that go and come, clients that are closed in the middle: who goes on, and what is left. */
class LifecycleTest {
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private static TestDriver driver;
    private static int nextStreamId = 10_000;

    private final FrameLog frames = new FrameLog();
    private final FrameClaim claim = new FrameClaim();
    private final int streamId = nextStreamId++;

    @BeforeAll
    static void launch() {
        driver = new TestDriver();
    }

    @AfterAll
    static void shutDown() {
        driver.close();
        assertThat(driver.resources()).isEqualTo(new ResourceCount(List.of(), List.of()));
        assertThat(driver.directory().path()).doesNotExist();
    }

    private long leaseOf(final Role role) {
        return driver.driver().leases().join().stream()
                .filter(lease -> lease.streamId() == streamId && lease.role() == role)
                .mapToLong(LeaseInfo::leaseId)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void shouldDropAFrameWhoseEpochEndedBeforeItsCommit() {
        try (TensorPoolClient client = driver.connect();
                Producer producer = client.addProducer(streamId)) {
            publishAll(producer, 3);
            assertThat(producer.tryClaim(SHAPE, claim)).isEqualTo(3);

            assertThat(driver.driver().revoke(leaseOf(Role.PRODUCER)).join()).isTrue();
            Await.until("the producer is told", () -> !producer.isBound());

            assertThat(claim.commit()).isEqualTo(Producer.EPOCH_CHANGED);
            assertThat(claim.isOpen()).isFalse();
            assertThat(producer.counts().dropped()).isEqualTo(1);
            Await.until("a new epoch", () -> producer.tryClaim(SHAPE, claim) >= 0);
            assertThat(claim.seq()).isZero();
            claim.abort();
        }
    }

    @Test
    void shouldComeBackByThemselvesAfterARevocation() {
        try (TensorPoolClient client = driver.connect();
                Producer producer = client.addProducer(streamId);
                Consumer consumer = client.addConsumer(streamId)) {
            assertThat(producer.awaitConnected(CONNECT)).isTrue();
            publishAll(producer, 5);
            frames.await(consumer, 5);

            driver.driver().revoke(leaseOf(Role.PRODUCER)).join();
            frames.awaitFlow(producer, consumer);

            driver.driver().revoke(leaseOf(Role.CONSUMER)).join();
            frames.awaitFlow(producer, consumer);
        }
        assertThat(frames.torn()).isZero();
    }

    @Test
    void shouldReportSequenceNumbersOfTheEpochThatTheyAreIn() {
        final List<String> reports = new ArrayList<>();
        final QosAdapter adapter = new QosAdapter(new QosListener() {
            @Override
            public void onQosConsumer(
                    final int stream,
                    final int consumerId,
                    final long epoch,
                    final long lastSeqSeen,
                    final long dropsGap,
                    final long dropsLate,
                    final ConsumerMode mode) {
                if (stream == streamId) {
                    reports.add("consumer " + epoch + " " + lastSeqSeen);
                }
            }

            @Override
            public void onQosProducer(
                    final int stream,
                    final int producerId,
                    final long epoch,
                    final long currentSeq,
                    final int watermark) {
                if (stream == streamId) {
                    reports.add("producer " + epoch + " " + currentSeq);
                }
            }
        });
        try (Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                Subscription qos = aeron.addSubscription("aeron:ipc", 1200);
                TensorPoolClient client = driver.connect();
                Producer producer = client.addProducer(streamId);
                Consumer consumer = client.addConsumer(streamId)) {
            assertThat(producer.awaitConnected(CONNECT)).isTrue();
            final IntSupplier listen = () -> qos.poll(adapter, 10);
            publishAll(producer, 5);
            frames.await(consumer, 5);
            final long epoch = epochOf(producer);
            Await.until(
                    () -> "both report: " + reports,
                    listen,
                    () -> reports.contains("consumer " + epoch + " 4") && reports.contains("producer " + epoch + " 6"));

            driver.driver().revoke(leaseOf(Role.PRODUCER)).join();
            Await.until(
                    () -> "both report another epoch: " + reports,
                    listen,
                    () -> reports.stream().anyMatch(line -> isOfLaterEpoch(line, "producer", epoch))
                            && reports.stream().anyMatch(line -> isOfLaterEpoch(line, "consumer", epoch)));
        }
        assertThat(reports)
                .filteredOn(line -> !line.contains(Long.toString(reportedEpoch(reports.getFirst()))))
                .isNotEmpty()
                .allMatch(line -> line.endsWith(" 0"));
    }

    private static boolean isOfLaterEpoch(final String line, final String who, final long epoch) {
        return line.startsWith(who) && reportedEpoch(line) > epoch;
    }

    private static long reportedEpoch(final String line) {
        return Long.parseLong(line.split(" ")[1]);
    }

    private long epochOf(final Producer producer) {
        producer.tryClaim(SHAPE, claim);
        final long epoch = claim.binding().mapping().epoch();
        claim.abort();
        return epoch;
    }

    @Test
    void shouldComeBackByThemselvesWhenTheDriverDoes() {
        try (TensorPoolClient client = driver.connect();
                Producer producer = client.addProducer(streamId);
                Consumer consumer = client.addConsumer(streamId)) {
            assertThat(producer.awaitConnected(CONNECT)).isTrue();
            frames.awaitFlow(producer, consumer);

            driver.driver().close();
            Await.until("claims are refused", () -> producer.tryClaim(SHAPE, claim) == Producer.NO_EPOCH || abort());
            Await.until("the consumer lets go", () -> !consumer.isMapped());
            assertThat(producer.isConnected()).isFalse();

            driver.restart();
            frames.awaitFlow(producer, consumer);
        }
        assertThat(frames.torn()).isZero();
    }

    private boolean abort() {
        claim.abort();
        return false;
    }

    @Test
    void shouldFollowAProducerThatComesLaterAndItsSuccessor() {
        try (TensorPoolClient client = driver.connect();
                Consumer consumer = client.addConsumer(streamId)) {
            for (int i = 0; i < 3; i++) {
                try (Producer producer = client.addProducer(streamId)) {
                    assertThat(producer.awaitConnected(CONNECT)).isTrue();
                    publishAll(producer, 5);
                    frames.await(consumer, 5 * (i + 1));
                }
            }
            assertThat(consumer.counts().dropsGap()).isZero();
            assertThat(consumer.counts().received()).isEqualTo(15);
        }
    }

    @Test
    void shouldLetAnotherProducerInOnceTheFirstIsClosed() {
        try (TensorPoolClient client = driver.connect()) {
            for (int i = 0; i < 5; i++) {
                try (Producer next = client.addProducer(streamId)) {
                    assertThat(next.tryClaim(SHAPE, claim)).as("producer %d", i).isZero();
                    claim.abort();
                }
            }
        }
    }

    @Test
    void shouldGiveTheLeaseBackThatWasGrantedAfterTheCallerGaveUp() {
        try (TensorPoolClient hasty =
                TensorPoolClient.connect(driver.clientContext().addTimeoutNs(1))) {
            assertThatThrownBy(() -> hasty.addProducer(streamId)).isInstanceOf(DeadlineException.class);
            try (TensorPoolClient client = driver.connect()) {
                final AtomicReference<Producer> added = new AtomicReference<>();
                Await.until(
                        () -> "another producer is let in long before a lease would expire",
                        Duration.ofMillis(1_500),
                        () -> {
                            try {
                                added.set(client.addProducer(streamId));
                            } catch (final AttachException stillHeld) {
                                return 0;
                            }
                            return 1;
                        },
                        () -> added.get() != null);
            }
        }
    }

    @Test
    void shouldLeaveNothingOpenOrMapped() {
        final ResourceCount before = driver.resources();
        for (int i = 0; i < 3; i++) {
            try (TensorPoolClient client = driver.connect();
                    Producer producer = client.addProducer(streamId);
                    Consumer consumer = client.addConsumer(streamId)) {
                assertThat(producer.awaitConnected(CONNECT)).isTrue();
                frames.awaitFlow(producer, consumer);
                assertThat(driver.resources().mappings())
                        .hasSizeGreaterThan(before.mappings().size());
            }
        }
        assertThat(driver.resources().descriptors()).isEqualTo(before.descriptors());
        // What the driver itself has mapped of the stream is not the clients'.
        assertThat(driver.resources().mappings()).noneMatch(line -> line.contains(" r--s "));
    }

    /** How long it may take to appear is no measure for how long it may be silent afterwards. */
    @Test
    void shouldStayConnectedHoweverShortTheWaitForTheMediaDriver() {
        try (TensorPoolClient client =
                        TensorPoolClient.connect(driver.clientContext().aeronTimeoutNs(1));
                Producer producer = client.addProducer(streamId);
                Consumer consumer = client.addConsumer(streamId)) {
            frames.awaitFlow(producer, consumer);
        }
    }

    @Test
    void shouldCloseInAnyOrder() {
        for (int order = 0; order < 6; order++) {
            final TensorPoolClient client = driver.connect();
            final Producer producer = client.addProducer(streamId);
            final Consumer consumer = client.addConsumer(streamId);
            final List<AutoCloseable> things = List.of(client, producer, consumer);
            final int first = order % 3;
            final int second = (first + 1 + order / 3) % 3;
            close(things.get(first));
            close(things.get(second));
            close(things.get(3 - first - second));
            assertThat(producer.tryClaim(SHAPE, claim)).isEqualTo(Producer.CLOSED);
            assertThat(consumer.poll(frames, 1)).isZero();
        }
        Await.until(
                "all leases are back",
                () -> driver.driver().leases().join().stream().noneMatch(lease -> lease.streamId() == streamId));
    }

    private static void close(final AutoCloseable thing) {
        try {
            thing.close();
        } catch (final Exception ex) {
            throw new AssertionError(ex);
        }
    }

    /** Aeron unmaps its buffers when a client is closed: a thread that was still at one would end this JVM. */
    @Test
    void shouldSurviveAClientClosedWhileFramesFlow() throws Exception {
        for (int i = 0; i < 15; i++) {
            final TensorPoolClient client = driver.connect();
            final Producer producer = client.addProducer(streamId);
            final Consumer consumer = client.addConsumer(streamId);
            final CountDownLatch flowing = new CountDownLatch(1);
            final AtomicReference<Throwable> failure = new AtomicReference<>();
            final Thread publisher = start(failure, () -> publishUntilClosed(producer), producer::isClosed);
            final Thread reader = start(
                    failure,
                    () -> {
                        final int count = consumer.poll(frames, 10);
                        if (count > 0) {
                            flowing.countDown();
                        }
                        return count;
                    },
                    consumer::isClosed);
            final boolean isFlowing = flowing.await(20, TimeUnit.SECONDS);

            client.close();

            publisher.join(5_000);
            reader.join(5_000);
            assertThat(publisher.isAlive() || reader.isAlive()).isFalse();
            assertThat(failure.get()).isNull();
            assertThat(isFlowing)
                    .as(
                            "frames flowed: %s, back-pressured %d",
                            consumer, producer.counts().backPressured())
                    .isTrue();
            claim.abort();
        }
        assertThat(frames.torn()).isZero();
    }

    /** An application that touches a claim may be told that its memory is gone. */
    private int publishUntilClosed(final Producer producer) {
        try {
            return (int) FrameLog.publish(producer, claim);
        } catch (final IllegalStateException unmapped) {
            if (!producer.isClosed()) {
                throw unmapped;
            }
            claim.abort();
            return 0;
        }
    }

    private static Thread start(
            final AtomicReference<Throwable> failure, final IntSupplier work, final BooleanSupplier isOver) {
        return Thread.ofPlatform().start(() -> {
            try {
                while (!isOver.getAsBoolean()) {
                    work.getAsInt();
                }
                work.getAsInt();
            } catch (final Throwable ex) {
                failure.set(ex);
            }
        });
    }

    @Test
    void shouldNotLetGoOfAeronsBuffersWhileAThreadIsAtThem() throws Exception {
        final TensorPoolClient client = driver.connect();
        final Producer producer = client.addProducer(streamId);
        final Consumer consumer = client.addConsumer(streamId);
        final List<UseMark> marks = List.of(producer.useMark(), consumer.useMark());
        marks.forEach(UseMark::enter);
        final Thread closing = Thread.ofPlatform().start(client::close);
        Await.until(
                "the lease is given back",
                () -> driver.driver().leases().join().stream().noneMatch(lease -> lease.streamId() == streamId));

        for (final UseMark mark : marks) {
            assertThat(closing.join(Duration.ofMillis(300))).isFalse();
            mark.leave();
        }

        assertThat(closing.join(Duration.ofSeconds(5))).isTrue();
    }

    /** The handler reads until it is cut short; the exception reaches neither the application nor another thread. */
    @Test
    void shouldCutAHandlerShortThatReadsWhenTheClientIsClosed() throws Exception {
        final TensorPoolClient client = driver.connect();
        final Producer producer = client.addProducer(streamId);
        final Consumer consumer = client.addConsumer(streamId);
        assertThat(producer.awaitConnected(CONNECT)).isTrue();
        publishAll(producer, 1);
        final CountDownLatch reading = new CountDownLatch(1);
        final AtomicReference<Throwable> inHandler = new AtomicReference<>();
        final AtomicReference<Throwable> outOfPoll = new AtomicReference<>();
        final Thread reader = Thread.ofPlatform().start(() -> {
            try {
                Await.until(
                        "a frame",
                        () -> consumer.poll(
                                frame -> {
                                    try {
                                        readForever(frame.payload(), reading);
                                    } catch (final RuntimeException ex) {
                                        inHandler.set(ex);
                                        throw ex;
                                    }
                                },
                                1),
                        () -> inHandler.get() != null);
            } catch (final Throwable ex) {
                outOfPoll.set(ex);
            }
        });
        assertThat(reading.await(5, TimeUnit.SECONDS)).isTrue();

        client.close();
        reader.join(5_000);

        assertThat(reader.isAlive()).isFalse();
        assertThat(inHandler.get()).isInstanceOf(IllegalStateException.class);
        assertThat(outOfPoll.get()).isNull();
        assertThat(consumer.counts().otherEpoch()).isEqualTo(1);
        assertThat(consumer.counts().received()).isZero();
    }

    private static void readForever(final MemorySegment payload, final CountDownLatch reading) {
        long sum = 0;
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (System.nanoTime() < deadlineNs) {
            for (long i = 0; i < payload.byteSize(); i++) {
                sum += payload.get(ValueLayout.JAVA_BYTE, i);
            }
            reading.countDown();
        }
        throw new AssertionError("never cut short: " + sum);
    }

    @Test
    void shouldRunInTheThreadOfTheApplication() {
        final int threads = Thread.activeCount();
        final TensorPoolDriver inThread = TensorPoolDriver.launch(driver.driverContext()
                .namespace("in-thread")
                .ephemeralNamespace(true)
                .controlEndpoint(Endpoint.ipc(1050))
                .announceEndpoint(Endpoint.ipc(1051))
                .useAgentInvoker(true));
        // The driver needs a thread here only while the client waits for it.
        final Thread driving = Thread.ofPlatform().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                inThread.doWork();
                Thread.onSpinWait();
            }
        });
        try (TensorPoolClient client = TensorPoolClient.connect(driver.clientContext()
                .controlEndpoint(Endpoint.ipc(1050))
                .announceEndpoint(Endpoint.ipc(1051))
                .useAgentInvoker(true))) {
            final Producer producer = client.addProducer(streamId);
            final Consumer consumer = client.addConsumer(streamId);
            assertThat(producer.awaitConnected(CONNECT)).isTrue();
            publishAll(producer, 3);
            assertThat(frames.await(consumer, 3).seqs()).containsExactly(0L, 1L, 2L);
            producer.close();
            consumer.close();
            Await.until(
                    "the leases go back",
                    client::doWork,
                    () -> inThread.leases().join().isEmpty());
        } finally {
            driving.interrupt();
            join(driving);
            inThread.close();
        }
        assertThat(inThread.doWork()).isZero();
        assertThat(driver.directory().path().resolve("tensorpool-test/in-thread"))
                .doesNotExist();
        assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 2); // idle file workers
    }

    private static void join(final Thread thread) {
        try {
            thread.join();
        } catch (final InterruptedException ex) {
            throw new AssertionError(ex);
        }
    }
}
