package io.tensorpool.protocol;

/** Hears of frames. */
@FunctionalInterface
public interface DescriptorListener {
    /**
     * A frame was announced.
     *
     * @param streamId    of the frame.
     * @param epoch       of the frame.
     * @param seq         of the frame.
     * @param timestampNs publish time, or {@link DescriptorProxy#NULL_TIMESTAMP}.
     * @param metaVersion of the frame; -1 for none.
     * @param traceId     0 for none.
     */
    void onDescriptor(int streamId, long epoch, long seq, long timestampNs, int metaVersion, long traceId);
}
