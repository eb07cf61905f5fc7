package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.tensorpool.Dtype;
import io.tensorpool.Endpoint;
import io.tensorpool.MajorOrder;
import io.tensorpool.ProgressHints;
import io.tensorpool.ProgressState;
import io.tensorpool.ProgressUnit;
import io.tensorpool.Role;
import io.tensorpool.TensorShape;
import io.tensorpool.driver.LeaseInfo;
import io.tensorpool.protocol.ProgressListener;
import io.tensorpool.protocol.ProgressProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.support.Await;
import io.tensorpool.support.MessageLog;
import io.tensorpool.support.TestDriver;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Frames that fill up: who is told what and when, and what a consumer makes of what it is told. */
class ProgressTest {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final TensorShape SHAPE = TensorShape.of(Dtype.UINT8, 8, 100).withProgress(ProgressUnit.ROWS);
    private static final TensorShape PADDED = TensorShape.strided(
                    Dtype.UINT8, MajorOrder.ROW, new int[] {8, 100}, new int[] {128, 1})
            .withProgress(ProgressUnit.ROWS);
    private static final ProgressLimits UNLIMITED = new ProgressLimits(0, 1, 0, 1, 1);

    private static TestDriver driver;
    private static TensorPoolClient client;
    private static int nextStreamId = 10_000;

    private final FrameClaim claim = new FrameClaim();
    private final List<String> told = new ArrayList<>();
    private int streamId;
    private Producer producer;
    private Consumer consumer;

    @BeforeAll
    static void launch() {
        driver = new TestDriver();
        client = driver.connect();
    }

    @AfterAll
    static void shutDown() {
        client.close();
        driver.close();
    }

    @BeforeEach
    void attach() {
        streamId = nextStreamId++;
        attach(
                ProducerOptions.of(streamId).withProgress(UNLIMITED),
                ConsumerOptions.of(streamId).progress(ProgressHints.ANY));
        awaitFollowed();
    }

    private void attach(final ProducerOptions producing, final ConsumerOptions consuming) {
        producer = client.addProducer(producing);
        consumer = client.addConsumer(consuming);
        assertThat(producer.awaitConnected(CONNECT)).isTrue();
    }

    private void reattach(final ProducerOptions producing, final ConsumerOptions consuming) {
        detach();
        attach(producing, consuming);
    }

    @AfterEach
    void detach() {
        consumer.close();
        producer.close();
    }

    /** Until a frame that is begun is told of, and heard. The frames that were not are dropped. */
    private void awaitFollowed() {
        final List<FrameProgress> heard = new ArrayList<>();
        Await.until(
                () -> "a follower; " + consumer.progressCounts(),
                () -> {
                    producer.tryClaim(SHAPE, claim);
                    claim.offerProgress(ProgressState.STARTED, 0);
                    claim.abort();
                    return consumer.pollProgress(heard::add, 10);
                },
                () -> !heard.isEmpty());
        drain();
    }

    /** Takes out what is on its way still. */
    private void drain() {
        producer.tryClaim(SHAPE, claim);
        assertThat(claim.offerProgress(ProgressState.STARTED, 0)).isPositive();
        final long last = claim.seq();
        claim.abort();
        final List<Long> seqs = new ArrayList<>();
        Await.until(
                "the last",
                () -> consumer.pollProgress(notice -> seqs.add(notice.seq()), 10),
                () -> seqs.contains(last));
    }

    private static String line(final FrameProgress notice) {
        return notice.state() + " " + notice.filledBytes() + " " + notice.completeUnits() + " "
                + notice.payload().byteSize();
    }

    private List<String> await(final int notices) {
        Await.until(
                () -> notices + " notices: " + told + ", " + consumer.progressCounts(),
                () -> consumer.pollProgress(notice -> told.add(line(notice)), 10),
                () -> told.size() >= notices);
        return told;
    }

