package io.tensorpool.bench;

import java.util.List;

/** A question that the rig answers with rows. */
interface Experiment {
    /** Lower case, as rows and the command line have it. */
    String name();

    /** Measures. */
    List<Row> run(Bench bench) throws InterruptedException;
}
