package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.tensorpool.ClockDomain;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.Role;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestMedia;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Announces that are wrong, old or somebody else's, sent through a real media driver to a consumer without a driver. What
 * the true producer announces does not reach it, so that each test says what the consumer hears.
 */
@Timeout(60)
class HostileAnnouncesTest {
    private static final int STREAM_ID = 10_000;
    private static final int ANNOUNCER_ID = 99;
    private static final Endpoint ELSEWHERE = Endpoint.ipc(1901);

    private final TestMedia media = new TestMedia();
    private final List<EpochRegions> made = new CopyOnWriteArrayList<>();
    private final FrameLog frames = new FrameLog();
    private final TensorPoolClient writing = TensorPoolClient.connect(
            media.clientContext().announceEndpoint(ELSEWHERE).eventListener(new ClientEventListener() {
                @Override
                public void onAttached(final Role role, final AttachmentStatus attachment, final EpochRegions regions) {
                    made.add(regions);
                }
            }));
    private final Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(media.aeronDirectoryName()));
    private final Publication announces = aeron.addPublication(Endpoint.IPC_CHANNEL, 1001);
    private final AnnounceProxy proxy = new AnnounceProxy(new PublicationSink(announces));
    private final Producer producer = writing.addProducer(media.producer(STREAM_ID));
    private final long beforeJoinNs = System.nanoTime();
    private final TensorPoolClient reading =
            TensorPoolClient.connect(media.clientContext().errorHandler(error -> {}));
    private final Consumer consumer =
            reading.addConsumer(ConsumerOptions.of(STREAM_ID).withoutDriver());

    @BeforeEach
    void awaitSubscription() {
        Await.until("the client hears announces", announces::isConnected);
    }

    @AfterEach
    void close() {
        CloseHelper.closeAll(consumer, producer, reading, writing, aeron, media);
    }

    private EpochRegions regions() {
        return made.getLast();
    }

    private void announce(final EpochRegions regions, final long timestampNs, final ClockDomain clock) {
        Await.until("sent", () -> proxy.announce(regions, ANNOUNCER_ID, timestampNs, clock) > 0);
    }

    private void announce(final EpochRegions regions) {
        announce(regions, System.nanoTime(), ClockDomain.MONOTONIC);
    }

    private void awaitMapped() {
        Await.until("mapped", consumer::isMapped);
    }

    private void awaitCount(final String what, final LongSupplier count) {
        Await.until(what, () -> count.getAsLong() == 1);
    }

    private static long wallNs() {
        return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    }

    @Test
    void shouldIgnoreWhatWasAnnouncedBeforeItJoined() {
        announce(regions(), beforeJoinNs, ClockDomain.MONOTONIC);

        awaitCount("counted", reading.announces()::beforeJoin);
        assertThat(consumer.isMapped()).isFalse();
        announce(regions());
        awaitMapped();
        assertThat(reading.announces().stale()).isZero();
    }

    @Test
    void shouldIgnoreWhatIsStale() {
        final long joinedNs = System.nanoTime();
        Await.until("it is old", () -> System.nanoTime() - joinedNs > 2 * TestMedia.FRESHNESS_NS);
        announce(regions(), joinedNs, ClockDomain.MONOTONIC);

        awaitCount("counted", reading.announces()::stale);
        assertThat(consumer.isMapped()).isFalse();
        announce(regions());
        awaitMapped();
        assertThat(reading.announces().beforeJoin()).isZero();
    }

    @Test
    void shouldJudgeASharedClockByItsFreshnessOnly() {
        announce(regions(), wallNs() - 10 * TestMedia.FRESHNESS_NS, ClockDomain.REALTIME_SYNCED);
        awaitCount("counted", reading.announces()::stale);
        assertThat(consumer.isMapped()).isFalse();

        announce(regions(), wallNs(), ClockDomain.REALTIME_SYNCED);

        awaitMapped();
        assertThat(reading.announces().beforeJoin()).isZero();
    }

    private EpochRegions changed(final long epoch, final String ring, final List<PoolRegion> pools) {
        return new EpochRegions(STREAM_ID, epoch, 1, regions().nslots(), ring, pools);
    }

    private EpochRegions hostile(final String how) {
        final EpochRegions real = regions();
        final long next = real.epoch() + 1;
        final PoolRegion pool = real.pools().getFirst();
        return switch (how) {
            case "outside the base" -> changed(next, "shm:file?path=/etc/passwd", real.pools());
            case "no file" -> changed(next, real.headerRegionUri() + ".not", real.pools());
            case "wrong size" ->
                changed(
                        next,
                        real.headerRegionUri(),
                        List.of(new PoolRegion(pool.poolId(), pool.nslots(), 1L << 31, pool.regionUri())));
            case "no pools" -> changed(next, real.headerRegionUri(), List.of());
            case "other epoch" -> changed(next, real.headerRegionUri(), real.pools());
            case "highest epoch" -> changed(-1, real.headerRegionUri(), real.pools());
            case "lower epoch" -> changed(real.epoch() - 1, real.headerRegionUri(), real.pools());
            case "other regions" -> changed(real.epoch(), "shm:file?path=/etc/passwd", real.pools());
            case "pool missing" -> changed(real.epoch(), real.headerRegionUri(), List.of(pool));
            default -> throw new AssertionError(how);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "outside the base, refused",
        "no file,          refused",
        "wrong size,       refused",
        "no pools,         refused",
        "other epoch,      refused",
        "highest epoch,    refused",
        "lower epoch,      lowerEpoch",
        "other regions,    conflicting",
        "pool missing,     conflicting"
    })
    void shouldLoseNothingToAWrongAnnounce(final String how, final String count) {
        announce(regions());
        awaitMapped();
        assertThat(producer.awaitConnected(Duration.ofSeconds(5))).isTrue();
        frames.awaitFlow(producer, consumer);

        announce(hostile(how));

        final AnnounceCounts counts = reading.announces();
        awaitCount(
                "counted: " + counts,
                switch (count) {
                    case "refused" -> counts::refused;
                    case "lowerEpoch" -> counts::lowerEpoch;
                    case "conflicting" -> counts::conflicting;
                    default -> throw new AssertionError(count);
                });
        assertThat(consumer.isMapped()).isTrue();
        frames.awaitFlow(producer, consumer);
        assertThat(consumer.counts().dropsGap() + consumer.counts().rejected())
                .as(consumer.toString())
                .isZero();

        producer.close();
        try (Producer next = writing.addProducer(media.producer(STREAM_ID))) {
            announce(regions());
            frames.awaitFlow(next, consumer);
        }
        assertThat(frames.torn()).isZero();
    }

    @Test
    void shouldIgnoreTheAnnouncesOfOtherStreams() {
        final EpochRegions real = regions();
        announce(real);
        awaitMapped();
        announce(new EpochRegions(
                STREAM_ID + 1, real.epoch() + 1, 1, real.nslots(), real.headerRegionUri(), real.pools()));
        announce(hostile("lower epoch"));

        awaitCount("the one behind it was heard", reading.announces()::lowerEpoch);
        assertThat(reading.announces().refused()).isZero();
        frames.awaitFlow(producer, consumer);
    }
}
