package io.tensorpool.bench;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How often, and why, a JVM stopped all its threads in some time.
 *
 * @param collections  garbage collections, of whatever kind.
 * @param safepoints   by cause, as the JVM names it, but for its periodic ones.
 * @param periodic     safepoints that the JVM makes by itself from time to time, for no cause.
 * @param stoppedNs    sum of all safepoints, from the moment threads were asked to stop.
 * @param longestNs    longest safepoint.
 * @param unknownLines lines of the log that were not understood.
 */
record JvmPauses(
        long collections,
        SortedMap<String, Long> safepoints,
        long periodic,
        long stoppedNs,
        long longestNs,
        long unknownLines) {
    JvmPauses {
        safepoints = Collections.unmodifiableSortedMap(new TreeMap<>(safepoints));
    }

    /** All but the periodic ones. */
    long safepointCount() {
        return safepoints.values().stream().mapToLong(Long::longValue).sum();
    }
}
