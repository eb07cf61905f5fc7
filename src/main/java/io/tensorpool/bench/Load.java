package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * How busy the machine was: mean number of runnable threads over the last minutes.
 *
 * @param oneMinute      over the last minute.
 * @param fiveMinutes    over the last five.
 * @param fifteenMinutes over the last fifteen.
 */
public record Load(double oneMinute, double fiveMinutes, double fifteenMinutes) {
    private static final Path FILE = Path.of("/proc/loadavg");
    private static final int AVERAGES = 3;

    /**
     * The load as of now.
     *
     * @return a new record.
     * @throws TensorPoolException if {@code /proc/loadavg} cannot be read.
     */
    public static Load read() {
        return read(FILE);
    }

    static Load read(final Path file) {
        try {
            final String[] parts = Files.readString(file).strip().split("\\s+");
            if (parts.length >= AVERAGES) {
                return new Load(
                        Double.parseDouble(parts[0]), Double.parseDouble(parts[1]), Double.parseDouble(parts[2]));
            }
            throw new TensorPoolException(file + ": expected three averages, found " + parts.length + " words");
        } catch (final IOException | NumberFormatException ex) {
            throw new TensorPoolException(file + ": " + ex.getMessage(), ex);
        }
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f, %.2f, %.2f", oneMinute, fiveMinutes, fifteenMinutes);
    }
}
