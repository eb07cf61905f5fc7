package io.tensorpool.driver;

import io.tensorpool.protocol.OwnStream;
import org.agrona.collections.IntHashSet;
import org.jspecify.annotations.Nullable;

/**
 * Ids of one range for streams of consumers' own. One that was given back is free at once: producers leave an id when it is
 * assigned to another consumer, and descriptors and progress messages name their tensor stream, so that a late one of
 * another stream is ignored.
 */
final class OwnStreamIds {
    private final @Nullable StreamIdRange range;
    private final IntHashSet taken = new IntHashSet();

    /**
     * None taken.
     *
     * @param range null for none at all.
     */
    OwnStreamIds(final @Nullable StreamIdRange range) {
        this.range = range;
    }

    boolean areConfigured() {
        return range != null;
    }

    /** Takes the wished id if it is in the range and free, else the lowest free one. Returns 0 if there is none. */
    int take(final int wished) {
        if (range == null) {
            return 0;
        }
        if (range.contains(wished) && taken.add(wished)) {
            return wished;
        }
        final long ids = Integer.toUnsignedLong(range.last()) - Integer.toUnsignedLong(range.first()) + 1;
        final long candidates = Math.min(ids, taken.size() + 1L); // one of these is free, if any is
        for (int i = 0; i < candidates; i++) {
            if (taken.add(range.first() + i)) {
                return range.first() + i;
            }
        }
        return 0;
    }

    void release(final OwnStream stream) {
        taken.remove(stream.streamId());
    }
}
