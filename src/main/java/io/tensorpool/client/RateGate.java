package io.tensorpool.client;

/**
 * Lets so many frames through per second by their times, on average: one that comes a little late does not delay those
 * behind it. One thread.
 */
final class RateGate {
    private static final long SECOND_NS = 1_000_000_000L;

    private boolean hasStarted;
    private long dueNs;

    /** Time between two frames; 0 for no limit. */
    static long intervalNs(final int maxRateHz) {
        return maxRateHz == 0 ? 0 : SECOND_NS / Integer.toUnsignedLong(maxRateHz);
    }

    /**
     * Whether a frame of this time goes through.
     *
     * @param intervalNs may change from frame to frame; 0 lets everything through.
     */
    boolean admits(final long timeNs, final long intervalNs) {
        final long earlyNs = dueNs - timeNs;
        if (hasStarted && earlyNs > 0 && earlyNs <= intervalNs) {
            return false;
        }
        final boolean isFarOff = !hasStarted || earlyNs > 0 || -earlyNs > intervalNs; // another clock, or a long pause
        dueNs = (isFarOff ? timeNs : dueNs) + intervalNs;
        hasStarted = true;
        return true;
    }
}
