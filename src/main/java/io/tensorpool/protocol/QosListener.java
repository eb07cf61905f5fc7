package io.tensorpool.protocol;

import io.tensorpool.ConsumerMode;

/** Hears reports on streams (wire specification 10.4). */
public interface QosListener {
    /** In place of a watermark: the producer measures none. */
    int NO_WATERMARK = -1;

    /**
     * A consumer reported.
     *
     * @param streamId    it reads.
     * @param consumerId  its own id.
     * @param epoch       it has mapped.
     * @param lastSeqSeen newest sequence number seen.
     * @param dropsGap    so far.
     * @param dropsLate   so far.
     * @param mode        in force.
     */
    void onQosConsumer(
            int streamId,
            int consumerId,
            long epoch,
            long lastSeqSeen,
            long dropsGap,
            long dropsLate,
            ConsumerMode mode);

    /**
     * A producer reported.
     *
     * @param streamId   it writes.
     * @param producerId its client id.
     * @param epoch      it writes into.
     * @param currentSeq newest sequence number as the producer counts, unsigned.
     * @param watermark  fill level of its pools as the producer defines it, unsigned; or {@link #NO_WATERMARK}.
     */
    void onQosProducer(int streamId, int producerId, long epoch, long currentSeq, int watermark);
}
