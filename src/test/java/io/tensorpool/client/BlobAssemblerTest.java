package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.protocol.MetadataLimits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Blobs come whole or not at all, and never take more memory than they may. */
class BlobAssemblerTest {
    private static final int STREAM_ID = 10_000;
    private static final int MAX_BYTES = 300_000;
    private static final long TIMEOUT_NS = 1_000;

    private final List<MetadataBlob> received = new ArrayList<>();
    private final BlobAssembler assembler = new BlobAssembler(MAX_BYTES, TIMEOUT_NS, received::add);
    private final byte[] blob = random(200_001);
    private long nowNs = Long.MAX_VALUE - 3;

    private static byte[] random(final int length) {
        final byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static long crc(final byte[] bytes) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return crc.getValue();
    }

    private void announce(final int version, final long length, final long checksum) {
        assembler.onAnnounce(STREAM_ID, version, 9, length, checksum, nowNs);
    }

    private void chunk(final int version, final byte[] of, final int from, final int to) {
        chunkAt(version, from, of, from, to);
    }

    private void chunkAt(final int version, final long chunkOffset, final byte[] of, final int from, final int to) {
        assembler.onChunk(STREAM_ID, version, chunkOffset, new UnsafeBuffer(of), from, to - from, nowNs);
    }

    private void chunks(final int version, final byte[] of) {
        for (int at = 0; at < of.length; at += MetadataLimits.MAX_CHUNK_BYTES) {
            chunk(version, of, at, Math.min(of.length, at + MetadataLimits.MAX_CHUNK_BYTES));
        }
    }

    private void complete(final int version, final long checksum) {
        assembler.onComplete(STREAM_ID, version, checksum);
    }

    private void assertDiscarded() {
        assertThat(received).isEmpty();
        assertThat(assembler.discarded()).isPositive();
        assertThat(assembler.heldBytes()).isZero();
    }

    @Test
    void shouldPutABlobTogether() {
        announce(-3, blob.length, crc(blob));
        chunks(-3, blob);
        complete(-3, crc(blob));

        final MetadataBlob whole = received.getFirst();
        assertThat(whole.bytes()).isEqualTo(blob);
        assertThat(List.of(whole.streamId(), whole.metaVersion(), whole.blobType()))
                .containsExactly(STREAM_ID, -3, 9);
        assertThat(assembler.discarded()).isZero();
        assertThat(assembler.heldBytes()).isZero();
    }

    /** The check value of CRC32C, as every description of it gives it. */
    @Test
    void shouldCheckByCrc32c() {
        final byte[] digits = "123456789".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        announce(1, digits.length, 0xE306_9283L);
        chunks(1, digits);
        complete(1, 0xE306_9283L);

        assertThat(received).hasSize(1);
    }

    @Test
    void shouldTakeABlobWithoutChecksum() {
        announce(1, blob.length, 0);
        chunks(1, blob);
        complete(1, 0);

        assertThat(received).hasSize(1);
    }

    @Test
    void shouldTakeAnEmptyBlob() {
        announce(1, 0, 0);
        complete(1, 0);

        assertThat(received)
                .singleElement()
                .satisfies(empty -> assertThat(empty.bytes()).isEmpty());
    }

    @Test
    void shouldPutSeveralTogetherAtATime() {
        announce(1, blob.length, crc(blob));
        announce(2, blob.length, crc(blob));
        for (int at = 0; at < blob.length; at += 1_000) {
            chunk(1, blob, at, Math.min(blob.length, at + 1_000));
            chunk(2, blob, at, Math.min(blob.length, at + 1_000));
        }
        complete(2, crc(blob));
        complete(1, crc(blob));

        assertThat(received).extracting(MetadataBlob::metaVersion).containsExactly(2, 1);
    }

    @Test
    void shouldRefuseAGap() {
        announce(1, blob.length, 0);
        chunk(1, blob, 0, 100);
        chunk(1, blob, 101, 200);
        assertDiscarded();
    }

    @Test
    void shouldRefuseAnOverlapAndARepetition() {
        announce(1, blob.length, 0);
        chunk(1, blob, 0, 100);
        chunk(1, blob, 99, 200);
        assertDiscarded();
        announce(1, blob.length, 0);
        chunk(1, blob, 0, 100);
        chunk(1, blob, 0, 100);
        assertDiscarded();
    }

