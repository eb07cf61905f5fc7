package io.tensorpool.bench;

import io.tensorpool.ConfigurationException;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one trial does, whoever does it.
 *
 * @param sizeBytes     length of each payload, at least 1.
 * @param work          what is done with it.
 * @param flow          when frames are published.
 * @param rateHz        frames per second of {@link Flow#PACED}, more than 0; else 0.
 * @param slots         of the ring: a power of two, at least 2.
 * @param timing        how long it lasts.
 * @param extras        what only some subjects understand, name to value; empty for most trials.
 */
public record Setting(
        int sizeBytes,
        Work work,
        Flow flow,
        double rateHz,
        int slots,
        Timing timing,
        SortedMap<String, String> extras) {
    private static final double RATE_HZ_MAX = 1e6;

    /**
     * Checks the numbers.
     *
     * @throws ConfigurationException naming the option of the role, the value and what was expected.
     */
    public Setting {
        extras = Collections.unmodifiableSortedMap(new TreeMap<>(extras));
        require(sizeBytes >= 1, "--size", sizeBytes, "at least 1 byte");
        require(slots >= 2 && Integer.bitCount(slots) == 1, "--slots", slots, "a power of two, at least 2");
        require(
                flow == Flow.PACED ? rateHz > 0 && rateHz <= RATE_HZ_MAX : rateHz == 0,
                "--rate",
                rateHz,
                "more than 0 and at most 1000000 frames per second when paced, else 0");
    }

    private static void require(final boolean isGood, final String option, final Object value, final String expected) {
        if (!isGood) {
            throw new ConfigurationException(option + " " + value + ": expected " + expected);
        }
    }

    /** A whole number, at least 0, that only some subjects understand. */
    int extra(final String name) {
        final String value = extras.getOrDefault(name, "");
        require(value.matches("[0-9]{1,9}"), "--extra " + name + "=", value, "a whole number, at least 0");
        return Integer.parseInt(value);
    }

    /** The same with an extra, in place of one of that name. */
    Setting withExtra(final String name, final int value) {
        final SortedMap<String, String> changed = new TreeMap<>(extras);
        changed.put(name, Integer.toString(value));
        return new Setting(sizeBytes, work, flow, rateHz, slots, timing, changed);
    }

    /** What each consuming process is told: where a number of consumers is asked for, they are threads in two processes. */
    List<Setting> ofConsumers() {
        if (!extras.containsKey(Extras.CONSUMERS)) {
            return List.of(this);
        }
        final int consumers = extra(Extras.CONSUMERS);
        return consumers < 2
                ? List.of(this)
                : List.of(
                        withExtra(Extras.CONSUMERS, consumers / 2),
                        withExtra(Extras.CONSUMERS, consumers - consumers / 2));
    }

    /** Frames that a paced producer publishes before the measured ones. */
    long warmupFrames() {
        return Math.round(timing.warmupSeconds() * rateHz);
    }

    /** Frames that a paced producer publishes in the measured time. */
    long measuredFrames() {
        return Math.max(1, Math.round(timing.seconds() * rateHz));
    }

    /**
     * Slots that fit a payload: enough for a producer to run ahead, not so many that small payloads leave the cache.
     *
     * @param sizeBytes of each payload.
     * @return a power of two.
     */
    static int slotsFor(final int sizeBytes) {
        if (sizeBytes <= 64 << 10) {
            return 8192;
        }
        return sizeBytes <= 1 << 20 ? 512 : 128;
    }
}