    @Test
    void shouldShowThePartOfAFrameThatIsThere() {
        producer.tryClaim(SHAPE, claim);
        claim.payload().fill((byte) 9);
        claim.payload().asSlice(0, 250).fill((byte) 1);
        assertThat(claim.offerProgress(ProgressState.STARTED, 0)).isPositive();
        assertThat(claim.offerProgress(ProgressState.PROGRESS, 250)).isPositive();
        final List<MemorySegment> parts = new ArrayList<>();

        Await.until(
                "two notices",
                () -> consumer.pollProgress(
                        notice -> {
                            told.add(line(notice) + " " + notice.isIntact() + " " + notice.isCommitted());
                            assertThat(notice.seq()).isEqualTo(claim.seq());
                            assertThat(notice.streamId()).isEqualTo(streamId);
                            assertThat(notice.epoch())
                                    .isEqualTo(claim.binding().mapping().epoch());
                            assertThat(notice.shape()).isEqualTo(SHAPE);
                            assertThat(notice.lengthBytes()).isEqualTo(800);
                            parts.add(notice.payload());
                        },
                        10),
                () -> told.size() == 2);

        assertThat(told).containsExactly("STARTED 0 0 0 true false", "PROGRESS 250 2 250 true false");
        assertThat(parts.getLast().isReadOnly()).isTrue();
        assertThat(parts.getLast().toArray(ValueLayout.JAVA_BYTE)).containsOnly(1);
        assertThat(consumer.poll(frame -> told.add("frame"), 1))
                .as("it is not there yet")
                .isZero();

        assertThat(claim.offerProgress(ProgressState.COMPLETE, 800)).isPositive();
        assertThat(claim.commit()).isPositive();
        Await.until(
                "the end",
                () -> consumer.pollProgress(notice -> told.add(line(notice) + " " + notice.isCommitted()), 10),
                () -> told.size() == 3);
        Await.until("the frame", () -> consumer.poll(frame -> told.add("frame"), 1), () -> told.size() == 4);
        assertThat(told).endsWith("COMPLETE 800 8 800 true", "frame");
    }

    @Test
    void shouldShowWholeRowsWhereThereIsPadding() {
        producer.tryClaim(PADDED, claim);
        claim.offerProgress(ProgressState.STARTED, 0);
        claim.offerProgress(ProgressState.PROGRESS, 127);
        claim.offerProgress(ProgressState.PROGRESS, 400);
        claim.offerProgress(ProgressState.COMPLETE, PADDED.lengthBytes());

        assertThat(await(4))
                .containsExactly("STARTED 0 0 0", "PROGRESS 127 0 0", "PROGRESS 400 3 384", "COMPLETE 996 8 996");
        claim.abort();
    }

    @Test
    void shouldTellThatTheSlotWasTakenForAnotherFrame() {
        producer.tryClaim(SHAPE, claim);
        claim.offerProgress(ProgressState.STARTED, 0);
        claim.offerProgress(ProgressState.PROGRESS, 100);
        claim.abort();
        final List<Boolean> intact = new ArrayList<>();

        Await.until(
                "two notices",
                () -> consumer.pollProgress(
                        notice -> {
                            intact.add(notice.isIntact());
                            for (int i = 0; i < 8 && notice.state() == ProgressState.PROGRESS; i++) {
                                producer.tryClaim(SHAPE, claim);
                                claim.abort();
                            }
                            intact.add(notice.isIntact());
                        },
                        10),
                () -> intact.size() == 4);

        assertThat(intact).containsExactly(true, true, true, false);
    }

