package io.tensorpool.config;

import io.tensorpool.ConfigurationException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that is wrong with the settings, in the order in which it was found, so that whoever mends them sees all of it at
 * once. What follows from a fault alone is no fault of its own: ask {@link #concern} first.
 */
final class Faults {
    private final List<String> found = new ArrayList<>();
    private final List<String> keys = new ArrayList<>();
    private final Map<String, String> origins = new HashMap<>();

    /** Notes where a setting stands. */
    void located(final String key, final String origin) {
        origins.put(key, origin);
    }

    /** Takes a step in reading a setting, and notes what it refuses. */
    void collect(final String key, final Runnable step) {
        try {
            step.run();
        } catch (final ConfigurationException ex) {
            found.addAll(ex.faults());
            keys.add(key);
        }
    }

    /** Checks what settings say about each other; what is refused is noted, with where the setting stands that it names first. */
    void check(final String origin, final Runnable check) {
        try {
            check.run();
        } catch (final ConfigurationException ex) {
            for (final String fault : ex.faults()) {
                final String key = fault.split(" = |: ", 2)[0];
                keys.add(key);
                found.add(fault + " (" + origins.getOrDefault(key, origin) + ")");
            }
        }
    }

    /** Whether a setting of that name, or in the table of that name, was refused. */
    boolean concern(final String key) {
        return keys.stream().anyMatch(each -> each.equals(key) || each.startsWith(key + "."));
    }

    boolean isEmpty() {
        return found.isEmpty();
    }

    void throwIfAny() {
        if (!found.isEmpty()) {
            throw new ConfigurationException(found);
        }
    }
}
