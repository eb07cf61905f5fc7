package io.tensorpool.client;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What became of the frames of a producer: each claimed one ends in exactly one of these counts, except
 * {@link #tooLarge()}, whose frames were never claimed. Written by the producer's thread, read by any.
 */
public final class ProducerCounts {
    private static final int PUBLISHED = 0;
    private static final int BACK_PRESSURED = 1;
    private static final int MAX_POSITION_EXCEEDED = 2;
    private static final int OUT_OF_ORDER = 3;
    private static final int DROPPED = 4;
    private static final int TOO_LARGE = 5;

    private final AtomicLongArray counts = new AtomicLongArray(TOO_LARGE + 1);

    ProducerCounts() {}

    private void add(final int index) {
        counts.setOpaque(index, counts.getPlain(index) + 1);
    }

    void onPublished() {
        add(PUBLISHED);
    }

    void onBackPressured() {
        add(BACK_PRESSURED);
    }

    void onMaxPositionExceeded() {
        add(MAX_POSITION_EXCEEDED);
    }

    void onOutOfOrder() {
        add(OUT_OF_ORDER);
    }

    void onDropped() {
        add(DROPPED);
    }

    void onTooLarge() {
        add(TOO_LARGE);
    }

    /**
     * Frames that were committed and announced.
     *
     * @return so far.
     */
    public long published() {
        return counts.getOpaque(PUBLISHED);
    }

    /**
     * Frames that are in the ring but were not announced, because of back pressure.
     *
     * @return so far.
     */
    public long backPressured() {
        return counts.getOpaque(BACK_PRESSURED);
    }

    /**
     * Frames that are in the ring but were not announced, because the descriptor stream has reached its end.
     *
     * @return so far.
     */
    public long maxPositionExceeded() {
        return counts.getOpaque(MAX_POSITION_EXCEEDED);
    }

    /**
     * Frames of a {@link FixedPool} that are in the ring but were not announced, because a later one was announced before
     * they were committed.
     *
     * @return so far.
     */
    public long outOfOrder() {
        return counts.getOpaque(OUT_OF_ORDER);
    }

    /**
     * Frames that were claimed and came to nothing: aborted, or the epoch or the producer ended before the commit, or the
     * epoch's files were truncated.
     *
     * @return so far.
     */
    public long dropped() {
        return counts.getOpaque(DROPPED);
    }

    /**
     * Claims that were refused because no pool has room for such a frame (wire specification 9).
     *
     * @return so far.
     */
    public long tooLarge() {
        return counts.getOpaque(TOO_LARGE);
    }

    @Override
    public String toString() {
        return "published " + published() + ", back-pressured " + backPressured() + ", beyond the maximum position "
                + maxPositionExceeded() + ", out of order " + outOfOrder() + ", dropped " + dropped() + ", too large "
                + tooLarge();
    }
}