    @Test
    void shouldSayNothingWhileNobodyWantsToHear() {
        reattach(ProducerOptions.of(streamId).withProgress(UNLIMITED), ConsumerOptions.of(streamId));
        try (Pollers pollers = Pollers.connect(new PollerContext().aeronDirectoryName(driver.aeronDirectoryName()));
                Poller<ProgressListener> everything = pollers.progress()) {
            for (int i = 0; i < 100; i++) {
                producer.tryClaim(SHAPE, claim);
                assertThat(claim.offerProgress(ProgressState.STARTED, 0)).isEqualTo(Producer.NOT_TOLD);
                assertThat(claim.offerProgress(ProgressState.PROGRESS, 800)).isEqualTo(Producer.NOT_TOLD);
                assertThat(claim.offerProgress(ProgressState.COMPLETE, 800)).isEqualTo(Producer.NOT_TOLD);
                assertThat(claim.commit(TensorShape.of(Dtype.UINT8, 3))).isPositive();
                everything.poll((stream, epoch, seq, filledBytes, state) -> told.add(state + " of " + stream), 10);
                assertThat(consumer.pollProgress(notice -> told.add(line(notice)), 10))
                        .isZero();
            }
        }
        assertThat(told).filteredOn(line -> line.endsWith(" " + streamId)).isEmpty();
    }

    @Test
    void shouldFallSilentWhenTheLastWhoWantedToHearHasGone() {
        consumer.close();

        Await.until("nobody is told", () -> {
            producer.tryClaim(SHAPE, claim);
            final long result = claim.offerProgress(ProgressState.STARTED, 0);
            claim.abort();
            return result == Producer.NOT_TOLD;
        });
        consumer = client.addConsumer(ConsumerOptions.of(streamId).progress(ProgressHints.ANY));
        awaitFollowed();
    }

    @Test
    void shouldTellAsRarelyAsConsumersWish() {
        final int anHourUs = (int) (Duration.ofHours(1).toNanos() / 1_000); // unsigned
        reattach(
                ProducerOptions.of(streamId).withProgress(new ProgressLimits(0, 10_000, 0, 1, 1)),
                ConsumerOptions.of(streamId)
                        .progress(new ProgressHints(true, anHourUs, ProgressHints.UNSET, ProgressHints.UNSET)));
        awaitFollowed();
        producer.tryClaim(SHAPE, claim);
        assertThat(claim.offerProgress(ProgressState.STARTED, 0)).isPositive();
        for (int filled = 1; filled < 800; filled++) {
            assertThat(claim.offerProgress(ProgressState.PROGRESS, filled)).isEqualTo(Producer.NOT_TOLD);
        }
        assertThat(claim.offerProgress(ProgressState.COMPLETE, 800)).isPositive();
        assertThat(await(2)).containsExactly("STARTED 0 0 0", "COMPLETE 800 8 800");
        claim.abort();

        // One that is in more of a hurry, about growth in rows, decides for both.
        try (Consumer second =
                client.addConsumer(ConsumerOptions.of(streamId).progress(new ProgressHints(true, 0, 10_000, 2)))) {
            assertThat(second.isMapped()).isTrue();
            Await.until("it counts, too", () -> {
                producer.tryClaim(SHAPE, claim);
                claim.offerProgress(ProgressState.STARTED, 0);
                final long tooSoon = claim.offerProgress(ProgressState.PROGRESS, 199);
                final long inTime = claim.offerProgress(ProgressState.PROGRESS, 200);
                claim.abort();
                return tooSoon == Producer.NOT_TOLD && inTime > 0;
            });
        }
    }

