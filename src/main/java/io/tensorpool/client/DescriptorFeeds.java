package io.tensorpool.client;

import io.tensorpool.protocol.DescriptorAdapter;
import io.tensorpool.protocol.FragmentSource;
import org.jspecify.annotations.Nullable;

/**
 * Where a consumer's descriptors come from: the shared stream, or one of its own. The conductor says which, and when another
 * one is to take over; the consumer's thread goes over at the point where it loses no frame and gets none twice:
 *
 * <p>it takes the first descriptors of the next feed and holds them back; it reads the one before until it has seen the
 * frame before the first of these, or until there is nothing left in it. A producer announces each frame on the shared
 * stream first and on the others directly after it, so that what is in the one is, or was, in the other.
 */
final class DescriptorFeeds {
    /**
     * One source of descriptors.
     *
     * @param source to poll.
     * @param isOwn  whether it is the consumer's own.
     */
    record Feed(FragmentSource source, boolean isOwn) {}

    /**
     * What to read.
     *
     * @param main to read.
     * @param next to go over to; null for none.
     */
    record Plan(Feed main, @Nullable Feed next) {}

    private final UseMark useMark = new UseMark();
    private volatile @Nullable Plan plan;
    private volatile @Nullable Feed joined;

    private DescriptorBatch batch;
    private DescriptorAdapter adapter;
    private DescriptorBatch held;
    private DescriptorAdapter heldAdapter;
    private @Nullable Feed current;
    private boolean hasChanged;
    private long changeEpoch;
    private long changeSeq;

    DescriptorFeeds(final int streamId) {
        batch = new DescriptorBatch(streamId);
        adapter = new DescriptorAdapter(batch);
        held = new DescriptorBatch(streamId);
        heldAdapter = new DescriptorAdapter(held);
    }

    /** Conductor: what to read from now on; null for nothing. */
    void plan(final @Nullable Plan nextPlan) {
        plan = nextPlan;
    }

    /** Conductor: whether the consumer's thread has gone over to this feed. */
    @SuppressWarnings("ReferenceEquality") // the very feed that was planned
    boolean hasJoined(final Feed next) {
        return joined == next;
    }

    /** Conductor: says whether the consumer's thread is inside Aeron's buffers. */
    UseMark useMark() {
        return useMark;
    }

    /** What was taken last. */
    DescriptorBatch batch() {
        return batch;
    }

    /** Whether what was taken last came on the consumer's own stream. */
    boolean isOnOwn() {
        return current != null && current.isOwn();
    }

    /** Whether a frame was announced on the feed before already, and counted then. */
    boolean isRepeated(final long epoch, final long seq) {
        return hasChanged && epoch == changeEpoch && seq - changeSeq <= 0;
    }

    /**
     * Takes descriptors into the empty {@link #batch}.
     *
     * @param epoch   of the newest descriptor seen.
     * @param lastSeq of the newest descriptor seen.
     * @param hasSeen whether one was seen in this epoch.
     * @return 0 if there are none.
     */
    @SuppressWarnings("ReferenceEquality") // the very feed
    int take(final int limit, final long epoch, final long lastSeq, final boolean hasSeen) {
        batch.clear();
        useMark.enter();
        try {
            final Plan to = plan;
            if (to == null) {
                return 0;
            }
            final Feed next = to.next();
            if (next != null && !hasJoined(next)) {
                return join(to.main(), next, epoch, lastSeq, hasSeen, limit);
            }
            final Feed from = next == null ? to.main() : next;
            if (from != current) { // the first, or back to the one before
                held.clear();
                change(from, epoch, lastSeq, hasSeen);
            }
            return poll(from, limit);
        } finally {
            useMark.leave();
        }
    }

    private int poll(final Feed from, final int limit) {
        return from.source().poll(adapter, Math.min(limit, DescriptorBatch.CAPACITY));
    }

    private void change(final Feed to, final long epoch, final long lastSeq, final boolean hasSeen) {
        current = to;
        hasChanged = hasSeen;
        changeEpoch = epoch;
        changeSeq = lastSeq;
    }

    /** What is held back was published before the look into the feed before it, so nothing that is missing can come later. */
    private int join(
            final Feed main,
            final Feed next,
            final long epoch,
            final long lastSeq,
            final boolean hasSeen,
            final int limit) {
        if (held.isEmpty()) {
            held.clear();
            next.source().poll(heldAdapter, DescriptorBatch.CAPACITY);
        }
        final boolean hasCaughtUp =
                hasSeen && !held.isEmpty() && held.firstEpoch() == epoch && held.firstSeq() - lastSeq <= 1;
        if (!hasCaughtUp) {
            final int fragments = poll(main, limit);
            if (fragments > 0 || held.isEmpty()) {
                return fragments;
            }
        }
        swap();
        change(next, epoch, lastSeq, hasSeen);
        joined = next;
        return batch.size();
    }

    private void swap() {
        final DescriptorBatch emptied = batch;
        final DescriptorAdapter emptiedAdapter = adapter;
        batch = held;
        adapter = heldAdapter;
        held = emptied;
        heldAdapter = emptiedAdapter;
        held.clear();
    }
}
