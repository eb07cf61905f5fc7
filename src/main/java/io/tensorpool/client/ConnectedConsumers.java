package io.tensorpool.client;

import org.agrona.collections.Long2LongHashMap;

/**
 * The consumers that a producer knows to be reading its epoch. Its own subscription keeps the publication connected at
 * all times, so who listens is known from their reports: a report names the epoch that its consumer has mapped. A consumer
 * counts until neither report nor hello came for a while (wire specification 5). Conductor's thread only.
 */
final class ConnectedConsumers {
    private static final long ABSENT = Long.MIN_VALUE;
    private static final int SWEEPS_PER_TIMEOUT = 16;
    /** Reports from before the producer had its epoch that are remembered. */
    private static final int MAX_EARLY = 256;
    /** Consumers that are remembered: whoever can write to the QoS stream can invent them, and more say nothing else. */
    static final int MAX_CONSUMERS = 4_096;

    private final Long2LongHashMap lastHeardNs = new Long2LongHashMap(ABSENT);
    private final Long2LongHashMap earlyEpochs = new Long2LongHashMap(ABSENT);
    private final long timeoutNs;
    private long nextSweepNs;
    private boolean wasSwept;

    ConnectedConsumers(final long timeoutNs) {
        this.timeoutNs = timeoutNs;
    }

    /**
     * A consumer reported an epoch while the producer has none yet. Consumers hear of an epoch when its producer does, and may
     * be the first to have it mapped; their next report is a whole interval away.
     */
    void onEarlyReport(final int consumerId, final long epoch) {
        if (epoch != ABSENT && (earlyEpochs.size() < MAX_EARLY || earlyEpochs.containsKey(consumerId))) {
            earlyEpochs.put(consumerId, epoch);
        }
    }

    /** The producer has an epoch now: who reported it already, reads it. */
    void follow(final long epoch, final long nowNs) {
        earlyEpochs.forEachLong((consumerId, reported) -> {
            if (reported == epoch) {
                onReport((int) consumerId, nowNs);
            }
        });
        earlyEpochs.clear();
    }

    /** A consumer that has mapped the producer's epoch reported. */
    void onReport(final int consumerId, final long nowNs) {
        if (lastHeardNs.size() < MAX_CONSUMERS || lastHeardNs.containsKey(consumerId)) {
            lastHeardNs.put(consumerId, nowNs);
        }
    }

    /** A consumer presented itself: alive if it was known, but which epoch it reads it does not say. */
    void onHello(final int consumerId, final long nowNs) {
        if (lastHeardNs.containsKey(consumerId)) {
            lastHeardNs.put(consumerId, nowNs);
        }
    }

    /** A consumer reported another epoch, or ended. */
    void remove(final int consumerId) {
        lastHeardNs.remove(consumerId);
    }

    /** The producer's epoch is over. */
    void clear() {
        lastHeardNs.clear();
        earlyEpochs.clear();
    }

    boolean isEmpty(final long nowNs) {
        if (!wasSwept || nowNs - nextSweepNs >= 0) {
            wasSwept = true; // the clock begins anywhere, also below 0
            nextSweepNs = nowNs + timeoutNs / SWEEPS_PER_TIMEOUT;
            lastHeardNs.values().removeIfLong(heardNs -> nowNs - heardNs > timeoutNs);
        }
        return lastHeardNs.isEmpty();
    }
}
