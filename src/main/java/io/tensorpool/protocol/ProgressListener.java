package io.tensorpool.protocol;

import io.tensorpool.ProgressState;

/** Hears how far frames are. */
@FunctionalInterface
public interface ProgressListener {
    /**
     * A frame is being filled.
     *
     * @param streamId    of the frame.
     * @param epoch       of the frame.
     * @param seq         of the frame.
     * @param filledBytes of its payload, from the first one; as received, unsigned.
     * @param state       how far it is.
     */
    void onProgress(int streamId, long epoch, long seq, long filledBytes, ProgressState state);
}
