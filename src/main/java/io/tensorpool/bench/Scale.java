package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Values to pixels along one axis.
 *
 * @param min   smallest value.
 * @param max   largest value, more than the smallest.
 * @param isLog whether equal ratios take equal room; the smallest is more than 0 then.
 * @param ticks values within, ascending.
 */
record Scale(double min, double max, boolean isLog, List<Double> ticks) {
    private static final double[] STEPS = {1, 2, 5};
    private static final double DECADE = 10;
    private static final double THOUSAND = 1e3;
    private static final int TICKS_MAX = 7;
    private static final double MARGIN = 1.35;
    private static final double HEADROOM = 1.08;

    /** For the values of an axis. */
    static Scale of(final Axis axis, final List<Double> ofPlot) {
        final List<Double> values = new ArrayList<>(ofPlot);
        values.addAll(axis.span());
        if (axis.kind() == Axis.Kind.LINEAR) {
            return linear(values.stream().mapToDouble(value -> value).max().orElse(1));
        }
        final double[] positive = values.stream()
                .filter(value -> value > 0)
                .mapToDouble(value -> value)
                .sorted()
                .toArray();
        final double smallest = positive.length == 0 ? 1 : positive[0];
        final double largest = positive.length == 0 ? DECADE : positive[positive.length - 1];
        if (!axis.ticks().isEmpty()) {
            return new Scale(smallest / MARGIN, largest * MARGIN, true, axis.ticks());
        }
        if (axis.kind() == Axis.Kind.PERCENTILE) {
            final double max = Math.max(largest, DECADE);
            return new Scale(1, max, true, logTicks(1, max, new double[] {1}));
        }
        final double[] steps = largest / smallest < THOUSAND ? STEPS : new double[] {1};
        final double min = roundDown(smallest, steps);
        final double max = Math.max(roundUp(largest, steps), min * 2);
        return new Scale(min, max, true, logTicks(min, max, steps));
    }

    private static Scale linear(final double largest) {
        final double top = largest > 0 ? largest * HEADROOM : 1;
        double step = Math.pow(DECADE, Math.floor(Math.log10(top)) - 1);
        int next = 1;
        double unit = step;
        while (top / step > TICKS_MAX) {
            step = unit * STEPS[next % STEPS.length];
            next++;
            if (next % STEPS.length == 0) {
                unit *= DECADE;
            }
        }
        final List<Double> ticks = new ArrayList<>();
        for (int i = 0; i * step <= top; i++) {
            ticks.add(i * step);
        }
        return new Scale(0, top, false, ticks);
    }

    private static double roundDown(final double value, final double[] steps) {
        final double decade = Math.pow(DECADE, Math.floor(Math.log10(value)));
        double result = decade;
        for (final double step : steps) {
            if (decade * step <= value) {
                result = decade * step;
            }
        }
        return result;
    }

    private static double roundUp(final double value, final double[] steps) {
        final double decade = Math.pow(DECADE, Math.floor(Math.log10(value)));
        for (final double step : steps) {
            if (decade * step >= value) {
                return decade * step;
            }
        }
        return decade * DECADE;
    }

    private static List<Double> logTicks(final double min, final double max, final double[] steps) {
        final List<Double> ticks = new ArrayList<>();
        for (int power = (int) Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
            for (final double step : steps) {
                final double tick = power < 0 ? step / Math.pow(DECADE, -power) : step * Math.pow(DECADE, power);
                if (tick >= min * 0.999 && tick <= max * 1.001) {
                    ticks.add(tick);
                }
            }
        }
        return ticks;
    }

    /** Where a value lies between the two ends, 0 to 1; what is outside is put at the end. */
    double position(final double value) {
        final double position = isLog
                ? (Math.log(Math.max(value, min)) - Math.log(min)) / (Math.log(max) - Math.log(min))
                : (value - min) / (max - min);
        return Math.clamp(position, 0, 1);
    }
}
