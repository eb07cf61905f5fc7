package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.tensorpool.Endpoint;
import io.tensorpool.MetadataAttribute;
import io.tensorpool.TensorShape;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Metadata from a producer's hands to those of another client, through a real media driver. */
@Timeout(60)
class MetadataTest {
    private static TestDriver driver;
    private static int nextStreamId = 10_000;

    private final int streamId = nextStreamId++;
    private final BlockingQueue<MetadataBlob> blobs = new LinkedBlockingQueue<>();
    private final BlockingQueue<StreamMetadata> events = new LinkedBlockingQueue<>();

    @BeforeAll
    static void launch() {
        driver = new TestDriver();
    }

    @AfterAll
    static void close() {
        driver.close();
    }

    private ClientContext context() {
        final long periodNs = TimeUnit.MILLISECONDS.toNanos(100);
        return driver.clientContext()
                .metadata(MetadataOptions.DEFAULT
                        .withPeriodsNs(periodNs, periodNs)
                        .withHandler(new MetadataHandler() {
                            @Override
                            public void onBlob(final MetadataBlob blob) {
                                if (blob.streamId() == streamId) {
                                    blobs.add(blob);
                                }
                            }

                            @Override
                            public void onMetadata(final StreamMetadata metadata) {
                                if (metadata.streamId() == streamId) {
                                    events.add(metadata);
                                }
                            }
                        }));
    }

    private void awaitVersion(final TensorPoolClient of, final int version) {
        Await.until("version " + version, () -> {
            final StreamMetadata latest = of.metadata().latest(streamId);
            return latest != null && latest.version() == version;
        });
    }

    @Test
    void shouldReachOtherClientsAlsoThoseThatComeLater() {
        try (TensorPoolClient watcher = TensorPoolClient.connect(context());
                TensorPoolClient client = TensorPoolClient.connect(context());
                Producer producer = client.addProducer(streamId)) {
            producer.metadata().describe("camera", "UINT8 2x3");
            producer.metadata().set(MetadataAttribute.text("serial", "A1"));
            final int version =
                    producer.metadata().set(MetadataAttribute.of("lut", "application/octet-stream", new byte[9_000]));

            awaitVersion(watcher, version);
            assertThat(watcher.metadata().latest(streamId).attributes())
                    .isEqualTo(producer.metadata().attributes());
            assertThat(events.poll()).isNotNull();
            try (TensorPoolClient late = TensorPoolClient.connect(context())) {
                awaitVersion(late, version);
                Await.until("announced", () -> late.metadata().source(streamId) != null);
                assertThat(late.metadata().source(streamId).name()).isEqualTo("camera");
                assertThat(late.metadata().source(streamId).summary()).isEqualTo("UINT8 2x3");
            }

            awaitVersion(watcher, producer.metadata().remove("lut"));
            assertThat(watcher.metadata().latest(streamId).attribute("lut")).isNull();
        }
    }

    @Test
    void shouldStandInEachFrame() {
        final FrameClaim claim = new FrameClaim();
        final TensorShape shape = FrameLog.SHAPE;
        final BlockingQueue<Integer> versions = new LinkedBlockingQueue<>();
        try (TensorPoolClient client = TensorPoolClient.connect(context());
                Producer producer = client.addProducer(streamId);
                Consumer consumer = client.addConsumer(streamId)) {
            assertThat(producer.awaitConnected(Duration.ofSeconds(10))).isTrue();

            producer.tryClaim(shape, claim);
            claim.commit();
            final int version = producer.metadata().set(MetadataAttribute.text("gain", "2"));
            producer.tryClaim(shape, claim);
            producer.metadata().set(MetadataAttribute.text("gain", "3"));
            claim.commit();
            producer.tryClaim(shape, claim);
            claim.metaVersion(77).commit();

            Await.until(
                    "three frames",
                    () -> consumer.poll(frame -> versions.add(frame.metaVersion()), 10),
                    () -> versions.size() == 3);
            assertThat(versions).containsExactly(0, version, 77);
        }
    }

    @Test
    void shouldCarryABlobOfManyTermsWhileFramesFlow() throws InterruptedException {
        final byte[] blob = new byte[12 * 1024 * 1024 + 5];
        new Random(3).nextBytes(blob);
        try (TensorPoolClient watcher = TensorPoolClient.connect(context());
                TensorPoolClient client = TensorPoolClient.connect(driver.clientContext());
                Producer producer = client.addProducer(streamId);
                Consumer consumer = client.addConsumer(streamId)) {
            final BlobTransfer transfer = producer.metadata().sendBlob(4, blob);
            final FrameLog frames = new FrameLog();
            frames.awaitFlow(producer, consumer);

            Await.until(transfer::toString, () -> 0, transfer::isSent);
            final MetadataBlob received = blobs.poll(10, TimeUnit.SECONDS);
            assertThat(received).isNotNull();
            assertThat(received.bytes()).isEqualTo(blob);
            assertThat(received.blobType()).isEqualTo(4);
            frames.awaitFlow(producer, consumer);
            assertThat(client.metadata().discardedBlobMessages()).isPositive(); // it has no handler for blobs
            assertThat(watcher.metadata().discardedBlobMessages()).isZero();
        }
    }

    @Test
    void shouldCountWhatIsNotReadable() {
        try (TensorPoolClient watcher = TensorPoolClient.connect(context());
                Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()))) {
            final Publication publication = aeron.addPublication(Endpoint.IPC_CHANNEL, 1300);
            final UnsafeBuffer tooShort = new UnsafeBuffer(new byte[] {0, 0, 8, 0, (byte) 0x84, 3, 1, 0});
            Await.until("sent", () -> publication.offer(tooShort) > 0);

            Await.until("counted", () -> watcher.metadata().unreadableMessages() > 0);
        }
    }
}
