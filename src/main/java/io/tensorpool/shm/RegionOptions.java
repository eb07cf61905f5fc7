package io.tensorpool.shm;

/**
 * How regions are made.
 *
 * @param permissionsMode permission bits of the files, such as 0660, set whatever the umask.
 * @param hugepages       whether the base directory must be on hugetlbfs, and the URIs say so.
 * @param prefault        whether the pages of an allocated epoch are touched while it is made.
 * @param lock            whether the pages of an allocated epoch are locked in this process's memory.
 */
public record RegionOptions(int permissionsMode, boolean hugepages, boolean prefault, boolean lock) {}
