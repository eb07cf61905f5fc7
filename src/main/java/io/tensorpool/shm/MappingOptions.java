package io.tensorpool.shm;

/**
 * What to do with the pages of an epoch when mapping it.
 *
 * @param prefault bring all pages in now, by reading. Only while a producer holds the epoch: reading a hole of a sparse
 *     file allocates it.
 * @param lock     lock all pages in memory; mapping fails if the limit does not allow it.
 */
public record MappingOptions(boolean prefault, boolean lock) {
    /** Pages come in when they are first touched. */
    public static final MappingOptions DEFAULT = new MappingOptions(false, false);
}
