package io.tensorpool.client;

import org.agrona.collections.LongArrayList;

/**
 * Requests for a lease that were not answered yet, and when they were sent. An answer to any of them is as good as that to
 * the newest. Conductor's thread only.
 */
final class OpenRequests {
    /** Requests that are remembered; older ones were lost. */
    private static final int MAX = 16;

    private final LongArrayList correlationIds = new LongArrayList();
    private final LongArrayList sentNs = new LongArrayList();
    private long answeredSentNs;

    void add(final long correlationId, final long nowNs) {
        if (correlationIds.size() == MAX) {
            remove(0);
        }
        correlationIds.addLong(correlationId);
        sentNs.addLong(nowNs);
    }

    private void remove(final int index) {
        correlationIds.removeAt(index);
        sentNs.removeAt(index);
    }

    /** Whether a request is answered by this, for the first time. */
    boolean answer(final long correlationId) {
        final int index = correlationIds.indexOf(correlationId);
        if (index < 0) {
            return false; // another client's, or one of an earlier process
        }
        answeredSentNs = sentNs.getLong(index);
        remove(index);
        return true;
    }

    /** When the request was sent that was answered last. */
    long answeredSentNs() {
        return answeredSentNs;
    }

    boolean isEmpty() {
        return correlationIds.isEmpty();
    }

    /** No answer to any of them counts. */
    void clear() {
        correlationIds.clear();
        sentNs.clear();
    }
}
