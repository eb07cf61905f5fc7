package io.tensorpool.bench;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import java.util.Map;

/** How names and values of settings and figures are shown. */
final class Figures {
    /** Where nothing was measured. */
    static final String NONE = "–";

    private static final Map<String, String> LABELS = Map.ofEntries(
            Map.entry("size_bytes", "size"),
            Map.entry("rate_hz", "rate"),
            Map.entry("frames_per_s", "frames/s"),
            Map.entry("gib_per_s", "GiB/s"),
            Map.entry("p999_us", "p99.9, µs"),
            Map.entry("producer_cpu_ns_per_frame", "producer CPU, ns/frame"),
            Map.entry("median_burst_cpu_ns_per_frame", "of the median burst, ns/frame"),
            Map.entry("frames_2_10_us", "frames 2–10, µs"),
            Map.entry("frames_11_100_us", "frames 11–100, µs"),
            Map.entry("frames_101_1000_us", "frames 101–1000, µs"),
            Map.entry("first_us", "frame 1, µs"));
    private static final Map<String, String> UNITS =
            Map.of("_us", ", µs", "_ns_per_frame", ", ns/frame", "_per_s", "/s", "_bytes", ", bytes", "_hz", ", Hz");
    private static final MathContext FOUR_DIGITS = new MathContext(4);
    private static final MathContext THREE_DIGITS = new MathContext(3);
    private static final double GROUPED_FROM = 1000;
    private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB"};
    private static final int BINARY_STEP = 1024;

    private Figures() {}

    /** Name of a setting or figure, with its unit. */
    static String label(final String name) {
        final String known = LABELS.get(name);
        if (known != null) {
            return known;
        }
        for (final Map.Entry<String, String> unit : UNITS.entrySet()) {
            if (name.endsWith(unit.getKey())) {
                return words(name.substring(0, name.length() - unit.getKey().length())) + unit.getValue();
            }
        }
        return words(name);
    }

    private static String words(final String name) {
        return name.replace('_', ' ');
    }

    /** Value of a setting, sizes in binary units. What is no number is left as it is. */
    static String setting(final String name, final String value) {
        final double number = number(value);
        if (name.equals("size_bytes") && number >= 0) {
            return bytes(number);
        }
        if (name.equals("rate_hz") && number >= 0) {
            return number(number) + "/s";
        }
        return words(value);
    }

    /** The number in a setting; NaN if it is none. */
    static double number(final String text) {
        try {
            return new BigDecimal(text).doubleValue();
        } catch (final NumberFormatException notANumber) {
            return Double.NaN;
        }
    }

    /** In the largest unit that it is a whole number of, with at most three digits behind the point otherwise. */
    static String bytes(final double bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= BINARY_STEP && unit < BINARY.length - 1) {
            value /= BINARY_STEP;
            unit++;
        }
        return plain(new BigDecimal(value).round(FOUR_DIGITS)) + ' ' + BINARY[unit];
    }

    /** Three significant digits; four, in groups, from a thousand on. */
    static String number(final double value) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        if (Math.abs(value) >= GROUPED_FROM) {
            return String.format(
                    Locale.ROOT, "%,d", new BigDecimal(value).round(FOUR_DIGITS).longValue());
        }
        return value == Math.rint(value)
                ? Long.toString((long) value)
                : new BigDecimal(value).round(THREE_DIGITS).toPlainString();
    }

    /** Short, for the ticks of an axis: 20k, 3M. */
    static String tick(final double value) {
        if (value >= 1e9) {
            return plain(new BigDecimal(value / 1e9).round(THREE_DIGITS)) + "G";
        }
        if (value >= 1e6) {
            return plain(new BigDecimal(value / 1e6).round(THREE_DIGITS)) + "M";
        }
        if (value >= 1e4) {
            return plain(new BigDecimal(value / 1e3).round(THREE_DIGITS)) + "k";
        }
        return plain(new BigDecimal(value).round(THREE_DIGITS));
    }

    private static String plain(final BigDecimal value) {
        return value.signum() == 0 ? "0" : value.stripTrailingZeros().toPlainString();
    }
}