    @Test
    void shouldRefuseABlobThatDoesNotBeginAtItsBeginning() {
        announce(1, blob.length, 0);
        chunk(1, blob, 100, 200);
        assertDiscarded();
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, 1L << 32, Long.MAX_VALUE})
    void shouldRefuseAnOffsetThatIsOutOfBounds(final long offset) {
        announce(1, blob.length, 0);
        chunkAt(1, offset, blob, 0, 100);
        assertDiscarded();
    }

    @Test
    void shouldRefuseMoreThanWasAnnounced() {
        announce(1, 150, 0);
        chunk(1, blob, 0, 100);
        chunk(1, blob, 100, 151);
        assertDiscarded();
    }

    @Test
    void shouldRefuseLessThanWasAnnounced() {
        announce(1, 150, 0);
        chunk(1, blob, 0, 149);
        complete(1, 0);
        assertDiscarded();
    }

    @Test
    void shouldRefuseAWrongChecksum() {
        announce(1, blob.length, crc(blob) ^ 1);
        chunks(1, blob);
        complete(1, crc(blob) ^ 1);
        assertDiscarded();
        announce(1, blob.length, crc(blob));
        final byte[] changed = blob.clone();
        changed[100_000] ^= 1;
        chunks(1, changed);
        complete(1, crc(blob));
        assertDiscarded();
    }

    @Test
    void shouldRefuseAnotherChecksumThanWasAnnounced() {
        announce(1, blob.length, 0);
        chunks(1, blob);
        complete(1, crc(blob));
        assertDiscarded();
    }

    @Test
    void shouldRefuseAChecksumOfMoreThan32Bits() {
        announce(1, blob.length, crc(blob) | 1L << 40);
        chunks(1, blob);
        complete(1, crc(blob) | 1L << 40);
        assertDiscarded();
    }

    @ParameterizedTest
    @ValueSource(longs = {MAX_BYTES + 1, Long.MAX_VALUE, -1, 1L << 33})
    void shouldRefuseABlobThatIsTooLong(final long length) {
        announce(1, length, 0);
        assertThat(assembler.heldBytes()).isZero();
        chunk(1, blob, 0, 100);
        assertDiscarded();
        assertThat(assembler.discarded()).isEqualTo(2);
    }

    @Test
    void shouldRefuseEverythingWhereBlobsAreNotWanted() {
        final BlobAssembler none = new BlobAssembler(0, TIMEOUT_NS, received::add);
        none.onAnnounce(STREAM_ID, 1, 9, 0, 0, nowNs);
        none.onComplete(STREAM_ID, 1, 0);

        assertThat(received).isEmpty();
        assertThat(none.discarded()).isEqualTo(2);
    }

    @Test
    void shouldIgnoreChunksThatWereNotAnnounced() {
        chunk(1, blob, 0, 100);
        complete(1, 0);
        assertDiscarded();
    }

    @Test
    void shouldBeginAgainWithASecondAnnounce() {
        announce(1, blob.length, crc(blob));
        chunk(1, blob, 0, 100);
        announce(1, blob.length, crc(blob));
        chunks(1, blob);
        complete(1, crc(blob));

        assertThat(received).hasSize(1);
        assertThat(assembler.discarded()).isEqualTo(1);
    }

    @Test
    void shouldGiveUpABlobOfWhichNothingMoreComes() {
        announce(1, blob.length, 0);
        nowNs += TIMEOUT_NS;
        chunk(1, blob, 0, 100);
        nowNs += TIMEOUT_NS;
        assembler.doWork(nowNs);
        assertThat(assembler.heldBytes()).isPositive();

        assembler.doWork(++nowNs);
        assertDiscarded();
        chunk(1, blob, 100, 200);
        assertDiscarded();
    }

    @Test
    void shouldHoldNoMoreThanItMayWhateverIsAnnounced() {
        for (int version = 0; version < 10_000; version++) {
            announce(version, MAX_BYTES, 0);
            chunk(version, Arrays.copyOf(blob, 65_536), 0, 65_536);
        }
        assertThat(assembler.heldBytes()).isBetween(1L, 4L * MAX_BYTES);

        nowNs += TIMEOUT_NS + 1;
        assembler.doWork(nowNs);
        assertThat(assembler.heldBytes()).isZero();
    }

    @Test
    void shouldHoldNoMoreThanItMayWhileBlobsGrow() {
        for (int version = 0; version < BlobAssembler.MAX_TRANSFERS; version++) {
            announce(version, MAX_BYTES, 0);
        }
        final byte[] large = random(MAX_BYTES);
        for (int at = 0; at < MAX_BYTES; at += 10_000) {
            for (int version = 0; version < BlobAssembler.MAX_TRANSFERS; version++) {
                chunk(version, large, at, at + 10_000);
                assertThat(assembler.heldBytes()).isLessThanOrEqualTo(4L * MAX_BYTES);
            }
        }
        for (int version = 0; version < BlobAssembler.MAX_TRANSFERS; version++) {
            complete(version, 0);
        }
        assertThat(received).isNotEmpty().allMatch(whole -> Arrays.equals(whole.bytes(), large));
        assertThat(assembler.heldBytes()).isZero();
    }
}
