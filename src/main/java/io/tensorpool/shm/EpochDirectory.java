package io.tensorpool.shm;

/**
 * A directory of one epoch found in a namespace.
 *
 * @param streamId unsigned 32-bit id of the stream.
 * @param epoch    unsigned 64-bit epoch.
 */
public record EpochDirectory(int streamId, long epoch) {}
