package io.tensorpool.client;

import io.tensorpool.ProgressState;
import io.tensorpool.protocol.ProgressListener;
import java.util.Arrays;

/** Progress messages that were taken from their streams and not looked at yet, as {@link DescriptorBatch}. */
final class ProgressBatch implements ProgressListener {
    static final int CAPACITY = 64;

    private final int streamId;
    private final long[] epochs = new long[CAPACITY];
    private final long[] seqs = new long[CAPACITY];
    private final long[] filledBytes = new long[CAPACITY];
    private final ProgressState[] states = new ProgressState[CAPACITY];
    private int size;
    private int index = -1;

    ProgressBatch(final int streamId) {
        this.streamId = streamId;
        Arrays.fill(states, ProgressState.STARTED);
    }

    @Override
    public void onProgress(
            final int ofStreamId, final long epoch, final long seq, final long filled, final ProgressState state) {
        if (ofStreamId == streamId) {
            epochs[size] = epoch;
            seqs[size] = seq;
            filledBytes[size] = filled;
            states[size] = state;
            size++;
        }
    }

    /** Steps to the next message, which the accessors then show; false, and empty, after the last. */
    boolean next() {
        if (++index < size) {
            return true;
        }
        clear();
        return false;
    }

    boolean isEmpty() {
        return index + 1 >= size;
    }

    void clear() {
        size = 0;
        index = -1;
    }

    long epoch() {
        return epochs[index];
    }

    long seq() {
        return seqs[index];
    }

    long filledBytes() {
        return filledBytes[index];
    }

    ProgressState state() {
        return states[index];
    }
}
