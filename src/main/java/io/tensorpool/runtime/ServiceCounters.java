package io.tensorpool.runtime;

import io.aeron.Aeron;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.status.AtomicCounter;
import org.agrona.concurrent.status.CountersReader;
import org.jspecify.annotations.Nullable;

/**
 * A service's counters among Aeron's, where Aeron's tools show them; without Aeron, in a test, in memory of their own. They
 * are made at launch, and the rare ones when they first count. Conductor's thread, from launch on.
 */
public final class ServiceCounters implements AutoCloseable {
    /** Type id of every counter of ours; Aeron's own are far below. */
    public static final int TYPE_ID = 7_900;

    private final @Nullable Aeron aeron;
    private final String prefix;
    private final List<Rare> pending = new ArrayList<>();
    private final Map<String, LongSupplier> byLabel = new LinkedHashMap<>();
    private final List<AtomicCounter> made = new ArrayList<>();

    /**
     * Counters of one service.
     *
     * @param aeron  null for memory of their own.
     * @param prefix of each label, such as {@code tensorpool-driver driver-01}.
     */
    public ServiceCounters(final @Nullable Aeron aeron, final String prefix) {
        this.aeron = aeron;
        this.prefix = prefix;
    }

    /**
     * Makes a counter; waits for the media driver, so at launch only.
     *
     * @param label what it counts.
     * @return the counter, 0.
     */
    public AtomicCounter add(final String label) {
        final AtomicCounter counter = aeron == null ? inMemory() : aeron.addCounter(TYPE_ID, labelOf(label));
        byLabel.put(label, counter::get);
        made.add(counter);
        return counter;
    }

    /**
     * A counter of what seldom happens: it takes a place among Aeron's when it first counts.
     *
     * @param label what it counts.
     * @return the counter, 0.
     */
    public Rare rare(final String label) {
        final Rare rare = new Rare(labelOf(label));
        byLabel.put(label, rare::value);
        return rare;
    }

    /**
     * Every counter, the rare ones too, with what it has counted.
     *
     * @return a copy, by label without the prefix, in the order in which they were added.
     */
    public Map<String, Long> values() {
        final Map<String, Long> values = new LinkedHashMap<>();
        byLabel.forEach((label, value) -> values.put(label, value.getAsLong()));
        return values;
    }

    private String labelOf(final String label) {
        return prefix + ": " + label;
    }

    private static AtomicCounter inMemory() {
        final AtomicBuffer values = new UnsafeBuffer(new byte[CountersReader.COUNTER_LENGTH]);
        return new AtomicCounter(values, 0);
    }

    /**
     * Takes up rare counters that the media driver has made.
     *
     * @return how many.
     */
    public int doWork() {
        if (pending.isEmpty()) {
            return 0;
        }
        final int before = pending.size();
        pending.removeIf(Rare::isReady);
        return before - pending.size();
    }

    /** Takes the counters from among Aeron's. */
    @Override
    public void close() {
        made.forEach(AtomicCounter::close);
        made.clear();
    }

    /** A counter that is not there before it counts. */
    public final class Rare {
        private final String label;
        private @Nullable AtomicCounter counter;
        private long registrationId;
        private long value;

        private Rare(final String label) {
            this.label = label;
        }

        /** Counts one. */
        public void increment() {
            value++;
            if (counter != null) {
                counter.setRelease(value);
            } else if (value == 1 && aeron != null) {
                registrationId = aeron.asyncAddCounter(TYPE_ID, label);
                pending.add(this);
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

        private boolean isReady() {
            counter = aeron == null ? null : aeron.getCounter(registrationId);
            if (counter != null) {
                counter.setRelease(value);
                made.add(counter);
            }
            return counter != null;
        }
    }
}
