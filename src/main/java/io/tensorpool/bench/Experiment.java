package io.tensorpool.bench;

import java.util.List;

/** A question that the rig answers with rows. */
interface Experiment {
    /** Lower case, as rows and the command line have it. */
    String name();

    /** Whether a suite has it where no experiment is named. */
    default boolean isPartOf(final Suite suite) {
        return true;
    }

    /** Measures. */
    List<Row> run(Bench bench) throws InterruptedException;
}
