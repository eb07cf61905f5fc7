package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.tensorpool.Dtype;
import io.tensorpool.TensorShape;
import io.tensorpool.runtime.ServiceCounters;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.agrona.CloseHelper;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Aeron's tools can see of producers and consumers. */
@Timeout(30)
class ClientCountersTest {
    private static final int STREAM_ID = 10_000;
    private static final int NDIMS_OF_FIRST_SLOT = 64 + 76;

    private final TestDriver driver = new TestDriver();
    private final Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));

    @AfterEach
    void close() {
        CloseHelper.closeAll(aeron, driver);
    }

    private TensorPoolClient connect() {
        return TensorPoolClient.connect(driver.clientContext().clientName("camera-7"));
    }

    /** Of the clients of the test, by label. */
    private Map<String, Long> counters() {
        final Map<String, Long> found = new TreeMap<>();
        aeron.countersReader().forEach((counterId, typeId, key, label) -> {
            if (typeId == ServiceCounters.TYPE_ID && label.startsWith("camera-7")) {
                found.put(label, aeron.countersReader().getCounterValue(counterId));
            }
        });
        return found;
    }

    private void await(final String label, final long value) {
        Await.until(
                () -> label + " is " + value + " in " + counters(),
                () -> 0,
                () -> counters().getOrDefault(label, -1L) == value);
    }

    private static String prefixOf(final String what, final AttachmentStatus attachment) {
        return "camera-7 " + what + " of stream 10000 client " + Integer.toUnsignedString(attachment.clientId()) + ": ";
    }

    @Test
    void shouldShowWhatBecameOfFrames() {
        try (TensorPoolClient client = connect();
                Producer producer = client.addProducer(STREAM_ID)) {
            final String ofProducer = prefixOf("producer", producer.attachment());
            FrameLog.publishAll(producer, 2);
            await(ofProducer + "published", 2);
            await(ofProducer + "not connected", 2);
            await(ofProducer + "back-pressured", 0);
            assertThat(counters()).hasSize(3);

            try (Consumer consumer = client.addConsumer(STREAM_ID)) {
                final String ofConsumer = prefixOf("consumer", consumer.attachment());
                assertThat(producer.awaitConnected(Duration.ofSeconds(5))).isTrue();
                final FrameLog log = new FrameLog();
                FrameLog.publishAll(producer, 3);
                final FrameClaim claim = new FrameClaim();
                producer.tryClaim(FrameLog.SHAPE, claim);
                claim.abort();
                FrameLog.publishAll(producer, 1);
                log.await(consumer, 4);

                await(ofProducer + "published", 6);
                await(ofProducer + "dropped", 1);
                await(ofProducer + "not connected", 2);
                await(ofConsumer + "received", consumer.counts().received());
                await(ofConsumer + "gap", 1);
                await(ofConsumer + "late", 0);
            }
            Await.until(
                    "those of the consumer go",
                    () -> counters().keySet().stream().noneMatch(label -> label.contains("consumer")));
        }
        Await.until("those of the producer go", () -> counters().isEmpty());
    }

    @Test
    void shouldShowWhatSeldomHappensOnceItHas() throws IOException {
        try (TensorPoolClient client = connect();
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            final String ofProducer = prefixOf("producer", producer.attachment());
            final String ofConsumer = prefixOf("consumer", consumer.attachment());
            assertThat(producer.awaitConnected(Duration.ofSeconds(5))).isTrue();
            final TensorShape large = TensorShape.of(Dtype.UINT8, 1 << 20);
            assertThat(producer.tryClaim(large, new FrameClaim())).isEqualTo(Producer.TOO_LARGE);
            FrameLog.publishAll(producer, 1);
            try (FileChannel ring = FileChannel.open(headerRing(), StandardOpenOption.WRITE)) {
                ring.write(ByteBuffer.wrap(new byte[] {9}), NDIMS_OF_FIRST_SLOT);
            }
            Await.until(
                    "it is refused",
                    () -> consumer.poll(frame -> {}, 1),
                    () -> consumer.counts().rejected() == 1);

            await(ofProducer + "too large", 1);
            await(ofConsumer + "rejected: number of dimensions not 1 to 8", 1);

            driver.driver().revoke(producer.attachment().leaseId()).join();
            await(ofProducer + "reattaches", 1);
            Await.until("the consumer has followed", () -> counters().getOrDefault(ofConsumer + "remaps", 0L) > 0);
        }
    }

    private Path headerRing() throws IOException {
        try (Stream<Path> files = Files.walk(driver.directory().path().resolve("tensorpool-test"))) {
            return files.filter(path -> path.endsWith("header.ring"))
                    .max((a, b) -> a.getParent().compareTo(b.getParent()))
                    .orElseThrow();
        }
    }

    @Test
    void shouldShowWhatCannotBeRead() {
        try (TensorPoolClient client = connect()) {
            assertThat(aeron.addPublication("aeron:ipc?term-length=4m", 1200)
                            .offer(new UnsafeBuffer(new byte[] {1, 2, 3})))
                    .isPositive();

            await(client + ": unreadable QoS reports", 1);
        }
        Await.until("they go", () -> counters().isEmpty());
    }
}
