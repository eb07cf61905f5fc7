package io.tensorpool.protocol;

/** Hears reports on streams. */
@FunctionalInterface
public interface QosListener {
    /**
     * A consumer reported.
     *
     * @param streamId    it reads.
     * @param consumerId  its own id.
     * @param epoch       it has mapped.
     * @param lastSeqSeen newest sequence number seen.
     * @param dropsGap    so far.
     * @param dropsLate   so far.
     */
    void onQosConsumer(int streamId, int consumerId, long epoch, long lastSeqSeen, long dropsGap, long dropsLate);
}
