package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Names one figure of one row.
 *
 * @param experiment of the row.
 * @param subject    of the row.
 * @param settings   that the row has, maybe among others; with them only one row may be left.
 * @param figure     whose median is meant.
 */
record Reference(String experiment, String subject, SortedMap<String, String> settings, String figure) {
    Reference {
        settings = Collections.unmodifiableSortedMap(new TreeMap<>(settings));
    }

    /**
     * The median of the figure.
     *
     * @throws TensorPoolException if there is no such row or figure, more than one row, or it is not above 0.
     */
    double valueIn(final List<Row> rows) {
        final List<Row> found = rows.stream().filter(this::isOf).toList();
        if (found.isEmpty()) {
            throw new TensorPoolException("nothing was measured for " + this);
        }
        if (found.size() > 1) {
            throw new TensorPoolException(found.size() + " rows fit " + this + "; name more of their settings "
                    + found.getFirst().settings());
        }
        final double value = found.getFirst().median(figure);
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new TensorPoolException(this + " is " + (Double.isNaN(value) ? "not measured" : value)
                    + "; a ratio needs a number above 0");
        }
        return value;
    }

    private boolean isOf(final Row row) {
        return row.experiment().equals(experiment)
                && row.subject().equals(subject)
                && row.settings().entrySet().containsAll(settings.entrySet());
    }

    @Override
    public String toString() {
        return figure + " of " + subject + " in " + experiment + ' ' + settings;
    }
}
