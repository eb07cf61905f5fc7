package io.tensorpool.protocol;

import io.tensorpool.EpochRegions;

/** What is heard on the announce stream. */
public interface AnnounceListener {
    /** Clock domain of an announce: the monotonic clock of the same host. */
    int MONOTONIC = 1;
    /** Clock domain of an announce: wall-clock time, disciplined across hosts. */
    int REALTIME_SYNCED = 2;

    /**
     * A stream's memory was announced (wire specification 10.1.1).
     *
     * @param regions     the announced epoch, as received.
     * @param producerId  client id of the attached producer; 0 if there is none.
     * @param timestampNs when it was sent, on the announcer's clock.
     * @param clockDomain {@link #MONOTONIC} or {@link #REALTIME_SYNCED}.
     */
    void onAnnounce(EpochRegions regions, int producerId, long timestampNs, int clockDomain);
}
