package io.tensorpool.protocol;

/** Hears from which traces a frame was made. */
@FunctionalInterface
public interface TraceLinkListener {
    /**
     * A frame was made from other traces (trace link specification 9).
     *
     * @param streamId    of the frame.
     * @param epoch       of the frame, unsigned.
     * @param seq         of the frame, unsigned.
     * @param traceId     of the frame; not 0.
     * @param parents     in the order in which they were taken, each not 0 and none twice; used again after the call, and
     *                    possibly longer than what is in it.
     * @param parentCount how many of them there are, at least 1.
     */
    void onTraceLinkSet(int streamId, long epoch, long seq, long traceId, long[] parents, int parentCount);
}
