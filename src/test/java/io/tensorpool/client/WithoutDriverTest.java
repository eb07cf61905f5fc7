package io.tensorpool.client;

import static io.tensorpool.support.FrameLog.publishAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.EpochPolicy;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import io.tensorpool.Role;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.TestDriver;
import io.tensorpool.support.TestMedia;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Producers that own their memory and consumers that ask nobody, with a media driver and nothing else. */
@Timeout(60)
class WithoutDriverTest {
    private static final int STREAM_ID = 10_000;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static TestMedia media;
    private static ResourceCount before;

    private final FrameLog frames = new FrameLog();
    private final List<EpochRegions> made = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void launch() {
        media = new TestMedia();
        before = media.resources();
    }

    @AfterAll
    static void close() {
        media.close();
    }

    @AfterEach
    void shouldLeaveNothing() {
        assertThat(media.regions()).as("files").isEmpty();
        Await.until("nothing is open or mapped", () -> media.resources().equals(before));
    }

    private static ConsumerOptions consumer() {
        return ConsumerOptions.of(STREAM_ID).withoutDriver();
    }

    /** A client that writes down what it made. */
    private TensorPoolClient connect() {
        return TensorPoolClient.connect(media.clientContext().eventListener(new ClientEventListener() {
            @Override
            public void onAttached(final Role role, final AttachmentStatus attachment, final EpochRegions regions) {
                made.add(regions);
            }
        }));
    }

    private static void awaitConnected(final Producer producer) {
        assertThat(producer.awaitConnected(PATIENCE)).as("a consumer reads").isTrue();
    }

    @Test
    void shouldBringFramesFromProducerToConsumers() {
        try (TensorPoolClient writing = media.connect();
                TensorPoolClient reading = media.connect();
                Producer producer = writing.addProducer(media.producer(STREAM_ID));
                Consumer consumer = reading.addConsumer(consumer());
                Consumer ofSameClient = writing.addConsumer(consumer())) {
            Await.until("both have mapped it", () -> consumer.isMapped() && ofSameClient.isMapped());
            awaitConnected(producer);
            publishAll(producer, 5);

            final FrameLog others = new FrameLog();
            assertThat(frames.await(consumer, 5).seqs()).containsExactly(0L, 1L, 2L, 3L, 4L);
            assertThat(others.await(ofSameClient, 5).seqs()).containsExactly(0L, 1L, 2L, 3L, 4L);
            assertThat(frames.torn() + others.torn()).isZero();
            assertThat(consumer.attachment().state()).isEqualTo(AttachmentState.ACTIVE);
            assertThat(producer.attachment().state()).isEqualTo(AttachmentState.ACTIVE);
            assertThat(reading.announces().toString()).isEqualTo(new AnnounceCounts().toString());
        }
    }

    @Test
    void shouldBeThereBeforeTheProducerAndGoOnWithTheNext() {
        try (TensorPoolClient reading = media.connect();
                Consumer consumer = reading.addConsumer(consumer())) {
            assertThat(consumer.isMapped()).isFalse();
            assertThat(consumer.poll(frames, 1)).isZero();

            for (int i = 1; i <= 2; i++) {
                try (TensorPoolClient writing = connect();
                        Producer producer = writing.addProducer(media.producer(STREAM_ID))) {
                    awaitConnected(producer);
                    publishAll(producer, 3);
                    assertThat(frames.await(consumer, 3 * i).seqs()).endsWith(0L, 1L, 2L);
                }
            }
            assertThat(made.get(1).epoch()).isGreaterThan(made.get(0).epoch());
            assertThat(consumer.counts().dropsGap() + consumer.counts().dropsLate())
                    .isZero();
            Await.until("the last producer is missed", () -> !consumer.isMapped());
        }
    }

    @Test
    void shouldReadRegionsThatAreGiven() {
        try (TensorPoolClient writing = connect();
                TensorPoolClient reading = TensorPoolClient.connect(
                        media.clientContext().announceEndpoint(io.tensorpool.Endpoint.ipc(1901)));
                Producer producer = writing.addProducer(media.producer(STREAM_ID));
                Consumer consumer = reading.addConsumer(given(made.getFirst()))) {
            assertThat(consumer.isMapped()).isTrue();
            awaitConnected(producer);
            publishAll(producer, 3);

            assertThat(frames.await(consumer, 3).seqs()).containsExactly(0L, 1L, 2L);
        }
    }

    private static ConsumerOptions given(final EpochRegions regions) {
        return ConsumerOptions.of(regions.streamId())
                .regions(
                        regions.headerRegionUri(),
                        regions.pools().stream().map(PoolRegion::regionUri).toList());
    }

    @Test
    void shouldRefuseGivenRegionsThatAreNotWhatTheyShouldBe() {
        try (TensorPoolClient client = connect();
                Producer producer = client.addProducer(media.producer(STREAM_ID))) {
            final EpochRegions regions = made.getFirst();
            final String pool = regions.pools().getFirst().regionUri();

            assertThatThrownBy(() -> client.addConsumer(
                            ConsumerOptions.of(STREAM_ID + 1).regions(regions.headerRegionUri(), List.of(pool))))
                    .isInstanceOf(RegionException.class)
                    .hasMessageContaining("says stream id 10000");
            assertThatThrownBy(() -> client.addConsumer(
                            ConsumerOptions.of(STREAM_ID).regions("shm:file?path=/etc/passwd", List.of(pool))))
                    .isInstanceOf(RegionException.class)
                    .hasMessageContaining("/etc/passwd");
            assertThatThrownBy(() -> client.addConsumer(
                            ConsumerOptions.of(STREAM_ID).regions(pool, List.of(regions.headerRegionUri()))))
                    .isInstanceOf(RegionException.class);
            assertThatThrownBy(() -> ConsumerOptions.of(STREAM_ID).regions(pool, List.of()))
                    .isInstanceOf(ConfigurationException.class);
            assertThat(producer.isClosed()).isFalse();
        }
    }

