package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.tensorpool.ClockDomain;
import io.tensorpool.ConsumerMode;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochRegions;
import io.tensorpool.MetadataAttribute;
import io.tensorpool.PoolRegion;
import io.tensorpool.ProgressState;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.protocol.ControlResponseProxy;
import io.tensorpool.protocol.DescriptorProxy;
import io.tensorpool.protocol.DriverEventProxy;
import io.tensorpool.protocol.MetadataProxy;
import io.tensorpool.protocol.ProgressProxy;
import io.tensorpool.protocol.QosProxy;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.shm.Rejection;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.MessageLog;
import io.tensorpool.support.TestDriver;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Random and disfigured messages on all streams of a client, beside live traffic: whatever is not valid and meant for the
 * producer or the consumer changes nothing about them, no frame is lost for it, and nothing is thrown.
 */
@Timeout(120)
class HostileStreamsTest {
    private static final int MESSAGES = 10_000;
    private static final int MESSAGES_PER_FRAME = 10;
    private static final int STREAM_ID = TestDriver.DEEP_STREAM_ID;
    private static final int MAX_LENGTH = 300;
    private static final int[] SCHEMA_IDS = {900, 900, 901, 904, 910};
    private static final int NEAR_MISSES = 18;
    /** Of the victim's own stream, old ones: one more wrong byte could make them new. */
    private static final int OWN_ANNOUNCES = 2;

    private static final MetadataAttribute SERIAL = MetadataAttribute.text("serial", "A1");

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final List<Throwable> errors = new CopyOnWriteArrayList<>();
    private final List<String> changes = new CopyOnWriteArrayList<>();
    private final List<MetadataBlob> blobs = new CopyOnWriteArrayList<>();
    private final MessageLog log = new MessageLog();
    private final FrameLog frames = new FrameLog();

    private final AtomicInteger announces = new AtomicInteger();
    private Producer producer;
    private Consumer consumer;
    private long epoch;

    private ClientContext context(final TestDriver driver) {
        return driver.clientContext()
                .announcePeriodNs(Duration.ofSeconds(5).toNanos()) // a busy machine is none of the hostile things
                .errorHandler(errors::add)
                .eventListener(new ClientEventListener() {
                    @Override
                    public void onStateChanged(
                            final Role role,
                            final int streamId,
                            final AttachmentStatus attachment,
                            final AttachmentState from) {
                        changes.add(role + " " + from + " to " + attachment.state());
                    }

                    @Override
                    public void onAnnounce(final EpochRegions regions, final int producerId, final long timestampNs) {
                        if (regions.streamId() == STREAM_ID && producerId != 0) {
                            announces.incrementAndGet();
                        }
                    }

                    @Override
                    public void onRemapped(final Role role, final EpochRegions regions, final long previousEpoch) {
                        changes.add(role + " remapped");
                    }

                    @Override
                    public void onMappingFailed(final Role role, final EpochRegions regions, final Throwable cause) {
                        changes.add(role + " could not map " + regions);
                    }
                })
                .metadata(MetadataOptions.DEFAULT.withHandler(new MetadataHandler() {
                    @Override
                    public void onBlob(final MetadataBlob blob) {
                        blobs.add(blob);
                    }
                }));
    }

