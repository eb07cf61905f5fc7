package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PayloadHashTest {
    /** Values published for XXH64 with seed 0. */
    @ParameterizedTest
    @CsvSource({
        "'',ef46db3751d8e999",
        "a,d24ec4f1a98c6e5b",
        "abc,44bc2cf5ad770999",
        "xxhash,32dd38952c4bc720",
        "Nobody inspects the spammish repetition,fbcea83c8a378bf1"
    })
    void shouldBeTheKnownHashOfTheContent(final String text, final String expected) {
        final byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);

        assertThat(PayloadHash.ofContent(MemorySegment.ofArray(bytes), bytes.length))
                .isEqualTo(Long.parseUnsignedLong(expected, 16));
    }

    @Test
    void shouldChangeWithEveryByteAndEveryLength() {
        final byte[] bytes = new byte[133];
        new Random(1).nextBytes(bytes);
        final MemorySegment payload = MemorySegment.ofArray(bytes);
        final Set<Long> hashes = new HashSet<>();
        for (int length = 0; length <= bytes.length; length++) {
            assertThat(hashes.add(PayloadHash.of(payload, length, 7)))
                    .as("length %s", length)
                    .isTrue();
        }
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] ^= 1;
            assertThat(hashes.add(PayloadHash.of(payload, bytes.length, 7)))
                    .as("byte %s", i)
                    .isTrue();
            bytes[i] ^= 1;
        }
    }

    @Test
    void shouldChangeWithTheSequenceNumber() {
        final MemorySegment payload = MemorySegment.ofArray(new byte[100]);
        final Set<Long> hashes = new HashSet<>();
        for (long seq = -500; seq < 500; seq++) {
            assertThat(hashes.add(PayloadHash.of(payload, 100, seq))).isTrue();
        }
        assertThat(PayloadHash.withSeq(PayloadHash.ofContent(payload, 100), 3))
                .isEqualTo(PayloadHash.of(payload, 100, 3));
    }

    @Test
    void shouldNotDependOnAlignmentOrOnTheKindOfMemory() {
        final byte[] bytes = new byte[1001];
        new Random(2).nextBytes(bytes);
        final long expected = PayloadHash.of(MemorySegment.ofArray(bytes), bytes.length, 5);
        try (Arena arena = Arena.ofConfined()) {
            for (int shift = 0; shift < 8; shift++) {
                final MemorySegment moved = arena.allocate(bytes.length + 8, 8).asSlice(shift, bytes.length);
                MemorySegment.copy(bytes, 0, moved, ValueLayout.JAVA_BYTE, 0, bytes.length);
                assertThat(PayloadHash.of(moved, bytes.length, 5)).isEqualTo(expected);
            }
        }
    }

    @Test
    void shouldThrowWhenTheMemoryIsGone() {
        final MemorySegment gone;
        try (Arena arena = Arena.ofShared()) {
            gone = arena.allocate(1000);
        }
        assertThatThrownBy(() -> PayloadHash.of(gone, 1000, 0)).isInstanceOf(IllegalStateException.class);
    }
}
