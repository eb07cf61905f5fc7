package io.tensorpool;

/**
 * A payload pool as a driver describes it: {@code nslots} slots of {@code strideBytes} in one file. The values are as
 * received; whoever maps the region checks them (wire specification 9, 15.5 and 15.22).
 *
 * @param poolId      unsigned 16-bit id, unique within its epoch.
 * @param nslots      number of slots; equal to that of the header ring.
 * @param strideBytes bytes from one slot to the next: a multiple of 64, at most 2^32 - 1.
 * @param regionUri   where the file is: {@code shm:file?path=...}.
 */
public record PoolRegion(int poolId, int nslots, long strideBytes, String regionUri) {}
