package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Publication;
import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.MetadataAttribute;
import io.tensorpool.protocol.MessageSink;
import io.tensorpool.protocol.MetadataAdapter;
import io.tensorpool.protocol.MetadataLimits;
import io.tensorpool.protocol.MetadataProxy;
import io.tensorpool.support.Heard;
import io.tensorpool.support.ManualClock;
import io.tensorpool.support.MessageLog;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;

/** What a producer's side of the metadata stream says, and when. */
class MetadataSenderTest {
    private static final int STREAM_ID = 10_000;
    private static final long ANNOUNCE_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long METADATA_NS = TimeUnit.SECONDS.toNanos(3);
    private static final MetadataAttribute SERIAL = MetadataAttribute.text("serial", "A1");

    private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 2); // overflows on the way
    private final MessageLog log = new MessageLog();
    private final Heard heard = new Heard();
    private final MetadataAdapter receiver = new MetadataAdapter(heard);
    private final List<Throwable> errors = new ArrayList<>();
    private final SourceMetadata metadata = new SourceMetadata(clock);
    private final MetadataSender sender = newSender(log);

    private MetadataSender newSender(final MessageSink sink) {
        return new MetadataSender(
                STREAM_ID,
                metadata,
                new MetadataProxy(sink),
                MetadataOptions.DEFAULT.withPeriodsNs(ANNOUNCE_NS, METADATA_NS),
                errors::add);
    }

    private List<String> work(final long afterNs) {
        return work(afterNs, 7);
    }

    private List<String> work(final long afterNs, final long epoch) {
        sender.doWork(clock.advance(afterNs).nanoTime(), 5, epoch);
        log.poll(receiver, Integer.MAX_VALUE);
        return heard.take();
    }

    @Test
    void shouldSayNothingAboutAStreamWithoutMetadata() {
        assertThat(work(0)).isEmpty();
        assertThat(work(10 * METADATA_NS)).isEmpty();
    }

    @Test
    void shouldAnnounceANamedSourceAtOnceAndThenAtThePeriod() {
        metadata.describe("camera", "UINT16 4x4");
        assertThat(work(0)).containsExactly("source 10000 5 7 0 'camera' 'UINT16 4x4'");
        assertThat(work(ANNOUNCE_NS - 1)).isEmpty();
        assertThat(work(1)).containsExactly("source 10000 5 7 0 'camera' 'UINT16 4x4'");

        metadata.describe("camera 2", "");
        assertThat(work(0)).containsExactly("source 10000 5 7 0 'camera 2' ''");
    }

    @Test
    void shouldAnnounceAnotherEpochAtOnce() {
        metadata.describe("camera", "");
        work(0, 7);

        assertThat(work(1, 8)).containsExactly("source 10000 5 8 0 'camera' ''");
    }

    @Test
    void shouldSendAttributesAtOnceAndThenAtThePeriod() {
        metadata.set(SERIAL);
        final long madeNs = clock.nanoTime();
        final String sent = "meta 10000 1 " + madeNs + " [serial (text/plain, 2 bytes)]";
        assertThat(work(0)).containsExactly("source 10000 5 7 1 '' ''", sent);
        assertThat(work(METADATA_NS - 1)).doesNotContain(sent);
        assertThat(work(1)).contains(sent);

        metadata.remove("serial");
        assertThat(work(0)).containsExactly("source 10000 5 7 2 '' ''", "meta 10000 2 " + clock.nanoTime() + " []");
    }

    @Test
    void shouldMakeAVersionOfEachChangeAndOfNothingElse() {
        assertThat(metadata.version()).isZero();
        assertThat(metadata.set(SERIAL)).isEqualTo(1);
        assertThat(metadata.set(MetadataAttribute.text("serial", "A1"))).isEqualTo(1);
        assertThat(metadata.set(MetadataAttribute.text("serial", "A2"))).isEqualTo(2);
        assertThat(metadata.set(MetadataAttribute.text("lens", "50 mm"))).isEqualTo(3);
        assertThat(metadata.remove("no such key")).isEqualTo(3);
        assertThat(metadata.remove("serial")).isEqualTo(4);
        assertThat(metadata.replace(List.of(SERIAL, MetadataAttribute.text("gain", "2"))))
                .isEqualTo(5);
        metadata.describe("camera", "");
        assertThat(metadata.version()).isEqualTo(5);
        assertThat(metadata.attributes()).containsExactly(SERIAL, MetadataAttribute.text("gain", "2"));
    }

    @Test
    void shouldRefuseWhatNobodyWouldReadAndLeaveEverythingAsItWas() {
        metadata.set(SERIAL);

        assertThatThrownBy(() -> metadata.replace(List.of(SERIAL, SERIAL)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'serial' is there twice");
        assertThatThrownBy(() -> metadata.set(
                        MetadataAttribute.of("big", MetadataAttribute.BYTES, new byte[SourceMetadata.MAX_BYTES])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("as a blob");
        final List<MetadataAttribute> tooMany = new ArrayList<>();
        for (int i = 0; i <= MetadataLimits.MAX_ATTRIBUTES; i++) {
            tooMany.add(MetadataAttribute.text("k" + i, ""));
        }
        assertThatThrownBy(() -> metadata.replace(tooMany)).hasMessageContaining("at most 256");
        assertThatThrownBy(() -> metadata.describe("n".repeat(257), "")).hasMessageContaining("at most 256");
        assertThatThrownBy(() -> metadata.describe("", "Größe")).hasMessageContaining("ASCII");
        assertThat(metadata.attributes()).containsExactly(SERIAL);
        assertThat(metadata.version()).isEqualTo(1);
    }

    @Test
    void shouldTryAgainWhatMetBackPressure() {
        metadata.set(SERIAL);
        log.backPressured(true);
        assertThat(work(0)).isEmpty();

        log.backPressured(false);
        assertThat(work(0)).hasSize(2);
        assertThat(work(0)).isEmpty();
    }

    @Test
    void shouldReportMetadataThatTheStreamIsTooSmallForAndGoOn() {
        final MetadataSender small = newSender(new MessageSink() {
            @Override
            public long tryClaim(final int length, final BufferClaim claim) {
                throw new AssertionError("nothing of a fixed size");
            }

            @Override
            public long offer(final DirectBuffer buffer, final int offset, final int length) {
                if (length > 8192) {
                    throw new IllegalArgumentException("message exceeds maxMessageLength of 8192");
                }
                return log.offer(buffer, offset, length);
            }
        });
        metadata.set(MetadataAttribute.of("table", MetadataAttribute.BYTES, new byte[10_000]));

        for (int i = 0; i < 5; i++) {
            small.doWork(clock.advance(METADATA_NS).nanoTime(), 5, 7);
        }

        assertThat(errors)
                .singleElement()
                .asString()
                .contains("stream 10000, version 1")
                .contains("8192");
        metadata.replace(List.of(SERIAL));
        small.doWork(clock.nanoTime(), 5, 7);
        log.poll(receiver, Integer.MAX_VALUE);
        assertThat(heard.take()).last().asString().startsWith("meta 10000 2 ");
    }

    private static byte[] random(final int length) {
        final byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void shouldSendABlobInChunksAFewPerCycle() {
        final byte[] blob = random(5 * MetadataLimits.MAX_CHUNK_BYTES + 1);
        final BlobTransfer transfer = metadata.sendBlob(-9, blob);

        final List<String> first = work(0);
        assertThat(first.getFirst()).startsWith("blob 10000 0 -9 " + blob.length + " ");
        assertThat(first).hasSize(1 + 4);
        assertThat(transfer.sentBytes()).isEqualTo(4 * MetadataLimits.MAX_CHUNK_BYTES);
        assertThat(transfer.isSent()).isFalse();

        final List<String> second = work(0);
        assertThat(second).hasSize(2 + 1);
        assertThat(second.getLast())
                .isEqualTo("blob complete 10000 0 " + first.getFirst().split(" ")[5]);
        assertThat(transfer.isSent()).isTrue();
        assertThat(work(0)).isEmpty();
    }

    @Test
    void shouldWaitForRoomWithoutLosingOrRepeatingAChunk() {
        final byte[] blob = random(3 * MetadataLimits.MAX_CHUNK_BYTES);
        metadata.sendBlob(1, blob);
        final List<MetadataBlob> received = new ArrayList<>();
        final BlobAssembler assembler = new BlobAssembler(blob.length, ANNOUNCE_NS, received::add);
        final MetadataAdapter to = new MetadataAdapter(new MetadataReader(
                clock, new MetadataCache(ANNOUNCE_NS, 1, 1, new MetadataHandler() {}, clock.nanoTime()), assembler));
        final Random random = new Random(7);

        for (int i = 0; i < 200 && received.isEmpty(); i++) {
            log.backPressured(random.nextInt(3) != 0);
            sender.doWork(clock.nanoTime(), 5, 7);
            log.poll(to, 1);
        }

        assertThat(received)
                .singleElement()
                .satisfies(whole -> assertThat(whole.bytes()).isEqualTo(blob));
        assertThat(assembler.discarded()).isZero();
    }

    @Test
    void shouldBeginABlobAgainWhenTheMediaDriverWasLost() {
        final BlobTransfer transfer = metadata.sendBlob(1, random(6 * MetadataLimits.MAX_CHUNK_BYTES));
        work(0);
        assertThat(transfer.sentBytes()).isPositive();

        sender.onAeronLost();

        assertThat(transfer.sentBytes()).isZero();
        assertThat(work(0).getFirst()).startsWith("blob 10000 0 1 ");
    }

    @Test
    void shouldFailWhatCannotBeSentAnyMore() {
        final BlobTransfer lost = metadata.sendBlob(1, random(100));
        final BlobTransfer waiting = metadata.sendBlob(2, random(100));
        log.answer(Publication.CLOSED);
        work(0);
        assertThat(lost.failure()).contains("ended");
        assertThat(waiting.failure()).isNull();

        sender.close();

        assertThat(waiting.failure()).contains("the producer is closed");
        assertThatThrownBy(() -> metadata.sendBlob(3, new byte[1]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
    }

    @Test
    void shouldTakeSoManyBlobsOfSuchLengthAndNoMore() {
        for (int i = 0; i < SourceMetadata.MAX_WAITING_BLOBS; i++) {
            metadata.sendBlob(i, new byte[1]);
        }
        assertThatThrownBy(() -> metadata.sendBlob(9, new byte[1]))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("4 wait already");
        assertThatThrownBy(() -> metadata.sendBlob(9, new byte[SourceMetadata.MAX_BLOB_BYTES + 1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at most 67108864");
    }

    @Test
    void shouldSendWhatTheBlobWasWhenItWasGiven() {
        final byte[] blob = {1, 2, 3};
        metadata.sendBlob(1, blob);
        blob[0] = 9;

        assertThat(work(0)).contains("chunk 10000 0 0 010203");
    }
}