    @Test
    void shouldUseTheConsumersOwnControlStream() {
        final Endpoint own = new Endpoint("aeron:ipc?term-length=64k", 32_000 + streamId % 1_000);
        reattach(
                ProducerOptions.of(streamId).withProgress(UNLIMITED),
                ConsumerOptions.of(streamId).progress(ProgressHints.ANY).ownControls(own));
        awaitFollowed();
        final List<String> onShared = new ArrayList<>();
        final List<String> onOwn = new ArrayList<>();
        try (Pollers pollers = Pollers.connect(new PollerContext().aeronDirectoryName(driver.aeronDirectoryName()));
                Poller<ProgressListener> shared = pollers.progress();
                Poller<ProgressListener> ofConsumer = pollers.progress(own)) {
            Await.until(
                    "the consumer hears on its own stream",
                    () -> {
                        producer.tryClaim(SHAPE, claim);
                        claim.offerProgress(ProgressState.STARTED, 0);
                        claim.abort();
                        consumer.pollProgress(notice -> {}, 10);
                        return ofConsumer.poll((stream, epoch, seq, filledBytes, state) -> onOwn.add("" + seq), 10);
                    },
                    () -> !onOwn.isEmpty());
            drain();
            final long twiceWhenItWentOver = consumer.progressCounts().repeated()
                    + consumer.progressCounts().regressed();
            final long received = consumer.progressCounts().received();
            for (int i = 0; i < 20; i++) {
                producer.tryClaim(SHAPE, claim);
                assertThat(claim.offerProgress(ProgressState.STARTED, 0)).isPositive();
                final long seq = claim.seq();
                final long expected = received + i + 1;
                claim.abort();
                Await.until(
                        "heard " + seq,
                        () -> ofConsumer.poll((stream, epoch, of, filled, state) -> onOwn.add("" + of), 10)
                                + consumer.pollProgress(notice -> {}, 10),
                        () -> onOwn.contains("" + seq)
                                && consumer.progressCounts().received() == expected);
                shared.poll((stream, epoch, of, filled, state) -> onShared.add(stream + " " + of), 100);
                assertThat(onShared).doesNotContain(streamId + " " + seq);
            }
            assertThat(consumer.progressCounts().repeated()
                            + consumer.progressCounts().regressed())
                    .isEqualTo(twiceWhenItWentOver);
        }
    }

