package io.tensorpool.client;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Announces that a client heard and did not follow, by cause. Announces of the epoch that is mapped already, and of streams
 * that nobody in the client reads, are not among them. Written by the conductor, read by any thread.
 */
public final class AnnounceCounts {
    private static final int STALE = 0;
    private static final int BEFORE_JOIN = 1;
    private static final int LOWER_EPOCH = 2;
    private static final int CONFLICTING = 3;
    private static final int REFUSED = 4;

    private final AtomicLongArray counts = new AtomicLongArray(REFUSED + 1);

    AnnounceCounts() {}

    private void add(final int index) {
        counts.setOpaque(index, counts.getPlain(index) + 1);
    }

    void onStale() {
        add(STALE);
    }

    void onBeforeJoin() {
        add(BEFORE_JOIN);
    }

    void onLowerEpoch() {
        add(LOWER_EPOCH);
    }

    void onConflicting() {
        add(CONFLICTING);
    }

    void onRefused() {
        add(REFUSED);
    }

    /**
     * Announces older than three announce periods.
     *
     * @return so far.
     */
    public long stale() {
        return counts.getOpaque(STALE);
    }

    /**
     * Announces by the monotonic clock from before the client joined.
     *
     * @return so far.
     */
    public long beforeJoin() {
        return counts.getOpaque(BEFORE_JOIN);
    }

    /**
     * Announces of an epoch below the one that is followed.
     *
     * @return so far.
     */
    public long lowerEpoch() {
        return counts.getOpaque(LOWER_EPOCH);
    }

    /**
     * Announces of the epoch that is mapped, with other regions.
     *
     * @return so far.
     */
    public long conflicting() {
        return counts.getOpaque(CONFLICTING);
    }

    /**
     * Announces of regions that cannot be mapped: a path outside of the allowed directories, a file or superblock that is
     * not as described, no pools.
     *
     * @return so far.
     */
    public long refused() {
        return counts.getOpaque(REFUSED);
    }

    @Override
    public String toString() {
        return "stale " + stale() + ", from before joining " + beforeJoin() + ", lower epoch " + lowerEpoch()
                + ", conflicting " + conflicting() + ", refused " + refused();
    }
}
