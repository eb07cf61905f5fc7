package io.tensorpool.cli;

import io.tensorpool.TensorShape;
import java.lang.foreign.MemorySegment;

/**
 * Where the frames of a demo or publisher come from. A frame is determined by its sequence number alone, so that the
 * receiving side, with a source of its own made from the same options, knows what to expect. Any thread may call.
 */
sealed interface FrameSource permits FileFrames, TestPicture {
    /**
     * Shape of a frame; the same object for each frame of the same kind.
     *
     * @param seq sequence number, unsigned.
     * @return contiguous shape.
     */
    TensorShape shape(long seq);

    /**
     * Copies a frame.
     *
     * @param seq         sequence number, unsigned.
     * @param destination at least as long as the shape of that frame; filled from its start.
     */
    void fill(long seq, MemorySegment destination);

    /**
     * What {@link PayloadHash#of} gives for the frame when it has arrived whole.
     *
     * @param seq sequence number, unsigned.
     * @return the hash.
     */
    long hash(long seq);

    /**
     * Frames until the content repeats: frame {@code n} equals frame {@code n + distinctFrames()}.
     *
     * @return at least 1.
     */
    int distinctFrames();

    /**
     * Length of the longest frame, which the largest pool must hold.
     *
     * @return bytes.
     */
    default long longestBytes() {
        long longest = 0;
        for (int i = 0; i < distinctFrames(); i++) {
            longest = Math.max(longest, shape(i).lengthBytes());
        }
        return longest;
    }
}
