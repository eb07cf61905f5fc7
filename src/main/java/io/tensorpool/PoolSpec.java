package io.tensorpool;

/**
 * A payload pool to be made.
 *
 * @param poolId      unsigned 16-bit id, unique in its epoch.
 * @param strideBytes bytes from one payload to the next: a positive multiple of 64 below 2^32.
 */
public record PoolSpec(int poolId, long strideBytes) {}
