package io.tensorpool.client;

import io.tensorpool.ConsumerMode;

/**
 * What a consumer last reported (wire specification 10.4.1).
 *
 * @param streamId        unsigned 32-bit id of the stream that it reads.
 * @param consumerId      its client id, unsigned.
 * @param epoch           that it has mapped, unsigned.
 * @param lastSeqSeen     newest sequence number that it saw in it, unsigned.
 * @param mode            in force.
 * @param framesPerSecond by which {@code lastSeqSeen} grew between its last reports of this epoch; 0 if there was only one.
 * @param drops           frames that it missed.
 * @param presence        since when and how recently it was heard.
 */
public record ConsumerReport(
        int streamId,
        int consumerId,
        long epoch,
        long lastSeqSeen,
        ConsumerMode mode,
        double framesPerSecond,
        Drops drops,
        Presence presence) {
    /**
     * Frames that a consumer missed.
     *
     * @param gap       whose descriptor never came, since it started.
     * @param late      that were overwritten or unfinished when read, since it started.
     * @param perSecond of both kinds, between its last reports; 0 if there was only one.
     */
    public record Drops(long gap, long late, double perSecond) {}
}
