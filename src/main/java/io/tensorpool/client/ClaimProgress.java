package io.tensorpool.client;

import io.tensorpool.ProgressState;
import io.tensorpool.TensorShape;
import org.jspecify.annotations.Nullable;

/** How far a claim is, and what was told of that. Producer's thread only. */
final class ClaimProgress {
    private @Nullable ProgressState state;
    private long filledBytes;
    private boolean isTold;
    private long toldNs;
    private long toldBytes;

    void reset() {
        state = null;
        filledBytes = 0;
        isTold = false;
    }

    /** The application says how far it is; within a frame that only goes forward. */
    void advance(final ProgressState next, final long nextFilledBytes, final long lengthBytes) {
        if (state == null ? next != ProgressState.STARTED : next.code() < state.code() || isOnce(next)) {
            throw new IllegalStateException("progress " + next + " after " + (state == null ? "none" : state)
                    + ": expected STARTED once, then PROGRESS, then COMPLETE once");
        }
        if (nextFilledBytes < filledBytes || nextFilledBytes > lengthBytes) {
            throw new IllegalArgumentException("progress of " + nextFilledBytes + " bytes: expected " + filledBytes
                    + ", where it was, to " + lengthBytes);
        }
        state = next;
        filledBytes = nextFilledBytes;
    }

    private boolean isOnce(final ProgressState next) {
        return next == state && next != ProgressState.PROGRESS;
    }

    ProgressState state() {
        return state == null ? ProgressState.STARTED : state;
    }

    long filledBytes() {
        return filledBytes;
    }

    /** Whether somebody was told of the frame, so that its header is in its slot. */
    boolean isTold() {
        return isTold;
    }

    boolean isDue(final ProgressPolicy policy, final long nowNs, final TensorShape shape) {
        return !isTold
                || state != ProgressState.PROGRESS
                || policy.admits(nowNs - toldNs, filledBytes - toldBytes, shape);
    }

    void onTold(final long nowNs) {
        isTold = true;
        toldNs = nowNs;
        toldBytes = filledBytes;
    }
}
