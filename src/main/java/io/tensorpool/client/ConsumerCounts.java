package io.tensorpool.client;

import io.tensorpool.shm.Rejection;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What became of the frames that a consumer was told of: each ends in exactly one of these counts. Written by the
 * consumer's thread, read by any.
 */
public final class ConsumerCounts {
    private static final int RECEIVED = 0;
    private static final int GAP = 1;
    private static final int LATE = 2;
    private static final int OTHER_EPOCH = 3;
    private static final int FAULT = 4;
    private static final int OLD_SEQ = 5;
    private static final int BEFORE_JOIN = 6;
    private static final int RATE_SKIPPED = 7;
    private static final int SKIPPED = 8;
    private static final int RESYNCS = 9;
    private static final int REJECTIONS = 10;

    private final AtomicLongArray counts = new AtomicLongArray(REJECTIONS + Rejection.values().length + 1);

    ConsumerCounts() {}

    private void add(final int index, final long count) {
        counts.setOpaque(index, counts.getPlain(index) + count);
    }

    void onReceived() {
        add(RECEIVED, 1);
    }

    void onGap(final long missing) {
        add(GAP, missing);
    }

    void onLate() {
        add(LATE, 1);
    }

    void onOtherEpoch() {
        add(OTHER_EPOCH, 1);
    }

    void onFault() {
        add(FAULT, 1);
    }

    void onBeforeJoin() {
        add(BEFORE_JOIN, 1);
    }

    void onOldSeq() {
        add(OLD_SEQ, 1);
    }

    void onRateSkipped(final long skipped) {
        add(RATE_SKIPPED, skipped);
    }

    void onSkipped() {
        add(SKIPPED, 1);
    }

    void onResync() {
        add(RESYNCS, 1);
    }

    void onRejected(final int code) {
        if (Rejection.of(code).isLate()) {
            onLate();
        } else {
            add(REJECTIONS + code, 1);
        }
    }

    /**
     * Frames that were handed on and were intact to the end, or whose handler never asked.
     *
     * @return so far.
     */
    public long received() {
        return counts.getOpaque(RECEIVED);
    }

    /**
     * Sequence numbers whose descriptor never came: aborted by the producer, not announced, or lost to a reader that was
     * left behind (wire specification 15.4); and those that the consumer dropped to catch up, see {@link #resyncs()}.
     *
     * @return so far.
     */
    public long dropsGap() {
        return counts.getOpaque(GAP);
    }

    /**
     * Frames that were overwritten, or in progress again, before or while they were used (wire specification 15.3).
     *
     * @return so far.
     */
    public long dropsLate() {
        return counts.getOpaque(LATE);
    }

    /**
     * Frames of an epoch that was not, or no longer, mapped (wire specification 15.21).
     *
     * @return so far.
     */
    public long otherEpoch() {
        return counts.getOpaque(OTHER_EPOCH);
    }

    /**
     * Frames lost because a region's file had been truncated under the mapping.
     *
     * @return so far.
     */
    public long faults() {
        return counts.getOpaque(FAULT);
    }

    /**
     * Descriptors whose sequence number was not above the one before; ignored.
     *
     * @return so far.
     */
    public long oldSeq() {
        return counts.getOpaque(OLD_SEQ);
    }

    /**
     * Frames that were overwritten already when this consumer had not yet accepted any of their epoch: descriptors of a time
     * before it came, or of its first moments.
     *
     * @return so far.
     */
    public long beforeJoin() {
        return counts.getOpaque(BEFORE_JOIN);
    }

    /**
     * Frames left out because of the rate that this consumer asked for: skipped here on the shared stream, not announced on a
     * stream of its own, where one that was lost does not show apart from these (wire specification 11).
     *
     * @return so far.
     */
    public long rateSkipped() {
        return counts.getOpaque(RATE_SKIPPED);
    }

    /**
     * Frames passed over by {@link Consumer#pollLatest} for a newer one.
     *
     * @return so far.
     */
    public long skipped() {
        return counts.getOpaque(SKIPPED);
    }

    /**
     * How often the consumer was so far behind that it dropped everything up to the newest frame (wire specification 15.4).
     * Not a count of frames: what was dropped is in {@link #dropsGap()}.
     *
     * @return so far; 0 unless {@link ConsumerOptions#resyncAfterGap} was asked for.
     */
    public long resyncs() {
        return counts.getOpaque(RESYNCS);
    }

    /**
     * Frames refused for one reason; those that only came late are in {@link #dropsLate()}.
     *
     * @param cause the reason.
     * @return so far.
     */
    public long rejected(final Rejection cause) {
        return counts.getOpaque(REJECTIONS + cause.code());
    }

    /**
     * Frames refused for any reason other than being late.
     *
     * @return so far.
     */
    public long rejected() {
        long sum = 0;
        for (final Rejection cause : Rejection.values()) {
            sum += rejected(cause);
        }
        return sum;
    }

    @Override
    public String toString() {
        return "received " + received() + ", gap " + dropsGap() + ", late " + dropsLate() + ", other epoch "
                + otherEpoch() + ", before join " + beforeJoin() + ", faults " + faults() + ", old " + oldSeq()
                + ", skipped by rate " + rateSkipped() + ", skipped " + skipped() + ", rejected " + rejected();
    }
}
