package io.tensorpool.client;

import io.tensorpool.ClockDomain;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.NanoClock;

/**
 * Tells announces that speak of the present from those that do not (wire specification 10.1.1): none is older than the
 * freshness window, and none by this host's own clock is from before the client joined, since Aeron may hand a new
 * subscriber what is older than itself. Conductor's thread only.
 */
final class AnnounceGate {
    private final NanoClock monotonic;
    private final EpochNanoClock realtime;
    private final long freshnessNs;
    private final AnnounceCounts counts;
    private long joinNs;

    AnnounceGate(
            final NanoClock monotonic,
            final EpochNanoClock realtime,
            final long freshnessNs,
            final AnnounceCounts counts) {
        this.counts = counts;
        this.monotonic = monotonic;
        this.realtime = realtime;
        this.freshnessNs = freshnessNs;
        join();
    }

    /** The announce stream is subscribed to from now on. */
    void join() {
        joinNs = monotonic.nanoTime();
    }

    /** Whether an announce counts. */
    boolean admits(final long timestampNs, final ClockDomain domain) {
        final boolean isMonotonic = domain == ClockDomain.MONOTONIC;
        final long nowNs = isMonotonic ? monotonic.nanoTime() : realtime.nanoTime();
        if (isMonotonic && timestampNs - joinNs < 0) {
            counts.onBeforeJoin();
            return false;
        }
        if (nowNs - timestampNs > freshnessNs) {
            counts.onStale();
            return false;
        }
        return true;
    }
}
