package io.tensorpool.runtime;

import io.aeron.Counter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A service's counters among Aeron's, where Aeron's tools show them; without Aeron, in a test, they are only here. What was
 * counted outlives the Aeron client: the next one shows it again. Conductor's thread, from launch on.
 */
public final class ServiceCounters implements AutoCloseable {
    /** Type id of every counter of ours; Aeron's own are far below. */
    public static final int TYPE_ID = 7_900;

    private final @Nullable AeronConnection connection;
    private final String prefix;
    private final Map<String, Tally> byLabel = new LinkedHashMap<>();

    /**
     * Counters of one service.
     *
     * @param connection null for none.
     * @param prefix     of each label, such as {@code tensorpool-driver driver-01}.
     */
    public ServiceCounters(final @Nullable AeronConnection connection, final String prefix) {
        this.connection = connection;
        this.prefix = prefix;
    }

    /**
     * A counter that is shown from the beginning.
     *
     * @param label what it counts.
     * @return the counter, 0.
     */
    public Tally add(final String label) {
        final Tally tally = rare(label);
        tally.show();
        return tally;
    }

    /**
     * A counter of what seldom happens: it takes a place among Aeron's when it first counts.
     *
     * @param label what it counts.
     * @return the counter, 0.
     */
    public Tally rare(final String label) {
        final Tally tally = new Tally(prefix + ": " + label);
        byLabel.put(label, tally);
        return tally;
    }

    /**
     * Every counter, the rare ones too, with what it has counted.
     *
     * @return a copy, by label without the prefix, in the order in which they were added.
     */
    public Map<String, Long> values() {
        final Map<String, Long> values = new LinkedHashMap<>();
        byLabel.forEach((label, tally) -> values.put(label, tally.value()));
        return values;
    }

    /** Takes the counters from among Aeron's. */
    @Override
    public void close() {
        byLabel.values().forEach(Tally::hide);
    }

    /** One counter. */
    public final class Tally {
        private final String label;
        private @Nullable AeronResource<Counter> shown;
        private long value;

        private Tally(final String label) {
            this.label = label;
        }

        /** Counts one. */
        public void increment() {
            set(value + 1);
        }

        /**
         * Sets what was counted elsewhere; costs nothing if it is the same as before.
         *
         * @param newValue the first one that is not 0 makes a rare counter appear.
         */
        public void set(final long newValue) {
            if (newValue == value) {
                return;
            }
            value = newValue;
            show();
            final Counter counter = shown == null ? null : shown.peek();
            if (counter != null) {
                counter.setRelease(newValue);
            }
        }

        /**
         * What was counted.
         *
         * @return so far.
         */
        public long value() {
            return value;
        }

        private void show() {
            if (shown == null && connection != null) {
                shown = connection.addCounter(label, counter -> counter.setRelease(value));
            }
        }

        private void hide() {
            if (shown != null) {
                shown.close();
            }
        }
    }
}