    @Test
    void shouldRefuseASecondProducerOfTheStream() {
        try (TensorPoolClient client = media.connect();
                TensorPoolClient other = media.connect();
                Consumer consumer = other.addConsumer(consumer())) {
            try (Producer producer = client.addProducer(media.producer(STREAM_ID))) {
                for (final TensorPoolClient each : List.of(client, other)) {
                    assertThatThrownBy(() -> each.addProducer(media.producer(STREAM_ID)))
                            .isInstanceOf(ConfigurationException.class)
                            .hasMessageContaining("stream 10000 has a producer without a driver already")
                            .hasMessageContaining("direct-10000/driver.lock is locked");
                }
                try (Producer ofAnotherStream = client.addProducer(media.producer(STREAM_ID + 1))) {
                    assertThat(ofAnotherStream.isClosed()).isFalse();
                }
                awaitConnected(producer);
                publishAll(producer, 3);
                frames.await(consumer, 3);
            }
            Await.until("the lock is free", () -> {
                try (Producer next = other.addProducer(media.producer(STREAM_ID))) {
                    return !next.isClosed();
                } catch (final ConfigurationException held) {
                    return false;
                }
            });
        }
    }

    @Test
    void shouldGoOnInTheNextEpochAfterAFault() throws IOException {
        try (TensorPoolClient client = connect();
                Producer producer = client.addProducer(media.producer(STREAM_ID));
                Consumer consumer = client.addConsumer(consumer())) {
            frames.awaitFlow(producer, consumer);
            final EpochRegions first = made.getFirst();
            final Path pool = Path.of(first.pools().getFirst().regionUri().substring("shm:file?path=".length()));
            try (RandomAccessFile file = new RandomAccessFile(pool.toFile(), "rw")) {
                file.setLength(0);
            }

            Await.until("another epoch", () -> made.size() == 2);
            frames.awaitFlow(producer, consumer);

            assertThat(frames.torn()).isZero();
            assertThat(made.getLast().epoch()).isEqualTo(first.epoch() + 1);
        }
    }

    @Test
    void shouldKeepFilesIfToldToAndCollectThemLater() {
        final ProducerOptions keeping = ProducerOptions.of(STREAM_ID)
                .withOwnMemory(media.memory().withEpochPolicy(new EpochPolicy(false, 1, -1, false, false)));
        try (TensorPoolClient client = connect()) {
            client.addProducer(keeping).close();
        }
        assertThat(media.regions()).as("kept").hasSize(3);

        try (TensorPoolClient client = connect();
                Producer next = client.addProducer(media.producer(STREAM_ID))) {
            assertThat(next.isClosed()).isFalse();
            assertThat(media.regions())
                    .hasSize(3)
                    .allMatch(file -> file.toString()
                            .contains(Long.toUnsignedString(made.getLast().epoch())));
        }
    }

    @Test
    void shouldServeBesideADriver() {
        final int leasedStreamId = STREAM_ID + 5;
        final DriverContext context = new DriverContext()
                .aeronDirectoryName(media.aeronDirectoryName())
                .baseDir(media.path())
                .user("test")
                .ephemeralNamespace(true)
                .addProfile(TestDriver.PROFILE)
                .allowDynamicStreams(true)
                .dynamicStreamRange(new StreamIdRange(leasedStreamId, leasedStreamId))
                .announcePeriodNs(TestMedia.PERIOD_NS);
        try (TensorPoolClient client = media.connect();
                Producer direct = client.addProducer(media.producer(STREAM_ID));
                Consumer ofDirect = client.addConsumer(consumer())) {
            final FrameLog ofDriver = new FrameLog();
            try (TensorPoolDriver driver = TensorPoolDriver.launch(context);
                    Producer leased = client.addProducer(leasedStreamId);
                    Consumer ofLeased = client.addConsumer(leasedStreamId);
                    Consumer unleased = client.addConsumer(
                            ConsumerOptions.of(leasedStreamId).withoutDriver())) {
                frames.awaitFlow(direct, ofDirect);
                ofDriver.awaitFlow(leased, ofLeased);
                ofDriver.awaitFlow(leased, unleased);
                assertThat(driver.leases().join()).as("the others have none").hasSize(2);
            }
            frames.awaitFlow(direct, ofDirect);
            assertThat(frames.torn() + ofDriver.torn()).isZero();
        }
    }

    @Test
    void shouldRunInTheThreadOfTheApplication() {
        try (TensorPoolClient client =
                        TensorPoolClient.connect(media.clientContext().useAgentInvoker(true));
                Producer producer = client.addProducer(media.producer(STREAM_ID));
                Consumer consumer = client.addConsumer(consumer())) {
            assertThat(producer.awaitConnected(PATIENCE)).isTrue();
            publishAll(producer, 3);
            assertThat(frames.await(consumer, 3).seqs()).containsExactly(0L, 1L, 2L);
        }
    }

    @Test
    void shouldSayWhyThereIsNoProducer() {
        try (TensorPoolClient client = media.connect()) {
            assertThatThrownBy(() -> client.addProducer(ProducerOptions.of(STREAM_ID)
                            .withOwnMemory(media.memory().withBaseDir(Path.of("/dev/shm/not-there")))))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("/dev/shm/not-there");
        }
    }
}
