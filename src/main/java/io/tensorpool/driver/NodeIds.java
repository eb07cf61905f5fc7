package io.tensorpool.driver;

import java.util.ArrayDeque;
import java.util.Deque;
import org.agrona.collections.IntHashSet;

/**
 * Node ids for trace links: one per lease, unique among the active ones, and not given out again for a while after its
 * lease ended, so that no two ids made by different nodes can be equal (trace link specification 6.2).
 */
final class NodeIds {
    /** No id: none was wished for, or none is left. On the wire the null value. */
    static final int NONE = -1;

    /** Ids given out unasked fit the ten bits that id generators commonly have for them; 0 is left to those without. */
    static final int LAST = 1023;

    private record Released(int nodeId, long untilNs) {}

    private final IntHashSet taken = new IntHashSet();
    private final Deque<Released> cooling = new ArrayDeque<>();
    private final long cooldownNs;
    private int next = 1;

    NodeIds(final long cooldownNs) {
        this.cooldownNs = cooldownNs;
    }

    boolean isFree(final int nodeId, final long nowNs) {
        warmUp(nowNs);
        return !taken.contains(nodeId);
    }

    /** Takes the wished id, which is free, or the next free one; {@link #NONE} if all are taken. */
    int take(final int desired, final long nowNs) {
        warmUp(nowNs);
        if (desired != NONE) {
            taken.add(desired);
            return desired;
        }
        for (int i = 0; i < LAST; i++) {
            final int candidate = next;
            next = next == LAST ? 1 : next + 1;
            if (taken.add(candidate)) {
                return candidate;
            }
        }
        return NONE;
    }

    void release(final int nodeId, final long nowNs) {
        if (nodeId != NONE) {
            cooling.addLast(new Released(nodeId, nowNs + cooldownNs));
        }
    }

    private void warmUp(final long nowNs) {
        while (!cooling.isEmpty() && nowNs - cooling.getFirst().untilNs() >= 0) {
            taken.remove(cooling.removeFirst().nodeId());
        }
    }
}
