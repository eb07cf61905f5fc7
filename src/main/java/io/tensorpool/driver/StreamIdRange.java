package io.tensorpool.driver;

import io.tensorpool.ConfigurationException;

/**
 * Stream ids from which a driver takes those that it hands out.
 *
 * @param first lowest id, unsigned.
 * @param last  highest id, unsigned, at least {@code first}.
 */
public record StreamIdRange(int first, int last) {
    /** Every id there is: a stream is made for whoever asks, and no id is chosen by the driver. */
    public static final StreamIdRange ANY = new StreamIdRange(1, -2);

    /**
     * Checks the order.
     *
     * @throws ConfigurationException if {@code last} is below {@code first}.
     */
    public StreamIdRange {
        if (Integer.compareUnsigned(first, last) > 0) {
            throw new ConfigurationException("stream id range " + Integer.toUnsignedString(first) + "-"
                    + Integer.toUnsignedString(last) + ": the first id is above the last");
        }
    }

    /**
     * Whether an id lies in this range.
     *
     * @param streamId unsigned.
     * @return true between first and last, both included.
     */
    public boolean contains(final int streamId) {
        return Integer.compareUnsigned(first, streamId) <= 0 && Integer.compareUnsigned(streamId, last) <= 0;
    }

    /** Whether an id lies in both. */
    boolean overlaps(final StreamIdRange other) {
        return contains(other.first) || other.contains(first);
    }

    @Override
    public String toString() {
        return Integer.toUnsignedString(first) + "-" + Integer.toUnsignedString(last);
    }
}
