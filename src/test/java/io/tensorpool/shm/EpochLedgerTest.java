package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EpochLedgerTest {
    private static final int LINE_BYTES = 42;

    @TempDir
    private Path directory;

    @Test
    void shouldHoldNothingAtFirst() {
        assertThat(reopened()).isZero();
    }

    @Test
    void shouldRememberTheHighestEpoch() {
        record(5, 7, 6);
        assertThat(reopened()).isEqualTo(7);
        record(8);
        record(9);
        assertThat(reopened()).isEqualTo(9);
    }

    @Test
    void shouldCompareUnsigned() {
        record(Long.MAX_VALUE, -2L, 1);
        assertThat(reopened()).isEqualTo(-2L);
        record(-1L);
        assertThat(reopened()).isEqualTo(-1L);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 10, 24, 26, 33})
    void shouldFallBackToTheLineBeforeWhenTheLastWriteWasCutShort(final int bytesWritten) throws IOException {
        record(5, 6, 700);
        final byte[] before = lines(5, 6);
        final byte[] torn = Files.readAllBytes(file());
        // 700 went over 5, in the first line.
        System.arraycopy(before, bytesWritten, torn, bytesWritten, LINE_BYTES - bytesWritten);
        Files.write(file(), torn);
        assertThat(reopened()).isEqualTo(6);
        record(701);
        assertThat(reopened()).isEqualTo(701);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "epoch 99999999999999999999 crc32 00000000\n",
                "epoch 00000000000000000009 crc32 00000000\n",
                "epoch -0000000000000000009 crc32 00000000\n"
            })
    void shouldNotBelieveALineWithoutItsCheckSum(final String content) throws IOException {
        Files.writeString(file(), content);
        assertThat(reopened()).isZero();
        record(3);
        assertThat(reopened()).isEqualTo(3);
    }

    private byte[] lines(final long first, final long second) throws IOException {
        final byte[] kept = Files.readAllBytes(file());
        Files.delete(file());
        record(first, second);
        final byte[] lines = Files.readAllBytes(file());
        Files.write(file(), kept);
        return lines;
    }

    private Path file() {
        return directory.resolve("driver.lock");
    }

    private void record(final long... epochs) {
        try (Descriptor file = open()) {
            final EpochLedger ledger = new EpochLedger(file);
            for (final long epoch : epochs) {
                ledger.record(epoch);
            }
        }
    }

    private long reopened() {
        try (Descriptor file = open()) {
            return new EpochLedger(file).highest();
        }
    }

    private Descriptor open() {
        final int fd = Libc.openat(Libc.AT_FDCWD, file().toString(), Libc.O_RDWR | Libc.O_CREAT, 0600);
        assertThat(fd).isNotNegative();
        return new Descriptor(fd);
    }
}
