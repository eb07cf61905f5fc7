package io.tensorpool;

import org.jspecify.annotations.Nullable;

/** Which clock the time of an announce was read from (wire specification 10.1.1). */
public enum ClockDomain {
    /** {@code CLOCK_MONOTONIC} of the host; comparable on the same host only. */
    MONOTONIC(1),
    /** Wall-clock time, disciplined to a source that announcer and consumers share (PTP, NTP). */
    REALTIME_SYNCED(2);

    private final int code;

    ClockDomain(final int code) {
        this.code = code;
    }

    /**
     * Number of this clock on the wire.
     *
     * @return 1 or 2.
     */
    public int code() {
        return code;
    }

    /**
     * Clock of a number from the wire.
     *
     * @param code any value.
     * @return the clock, or null if the number names none.
     */
    public static @Nullable ClockDomain fromCode(final int code) {
        return code == 1 ? MONOTONIC : code == 2 ? REALTIME_SYNCED : null;
    }
}
