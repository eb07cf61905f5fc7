package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import java.util.List;

/**
 * A ratio of two figures of one run, which says more than either of them: what slows the whole machine down is in both.
 *
 * @param name        what is expected, in words.
 * @param numerator   figure above the line.
 * @param denominator figure below the line.
 * @param ratio       what was measured when the expectation was written; above 0.
 * @param isHigherBetter whether a fall is a smaller ratio; else it is a larger one.
 */
record Expectation(String name, Reference numerator, Reference denominator, double ratio, boolean isHigherBetter) {
    /** A ratio may fall by so much: the noise of a shared machine is within. */
    static final double FALL_MAX = 0.30;

    /**
     * How it came out.
     *
     * @param isGood whether the ratio was measured, and has not fallen too much.
     * @param text   what was measured and expected, or what is missing.
     */
    record Outcome(boolean isGood, String text) {}

    Outcome check(final List<Row> rows) {
        try {
            final double measured = measuredIn(rows);
            final double fall = isHigherBetter ? 1 - measured / ratio : 1 - ratio / measured;
            return new Outcome(
                    fall <= FALL_MAX,
                    name + ": " + Figures.number(measured) + ", expected " + Figures.number(ratio)
                            + (isHigherBetter ? " or more" : " or less") + change(fall));
        } catch (final TensorPoolException ex) {
            return new Outcome(false, name + ": " + ex.getMessage());
        }
    }

    private static String change(final double fall) {
        final long percent = Math.round(Math.abs(fall) * 100);
        if (fall <= 0) {
            return "";
        }
        return ", worse by " + percent + " %" + (fall > FALL_MAX ? "; at most " + Math.round(FALL_MAX * 100) : "");
    }

    double measuredIn(final List<Row> rows) {
        return numerator.valueIn(rows) / denominator.valueIn(rows);
    }

    Expectation withRatio(final double measured) {
        return new Expectation(name, numerator, denominator, measured, isHigherBetter);
    }
}
