package io.tensorpool.client;

/** Hears how far frames are that are being filled. */
@FunctionalInterface
public interface ProgressHandler {
    /**
     * A frame is being filled.
     *
     * @param progress how far it is; reused, valid until the next poll for progress.
     */
    void onProgress(FrameProgress progress);
}
