package io.tensorpool.protocol;

import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;

/** What is heard on the announce stream. */
public interface AnnounceListener {
    /**
     * A stream's memory was announced (wire specification 10.1.1).
     *
     * @param regions     the announced epoch, as received.
     * @param producerId  client id of the attached producer; 0 if there is none.
     * @param timestampNs when it was sent, on the announcer's clock.
     * @param clockDomain which clock that is.
     */
    void onAnnounce(EpochRegions regions, int producerId, long timestampNs, ClockDomain clockDomain);
}
