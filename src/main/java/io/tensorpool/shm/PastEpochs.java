package io.tensorpool.shm;

import io.tensorpool.EpochPolicy;
import java.util.ArrayDeque;
import java.util.Deque;

/** The epochs of one stream that are over and still have their files, and when these may go. One thread. */
public final class PastEpochs {
    private record PastEpoch(long epoch, long endedAtNs) {}

    private final Deque<PastEpoch> past = new ArrayDeque<>();
    private final EpochPolicy policy;
    private final long minAgeNs;

    /**
     * None yet.
     *
     * @param policy           what to keep.
     * @param announcePeriodNs of the stream.
     */
    public PastEpochs(final EpochPolicy policy, final long announcePeriodNs) {
        this.policy = policy;
        this.minAgeNs = policy.minAgeNs(announcePeriodNs);
    }

    /**
     * An epoch is over.
     *
     * @param epoch unsigned, above those before.
     * @param nowNs monotonic clock.
     */
    public void add(final long epoch, final long nowNs) {
        past.addLast(new PastEpoch(epoch, nowNs));
    }

    /**
     * Whether there are more epochs than are kept.
     *
     * @return false if nothing is collected.
     */
    public boolean hasSurplus() {
        return policy.collect() && past.size() > policy.keep() - 1;
    }

    /**
     * Whether the oldest epoch is neither among those that are kept nor young.
     *
     * @param nowNs monotonic clock.
     * @return whether its files may go.
     */
    public boolean isOldestDue(final long nowNs) {
        return hasSurplus() && nowNs - past.getFirst().endedAtNs() >= minAgeNs;
    }

    /**
     * Whether there is none.
     *
     * @return true at the start.
     */
    public boolean isEmpty() {
        return past.isEmpty();
    }

    /**
     * Forgets the oldest one, whose files go now.
     *
     * @return the epoch.
     */
    public long removeOldest() {
        return past.removeFirst().epoch();
    }
}
