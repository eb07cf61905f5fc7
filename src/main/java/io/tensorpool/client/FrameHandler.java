package io.tensorpool.client;

/** Takes frames, in the thread that polls. */
@FunctionalInterface
public interface FrameHandler {
    /**
     * A frame that was whole a moment ago. It can be overwritten while this runs: call {@link Frame#isIntact()} after
     * reading and before using what was read.
     *
     * @param frame valid until the next poll of its consumer.
     */
    void onFrame(Frame frame);
}
