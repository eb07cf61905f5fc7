package io.tensorpool.runtime;

import org.agrona.concurrent.NanoClock;

/** A moment on a monotonic clock that passes or does not; safe across the clock's overflow. */
public final class Deadline {
    private final NanoClock clock;
    private final long atNs;

    private Deadline(final NanoClock clock, final long atNs) {
        this.clock = clock;
        this.atNs = atNs;
    }

    /**
     * A deadline from now.
     *
     * @param clock     monotonic.
     * @param timeoutNs from now, at least 0; so long that the sum overflows is taken as the longest there is.
     * @return the deadline.
     */
    public static Deadline after(final NanoClock clock, final long timeoutNs) {
        return new Deadline(clock, clock.nanoTime() + Math.min(timeoutNs, Long.MAX_VALUE / 2));
    }

    /**
     * Whether it has passed.
     *
     * @return true from its moment on.
     */
    public boolean hasPassed() {
        return clock.nanoTime() - atNs >= 0;
    }
}
