package io.tensorpool.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a run of the rig found, and on what machine. The lists are not changed any more.
 *
 * @param suite      name of the suite.
 * @param begin      when it began.
 * @param took       how long it took.
 * @param machine    what it ran on.
 * @param loadBefore the machine's load at the beginning.
 * @param loadAfter  and at the end, where most of it is the rig's own.
 * @param noise      before, between and after the experiments.
 * @param rows       what was measured.
 */
public record Report(
        String suite,
        Instant begin,
        Duration took,
        Machine machine,
        Load loadBefore,
        Load loadAfter,
        List<Noise> noise,
        List<Row> rows) {
    /**
     * Largest share of the time that the machine took from a thread which wanted all of it.
     *
     * @return percent; 0 if nothing was watched.
     */
    public double lostPercent() {
        return noise.stream().mapToDouble(Noise::lostPercent).max().orElse(0);
    }
}