    @Test
    void shouldChangeNothingThatNoValidMessageAskedFor() {
        System.out.println("seed " + seed);
        try (TestDriver driver = new TestDriver();
                Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                TensorPoolClient client = TensorPoolClient.connect(context(driver));
                Producer ofProducer = client.addProducer(STREAM_ID);
                Consumer ofConsumer = client.addConsumer(STREAM_ID)) {
            producer = ofProducer;
            consumer = ofConsumer;
            assertThat(producer.awaitConnected(Duration.ofSeconds(10))).isTrue();
            producer.metadata().describe("camera", "");
            producer.metadata().set(SERIAL);
            Await.until(
                    "its metadata came back",
                    () -> client.metadata().latest(STREAM_ID) != null
                            && client.metadata().source(STREAM_ID) != null);
            epoch = client.metadata().source(STREAM_ID).epoch();
            final DataSource source = client.metadata().source(STREAM_ID);
            final StreamMetadata metadata = client.metadata().latest(STREAM_ID);
            final long leaseOfProducer = producer.attachment().leaseId();
            final long leaseOfConsumer = consumer.attachment().leaseId();
            announces.set(0);
            Await.until("the consumer knows who the producer is", () -> announces.get() > 0);
            changes.clear();

            final int published = inject(aeron);
            frames.await(consumer, published);

            assertThat(frames.seqs())
                    .containsExactlyElementsOf(
                            LongStream.range(0, published).boxed().toList());
            assertThat(frames.torn()).isZero();
            final ConsumerCounts counts = consumer.counts();
            assertThat(List.of(counts.received(), counts.dropsGap(), counts.dropsLate()))
                    .containsExactly((long) published, 0L, 0L);
            assertThat(counts.rejected()).isPositive().isEqualTo(counts.rejected(Rejection.NOT_REACHED));
            assertThat(changes).isEmpty();
            assertThat(producer.attachment().leaseId()).isEqualTo(leaseOfProducer);
            assertThat(consumer.attachment().leaseId()).isEqualTo(leaseOfConsumer);
            assertThat(driver.driver().leases().join()).hasSize(2);
            assertThat(producer.isConnected()).isTrue();
            assertThat(client.metadata().source(STREAM_ID)).isEqualTo(source);
            assertThat(client.metadata().latest(STREAM_ID)).isEqualTo(metadata);
            assertThat(blobs).isEmpty();
            assertThat(client.metadata().unreadableMessages()).isPositive();
            assertThat(client.qos().consumers())
                    .filteredOn(report -> report.streamId() == STREAM_ID)
                    .extracting(ConsumerReport::consumerId)
                    .containsExactly(consumer.attachment().clientId());
            assertThat(errors).isEmpty();
        }
    }

    /** How many frames were published in between. */
    private int inject(final Aeron aeron) {
        final List<Publication> streams = new ArrayList<>();
        for (final int streamId : new int[] {1000, 1001, 1200, 1300}) {
            streams.add(aeron.addPublication(Endpoint.IPC_CHANNEL, streamId));
        }
        streams.add(aeron.addExclusivePublication("aeron:ipc?term-length=64k", 1100));
        final FrameClaim claim = new FrameClaim();
        int published = 0;
        for (int i = 0; i < MESSAGES; i++) {
            final UnsafeBuffer message = new UnsafeBuffer(hostile());
            final Publication stream = streams.get(random.nextInt(streams.size()));
            Await.until("sent", () -> consumer.poll(frames, 10), () -> stream.offer(message) > 0);
            if (i % MESSAGES_PER_FRAME == 0) {
                assertThat(FrameLog.publish(producer, claim))
                        .as("frame %d, seed %d", published, seed)
                        .isPositive();
                frames.await(consumer, ++published);
            }
        }
        return published;
    }

    private byte[] hostile() {
        return switch (random.nextInt(4)) {
            case 0 -> bytes(random.nextInt(MAX_LENGTH));
            case 1 -> withHeader(bytes(8 + random.nextInt(MAX_LENGTH)));
            case 2 -> nearMiss(NEAR_MISSES);
            default -> disfigured(nearMiss(NEAR_MISSES - OWN_ANNOUNCES));
        };
    }

    private byte[] bytes(final int length) {
        final byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] withHeader(final byte[] bytes) {
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(0, (short) random.nextInt(64))
                .putShort(2, (short) (1 + random.nextInt(13)))
                .putShort(4, (short) SCHEMA_IDS[random.nextInt(SCHEMA_IDS.length)])
                .putShort(6, (short) random.nextInt(3));
        return bytes;
    }

