package io.tensorpool.client;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What became of the progress messages of a consumer's stream: each ends in exactly one of these counts. Written by the
 * consumer's thread, read by any.
 */
public final class ProgressCounts {
    private static final int RECEIVED = 0;
    private static final int LATE = 1;
    private static final int OTHER_EPOCH = 2;
    private static final int REGRESSED = 3;
    private static final int REPEATED = 4;
    private static final int REJECTED = 5;
    private static final int FAULTS = 6;

    private final AtomicLongArray counts = new AtomicLongArray(FAULTS + 1);

    ProgressCounts() {}

    private void add(final int index) {
        counts.setOpaque(index, counts.getPlain(index) + 1);
    }

    void onReceived() {
        add(RECEIVED);
    }

    void onLate() {
        add(LATE);
    }

    void onOtherEpoch() {
        add(OTHER_EPOCH);
    }

    void onRegressed() {
        add(REGRESSED);
    }

    void onRepeated() {
        add(REPEATED);
    }

    void onRejected() {
        add(REJECTED);
    }

    void onFault() {
        add(FAULTS);
    }

    /**
     * Messages that were handed on.
     *
     * @return so far.
     */
    public long received() {
        return counts.getOpaque(RECEIVED);
    }

    /**
     * Messages of frames whose slot had been claimed for a later one already.
     *
     * @return so far.
     */
    public long late() {
        return counts.getOpaque(LATE);
    }

    /**
     * Messages of an epoch that was not, or no longer, mapped.
     *
     * @return so far.
     */
    public long otherEpoch() {
        return counts.getOpaque(OTHER_EPOCH);
    }

    /**
     * Messages that said less than one before of the same frame (wire specification 10.2.2: drop).
     *
     * @return so far.
     */
    public long regressed() {
        return counts.getOpaque(REGRESSED);
    }

    /**
     * Messages that said the same as the one before of the same frame.
     *
     * @return so far.
     */
    public long repeated() {
        return counts.getOpaque(REPEATED);
    }

    /**
     * Messages that claim more than the payload, or whose slot has a header that cannot be accepted.
     *
     * @return so far.
     */
    public long rejected() {
        return counts.getOpaque(REJECTED);
    }

    /**
     * Messages lost because a region's file had been truncated under the mapping.
     *
     * @return so far.
     */
    public long faults() {
        return counts.getOpaque(FAULTS);
    }

    @Override
    public String toString() {
        return "received " + received() + ", late " + late() + ", other epoch " + otherEpoch() + ", regressed "
                + regressed() + ", repeated " + repeated() + ", rejected " + rejected() + ", faults " + faults();
    }
}
