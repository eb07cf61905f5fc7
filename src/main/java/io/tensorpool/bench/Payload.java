package io.tensorpool.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Payload of the frames of a trial.
 *
 * @param sizeBytes at least 1.
 * @param work      what is done with it.
 */
record Payload(int sizeBytes, Work work) {
    static List<Payload> all(final List<Integer> sizesBytes) {
        return sizesBytes.stream()
                .flatMap(sizeBytes -> Stream.of(Work.values()).map(work -> new Payload(sizeBytes, work)))
                .toList();
    }

    /** As rows have it, with one more setting. */
    SortedMap<String, String> names(final String name, final String value) {
        return new TreeMap<>(Map.of(
                "size_bytes", Integer.toString(sizeBytes), "work", work.name().toLowerCase(Locale.ROOT), name, value));
    }
}
