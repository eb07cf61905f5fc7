package io.tensorpool.bench;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/**
 * An axis of a plot.
 *
 * @param label with the unit.
 * @param kind  of its scale.
 * @param ticks values that have a tick; empty where round numbers shall have one.
 * @param span  values that have to lie on it, besides those of the plot: what makes plots beside each other comparable.
 */
record Axis(String label, Kind kind, List<Double> ticks, List<Double> span) {
    /** Scale and tick labels. */
    enum Kind {
        /** From zero. */
        LINEAR,
        LOG,
        /** Logarithmic, in binary units of bytes. */
        BYTES,
        /** Logarithmic in 1/(1 - p): as much room for each further nine. */
        PERCENTILE
    }

    private static final int PERCENTILE_DIGITS = 6;

    static Axis linear(final String label) {
        return new Axis(label, Kind.LINEAR, List.of(), List.of());
    }

    static Axis log(final String label) {
        return new Axis(label, Kind.LOG, List.of(), List.of());
    }

    static Axis percentiles() {
        return new Axis("percentile", Kind.PERCENTILE, List.of(), List.of());
    }

    /** With a tick for each of the values. */
    static Axis of(final String label, final Kind kind, final List<Double> values) {
        return new Axis(label, kind, values, List.of());
    }

    Axis spanning(final List<Double> values) {
        return new Axis(label, kind, ticks, values);
    }

    String tickLabel(final double value) {
        return switch (kind) {
            case LINEAR, LOG -> Figures.tick(value);
            case BYTES -> Figures.bytes(value);
            case PERCENTILE -> percentile(value);
        };
    }

    /** 1 is 0 %, 10 is 90 %, 1000 is 99.9 %. */
    private static String percentile(final double value) {
        return new BigDecimal(100 - 100 / value)
                .setScale(PERCENTILE_DIGITS, RoundingMode.HALF_UP)
                .stripTrailingZeros()
                .toPlainString();
    }
}