    /**
     * A whole message that means the producer or the consumer but for one field, of which so many bits are wrong that
     * disfiguring it will not put it right.
     */
    private byte[] nearMiss(final int kinds) {
        final int wrong = random.nextInt() | 0x1010_1010;
        final long wrongLong = (long) wrong << 32 | 0x1010_1010;
        final AttachmentStatus victim = random.nextBoolean() ? producer.attachment() : consumer.attachment();
        final Role role = victim == producer.attachment() ? Role.PRODUCER : Role.CONSUMER;
        final MetadataProxy metadata = new MetadataProxy(log);
        switch (random.nextInt(kinds)) {
            case 0 -> // of a producer's lease others know no more than the client, so theirs would be believed
                revoke(
                        consumer.attachment().leaseId() ^ wrongLong,
                        STREAM_ID,
                        consumer.attachment().clientId(),
                        Role.CONSUMER);
            case 1 -> revoke(victim.leaseId(), STREAM_ID ^ wrong, victim.clientId(), role);
            case 2 -> revoke(victim.leaseId(), STREAM_ID, victim.clientId() ^ wrong, role);
            case 3 ->
                new DriverEventProxy(log)
                        .attachRefused(victim.correlationId() ^ wrongLong, ResponseCode.REJECTED, "no");
            case 4 ->
                new DriverEventProxy(log)
                        .attached(
                                victim.correlationId() ^ wrongLong,
                                1,
                                System.nanoTime(),
                                2,
                                regions(STREAM_ID, epoch + 1));
            case 5 -> new DriverEventProxy(log).detached(victim.correlationId() ^ wrongLong, ResponseCode.OK, "");
            case 6 -> new ControlResponseProxy(log).respond(wrongLong, ResponseCode.INTERNAL_ERROR, "text");
            case 7 -> announce(regions(STREAM_ID ^ wrong, epoch + 1), System.nanoTime());
            case 8 -> new DescriptorProxy(log).frame(STREAM_ID, epoch ^ wrongLong, random.nextInt(2_000), -1, 1, 2);
            case 9 -> new DescriptorProxy(log).frame(STREAM_ID ^ wrong, epoch, random.nextInt(2_000), -1, 1, 2);
            case 10 ->
                new QosProxy(log)
                        .qosConsumer(STREAM_ID ^ wrong, victim.clientId(), epoch, 1, 2, 3, ConsumerMode.STREAM);
            case 11 -> new QosProxy(log).qosProducer(STREAM_ID ^ wrong, victim.clientId(), epoch, 1, 2);
            case 12 -> new ProgressProxy(log).progress(STREAM_ID ^ wrong, epoch, 5, 6, ProgressState.PROGRESS);
            case 13 -> metadata.dataSourceMeta(STREAM_ID ^ wrong, 2, 3, List.of(SERIAL));
            case 14 -> metadata.blobChunk(STREAM_ID, wrong, 0, new byte[8], 8);
            case 15 -> new DescriptorProxy(log).frame(STREAM_ID, epoch, wrongLong >>> random.nextInt(2), -1, 1, 2);
            case 16 -> announce(regions(STREAM_ID, epoch >>> 8), System.nanoTime());
            default ->
                announce(
                        regions(STREAM_ID, epoch + 1),
                        System.nanoTime() - Duration.ofHours(1).toNanos());
        }
        return log.take();
    }

    private void revoke(final long leaseId, final int streamId, final int clientId, final Role role) {
        new DriverEventProxy(log)
                .leaseRevoked(System.nanoTime(), leaseId, streamId, clientId, role, RevokeReason.REVOKED);
    }

    private void announce(final EpochRegions regions, final long timestampNs) {
        new AnnounceProxy(log).announce(regions, 1, timestampNs, ClockDomain.MONOTONIC);
    }

    private static EpochRegions regions(final int streamId, final long ofEpoch) {
        return new EpochRegions(
                streamId,
                ofEpoch,
                1,
                4_096,
                "shm:file?path=/dev/shm/nowhere/header.ring",
                List.of(new PoolRegion(1, 4_096, 1_024, "shm:file?path=/dev/shm/nowhere/1.pool")));
    }

    /** Cut short, or with something appended, or some bytes changed behind the header. */
    private byte[] disfigured(final byte[] message) {
        final byte[] changed = switch (random.nextInt(3)) {
            case 0 -> Arrays.copyOf(message, random.nextInt(message.length));
            case 1 -> Arrays.copyOf(message, message.length + random.nextInt(40));
            default -> message.clone();
        };
        if (changed.length > 0) {
            changed[random.nextInt(changed.length)] = (byte) random.nextInt();
        }
        return changed;
    }
}
