package io.tensorpool.shm;

import io.tensorpool.RegionException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * The highest epoch ever issued in a namespace, kept in its lock file: two lines of text, each with a check sum, written
 * in turn. A line that a crash left half written does not count, and the other one still holds the epoch before it.
 *
 * <pre>
 *   epoch 01795160000000000001 crc32 1a2b3c4d
 *   epoch 01795160000000000002 crc32 5e6f7a8b
 * </pre>
 */
final class EpochLedger {
    private static final String EPOCH = "epoch ";
    private static final String CHECK = " crc32 ";
    private static final int DIGITS = 20;
    private static final int LINE_BYTES = EPOCH.length() + DIGITS + CHECK.length() + 8 + 1;
    private static final int LINES = 2;

    private final Descriptor file;
    private long highest;
    private int highestLine = LINES - 1;

    /** Reads what the open file holds; an empty one, or one with neither line intact, holds epoch 0. */
    EpochLedger(final Descriptor file) {
        this.file = file;
        for (int line = 0; line < LINES; line++) {
            final String text = read(line);
            if (isIntact(text)) {
                final long epoch = epochOf(text);
                if (Long.compareUnsigned(epoch, highest) > 0) {
                    highest = epoch;
                    highestLine = line;
                }
            }
        }
    }

    long highest() {
        return highest;
    }

    /** Writes an epoch, unless a higher one was written before. */
    void record(final long epoch) {
        if (Long.compareUnsigned(epoch, highest) <= 0) {
            return;
        }
        final int line = (highestLine + 1) % LINES;
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment bytes = arena.allocate(LINE_BYTES);
            bytes.copyFrom(MemorySegment.ofArray(lineOf(epoch).getBytes(StandardCharsets.US_ASCII)));
            final long written = Libc.pwrite(file.fd(), bytes, (long) line * LINE_BYTES);
            if (written != LINE_BYTES) {
                throw new RegionException("writing epoch " + Long.toUnsignedString(epoch) + " to the lock file failed: "
                        + (written < 0 ? Errno.text((int) -written) : "only " + written + " bytes written"));
            }
            final int synced = Libc.fsync(file.fd());
            if (synced < 0 && synced != -Errno.EINVAL) {
                throw new RegionException("syncing the lock file failed: " + Errno.text(-synced));
            }
        }
        highest = epoch;
        highestLine = line;
    }

    private String read(final int line) {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment bytes = arena.allocate(LINE_BYTES);
            final long result = Libc.pread(file.fd(), bytes, (long) line * LINE_BYTES);
            if (result < 0) {
                throw new RegionException("reading the lock file failed: " + Errno.text((int) -result));
            }
            return new String(bytes.asSlice(0, result).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
        }
    }

    private static boolean isIntact(final String text) {
        return text.length() == LINE_BYTES
                && text.startsWith(EPOCH)
                && text.substring(EPOCH.length(), EPOCH.length() + DIGITS)
                        .chars()
                        .allMatch(c -> c >= '0' && c <= '9')
                && text.equals(lineOf(epochOf(text)));
    }

    private static long epochOf(final String text) {
        try {
            return Long.parseUnsignedLong(text.substring(EPOCH.length(), EPOCH.length() + DIGITS));
        } catch (final NumberFormatException e) {
            return 0; // twenty digits beyond 2^64: the line that zero makes is another one
        }
    }

    private static String lineOf(final long epoch) {
        final String digits = Long.toUnsignedString(epoch);
        final String record = EPOCH + "0".repeat(DIGITS - digits.length()) + digits;
        final CRC32 crc = new CRC32();
        crc.update(record.getBytes(StandardCharsets.US_ASCII));
        return record + CHECK + String.format("%08x", crc.getValue()) + "\n";
    }
}
