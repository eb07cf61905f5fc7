package io.tensorpool.client;

/**
 * What a producer last reported (wire specification 10.4.2).
 *
 * @param streamId        unsigned 32-bit id of the stream that it writes.
 * @param producerId      its client id, unsigned.
 * @param epoch           that it writes into, unsigned.
 * @param currentSeq      its newest sequence number, unsigned.
 * @param watermark       fill level of its pools as it defines it, unsigned 32 bits; -1 if it measures none.
 * @param framesPerSecond between its last reports of this epoch; 0 if there was only one.
 * @param presence        since when and how recently it was heard.
 */
public record ProducerReport(
        int streamId,
        int producerId,
        long epoch,
        long currentSeq,
        long watermark,
        double framesPerSecond,
        Presence presence) {}