    @Test
    void shouldSettleTheShapeWithTheFirstThatIsTold() {
        producer.tryClaim(SHAPE, claim);
        claim.offerProgress(ProgressState.STARTED, 0);

        assertThatThrownBy(() -> claim.commit(TensorShape.of(Dtype.UINT8, 800)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("progress was told of");
        assertThat(claim.commit(TensorShape.of(Dtype.UINT8, 8, 100).withProgress(ProgressUnit.ROWS)))
                .isPositive();
    }

    @Test
    void shouldRefuseProgressOfWhatIsNotOpenOrGoesBack() {
        assertThatThrownBy(() -> new FrameClaim().offerProgress(ProgressState.STARTED, 0))
                .isInstanceOf(IllegalStateException.class);
        producer.tryClaim(SHAPE, claim);
        assertThatThrownBy(() -> claim.offerProgress(ProgressState.PROGRESS, 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("expected STARTED");
        claim.offerProgress(ProgressState.STARTED, 5);
        assertThatThrownBy(() -> claim.offerProgress(ProgressState.PROGRESS, 4))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> claim.offerProgress(ProgressState.PROGRESS, 801))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(claim.offerProgress(ProgressState.PROGRESS, 6)).isPositive();
        claim.commit();
        assertThatThrownBy(() -> claim.offerProgress(ProgressState.COMPLETE, 800))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("not open");
        assertThat(await(2)).containsExactly("STARTED 5 0 5", "PROGRESS 6 0 6");
    }

    @Test
    void shouldSayThatTheFrameCannotBecomeAnythingAnyMore() {
        producer.tryClaim(SHAPE, claim);
        claim.offerProgress(ProgressState.STARTED, 0);
        final long leaseId = driver.driver().leases().join().stream()
                .filter(lease -> lease.streamId() == streamId && lease.role() == Role.PRODUCER)
                .mapToLong(LeaseInfo::leaseId)
                .findFirst()
                .orElseThrow();
        driver.driver().revoke(leaseId).join();
        Await.until("the producer is told", () -> !producer.isBound());

        assertThat(claim.offerProgress(ProgressState.PROGRESS, 1)).isEqualTo(Producer.EPOCH_CHANGED);
        assertThat(claim.commit()).isEqualTo(Producer.EPOCH_CHANGED);

        Await.until("a new epoch", () -> producer.tryClaim(SHAPE, claim) >= 0);
        awaitFollowedInNewEpoch();
        producer.close();
        assertThat(claim.offerProgress(ProgressState.STARTED, 0)).isEqualTo(Producer.CLOSED);
    }

    private void awaitFollowedInNewEpoch() {
        claim.abort();
        awaitFollowed();
        producer.tryClaim(SHAPE, claim);
    }

    @Test
    void shouldFlushBeforeItTells() {
        final List<Long> flushed = new ArrayList<>();
        reattach(
                ProducerOptions.of(streamId).withProgress(UNLIMITED).withFlush((payload, filledBytes) -> {
                    flushed.add(filledBytes);
                    if (filledBytes == 300) {
                        throw new UnsupportedOperationException("no device");
                    }
                    payload.asSlice(0, filledBytes).fill((byte) 7);
                }),
                ConsumerOptions.of(streamId).progress(ProgressHints.ANY));
        awaitFollowed();
        producer.tryClaim(SHAPE, claim);
        claim.offerProgress(ProgressState.STARTED, 0);
        claim.offerProgress(ProgressState.PROGRESS, 200);
        final List<byte[]> parts = new ArrayList<>();
        Await.until(
                "two notices",
                () -> consumer.pollProgress(notice -> parts.add(notice.payload().toArray(ValueLayout.JAVA_BYTE)), 10),
                () -> parts.size() == 2);
        assertThat(parts.getLast()).hasSize(200).containsOnly(7);

        assertThatThrownBy(() -> claim.offerProgress(ProgressState.PROGRESS, 300))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThat(claim.isOpen()).isFalse();
        assertThat(flushed).containsExactly(200L, 300L);
    }

    @Test
    void shouldTellOfTheBuffersOfAFixedPool() {
        final FixedPool pool = new FixedPool();
        assertThat(producer.tryClaimAll(SHAPE, pool)).isPositive();
        for (int i = 0; i < pool.size(); i++) {
            assertThat(pool.claim(i).offerProgress(ProgressState.STARTED, 0)).isPositive();
            assertThat(pool.claim(i).offerProgress(ProgressState.COMPLETE, 800)).isPositive();
            assertThat(pool.claim(i).commit()).isPositive();
            await(2 * i + 2);
            assertThat(pool.queueClaim(pool.claim(i))).isPositive();
        }
        assertThat(pool.claim(0).offerProgress(ProgressState.STARTED, 0)).isPositive();
        pool.close();
        assertThat(pool.claim(1).offerProgress(ProgressState.STARTED, 0)).isEqualTo(FixedPool.POOL_CLOSED);
        assertThat(await(17)).startsWith("STARTED 0 0 0", "COMPLETE 800 8 800").endsWith("STARTED 0 0 0");
    }

    @Test
    void shouldHandOnTheRestAfterAnExceptionOfTheHandler() {
        producer.tryClaim(SHAPE, claim);
        claim.offerProgress(ProgressState.STARTED, 0);
        claim.offerProgress(ProgressState.PROGRESS, 1);
        final ProgressHandler failing = notice -> {
            told.add(line(notice));
            if (told.size() == 1) {
                throw new UnsupportedOperationException("no");
            }
        };
        assertThatThrownBy(() -> Await.until("throws", () -> consumer.pollProgress(failing, 10), () -> false))
                .isInstanceOf(UnsupportedOperationException.class);
        Await.until("the rest", () -> consumer.pollProgress(failing, 10), () -> told.size() == 2);
        assertThat(told).containsExactly("STARTED 0 0 0", "PROGRESS 1 0 1");
    }

    /** What somebody else says on the control stream, or a producer of ours never would. */
    @Test
    void shouldDropAndCountWhatCannotBe() {
        producer.tryClaim(SHAPE, claim);
        claim.offerProgress(ProgressState.STARTED, 0);
        claim.offerProgress(ProgressState.PROGRESS, 500);
        await(2);
        final long epoch = claim.binding().mapping().epoch();
        final long seq = claim.seq();
        try (Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                Publication publication = aeron.addExclusivePublication(Endpoint.IPC_CHANNEL, 1000)) {
            final ProgressProxy others = new ProgressProxy(new PublicationSink(publication));
            Await.until("the consumer is there", publication::isConnected);
            others.progress(streamId, epoch, seq, 500, ProgressState.PROGRESS); // again
            others.progress(streamId, epoch, seq, 499, ProgressState.PROGRESS); // less
            others.progress(streamId, epoch, seq, 501, ProgressState.STARTED); // back to the start
            others.progress(streamId, epoch, seq, 801, ProgressState.PROGRESS); // more than there is
            others.progress(streamId, epoch, seq, -1, ProgressState.PROGRESS); // as unsigned, too
            others.progress(streamId, epoch, seq + 8, 1, ProgressState.PROGRESS); // not claimed yet
            others.progress(streamId, epoch, seq - 8, 1, ProgressState.PROGRESS); // overwritten
            others.progress(streamId, epoch, Long.MIN_VALUE | seq, 501, ProgressState.PROGRESS); // no number at all
            others.progress(streamId, epoch + 1, seq, 501, ProgressState.PROGRESS);
            others.progress(streamId + 1, epoch, seq, 501, ProgressState.PROGRESS);
            offerInPieces(publication, epoch, seq);
            others.progress(streamId, epoch, seq, 502, ProgressState.PROGRESS);

            assertThat(await(3)).endsWith("PROGRESS 502 5 502");
        }
        final ProgressCounts counts = consumer.progressCounts();
        assertThat(counts.repeated()).isEqualTo(1);
        assertThat(counts.regressed()).isEqualTo(2);
        assertThat(counts.rejected()).isEqualTo(2);
        assertThat(counts.late()).isEqualTo(3);
        assertThat(counts.otherEpoch()).isEqualTo(1);
        assertThat(counts.toString()).contains("regressed 2", "rejected 2");
        claim.abort();
    }

    /** A long message of another kind, in the middle of which, at the start of a fragment, stands a progress message. */
    private void offerInPieces(final Publication publication, final long epoch, final long seq) {
        final MessageLog log = new MessageLog();
        new ProgressProxy(log).progress(streamId, epoch, seq, 600, ProgressState.PROGRESS);
        final byte[] hidden = log.take();
        final UnsafeBuffer message = new UnsafeBuffer(new byte[2 * publication.maxPayloadLength() + hidden.length]);
        message.putBytes(publication.maxPayloadLength(), hidden);
        message.putBytes(2 * publication.maxPayloadLength(), hidden);
        Await.until("sent", () -> publication.offer(message) > 0);
    }

    @Test
    void shouldSurviveTheLossOfTheMemory() throws IOException {
        producer.tryClaim(SHAPE, claim);
        claim.offerProgress(ProgressState.STARTED, 0);
        final Path stream = driver.directory().path().resolve("tensorpool-test/default/" + streamId);
        try (Stream<Path> epochs = Files.list(stream)) {
            final Path newest =
                    epochs.max(Comparator.comparing(Path::getFileName)).orElseThrow();
            try (RandomAccessFile file =
                    new RandomAccessFile(newest.resolve("header.ring").toFile(), "rw")) {
                file.setLength(0);
            }
        }

        Await.until(
                () -> "a fault; " + consumer.progressCounts(),
                () -> consumer.pollProgress(notice -> {}, 10),
                () -> consumer.progressCounts().faults()
                                + consumer.progressCounts().otherEpoch()
                        == 1);

        Await.until("no claim is open", () -> claim.offerProgress(ProgressState.PROGRESS, 1) == Producer.EPOCH_CHANGED);
        claim.abort();
        Await.until("a new epoch", () -> producer.tryClaim(SHAPE, claim) == 0);
        awaitFollowedInNewEpoch();
    }
}
