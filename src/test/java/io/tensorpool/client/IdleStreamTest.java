package io.tensorpool.client;

import static io.tensorpool.support.FrameLog.publishAll;
import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.tensorpool.EpochRegions;
import io.tensorpool.Role;
import io.tensorpool.driver.LeaseInfo;
import io.tensorpool.layout.SuperblockLayout;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A stream whose memory nobody stamps. Drivers of other make leave it like that between two producers; here it is a
 * producer that holds its lease and does nothing.
 */
class IdleStreamTest {
    private static final int STREAM_ID = 10_000;
    private static final int SILENT_CLIENT_ID = 4242;
    private static final long PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long DOUBT_NS = 3 * PERIOD_NS;
    private static final long MARGIN_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final FrameLog frames = new FrameLog();

    private static ClientContext quickToDoubt(final TestDriver driver) {
        return driver.clientContext().announcePeriodNs(PERIOD_NS).addTimeoutNs(TimeUnit.SECONDS.toNanos(2));
    }

    private static List<LeaseInfo> producers(final TestDriver driver) {
        return driver.driver().leases().join().stream()
                .filter(lease -> lease.role() == Role.PRODUCER)
                .toList();
    }

    @Test
    void shouldWaitForAProducerOnAStreamWithoutASignOfLife() {
        try (TestDriver driver = new TestDriver();
                Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                Publication control = aeron.addPublication("aeron:ipc?term-length=4m", 1000);
                TensorPoolClient client = TensorPoolClient.connect(quickToDoubt(driver))) {
            final Consumer early = client.addConsumer(STREAM_ID);
            final DriverRequestProxy silent = new DriverRequestProxy(new PublicationSink(control));
            Await.until(
                    "the silent producer asks",
                    () -> silent.attach(
                                    1,
                                    STREAM_ID,
                                    SILENT_CLIENT_ID,
                                    Role.PRODUCER,
                                    EpochRegions.LAYOUT_VERSION,
                                    DriverRequestProxy.NO_NODE_ID)
                            > 0);
            Await.until("its lease", () -> producers(driver).size() == 1);
            final LeaseInfo lease = producers(driver).getFirst();
            final long grantedNs = System.nanoTime();
            Await.until(
                    "its memory is doubted, and not only being mapped",
                    () -> !early.isMapped() && System.nanoTime() - grantedNs > DOUBT_NS + MARGIN_NS);
            assertThat(silent.keepalive(lease.leaseId(), STREAM_ID, SILENT_CLIENT_ID, Role.PRODUCER, System.nanoTime()))
                    .isPositive();

            final Consumer late = client.addConsumer(STREAM_ID);
            assertThat(late.isMapped()).isFalse();

            assertThat(driver.driver().revoke(lease.leaseId()).join()).isTrue();
            try (Producer producer = client.addProducer(STREAM_ID)) {
                Await.until("the next producer's memory", late::isMapped);
                assertThat(producer.awaitConnected(Duration.ofSeconds(5))).isTrue();
                publishAll(producer, 3);
                assertThat(frames.await(late, 3).seqs()).containsExactly(0L, 1L, 2L);
            }
        }
    }

    @Test
    void shouldNotReadAnEpochInWhichAnotherProcessWrites() throws IOException {
        final List<String> errors = new CopyOnWriteArrayList<>();
        try (TestDriver driver = new TestDriver();
                TensorPoolClient client = TensorPoolClient.connect(
                        quickToDoubt(driver).errorHandler(error -> errors.add(String.valueOf(error.getMessage()))));
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            frames.awaitFlow(producer, consumer);
            changePids(driver.directory().path());

            Await.until("it is given up", () -> !consumer.isMapped());

            final long givenUpNs = System.nanoTime();
            Await.until("some announces of it passed", () -> System.nanoTime() - givenUpNs > DOUBT_NS);
            assertThat(consumer.isMapped()).as("the same epoch again").isFalse();
            final long received = consumer.counts().received();
            final long dropped = consumer.counts().otherEpoch();
            publishAll(producer, 3);
            Await.until(
                    "frames of what is not mapped are dropped",
                    () -> consumer.poll(frames, 10),
                    () -> consumer.counts().otherEpoch() >= dropped + 3);
            assertThat(consumer.counts().received()).isEqualTo(received);
            assertThat(errors)
                    .anySatisfy(error ->
                            assertThat(error).contains("the pid in epoch").contains("changed"));
        }
    }

    /** In every region alike, so that nothing but the change shows. */
    private static void changePids(final Path directory) throws IOException {
        final List<Path> regions;
        try (Stream<Path> files = Files.walk(directory)) {
            regions = files.filter(file -> file.toString().matches(".*/[0-9]+/[0-9]+/(header[.]ring|[0-9]+[.]pool)"))
                    .toList();
        }
        assertThat(regions).isNotEmpty();
        for (final Path region : regions) {
            try (RandomAccessFile file = new RandomAccessFile(region.toFile(), "rw")) {
                file.seek(SuperblockLayout.PID_OFFSET);
                final int changed = file.readByte() ^ 1;
                file.seek(SuperblockLayout.PID_OFFSET);
                file.writeByte(changed);
            }
        }
    }
}
