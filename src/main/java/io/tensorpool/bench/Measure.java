package io.tensorpool.bench;

import java.util.List;
import java.util.SortedMap;

/** How an experiment makes the figures of its rows out of what the roles said. */
@FunctionalInterface
interface Measure {
    /** Figures of one run. */
    SortedMap<String, Double> figures(Outcome outcome);

    /** Curve over all runs; none by default. */
    default List<CurvePoint> curve(final List<Outcome> outcomes) {
        return List.of();
    }
}
