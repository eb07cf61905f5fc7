package io.tensorpool.shm;

import io.tensorpool.ConfigurationException;

/**
 * How regions are made.
 *
 * @param permissionsMode permission bits of the files, such as 0660, set whatever the umask.
 * @param hugepages       whether the base directory must be on hugetlbfs, and the URIs say so.
 * @param prefault        whether the pages of an allocated epoch are touched while it is made.
 * @param lock            whether the pages of an allocated epoch are locked in this process's memory.
 */
public record RegionOptions(int permissionsMode, boolean hugepages, boolean prefault, boolean lock) {
    /** Mode 660, pages of the usual size, touched while they are made, not locked. */
    public static final RegionOptions DEFAULT = new RegionOptions(0660, false, true, false);

    /**
     * Checks the mode.
     *
     * @throws ConfigurationException if it gives others anything, or the owner too little.
     */
    public RegionOptions {
        checkedPermissions(permissionsMode);
    }

    /**
     * Checks permission bits.
     *
     * @param mode of files.
     * @return the same.
     * @throws ConfigurationException if they give others anything, or the owner too little.
     */
    public static int checkedPermissions(final int mode) {
        if ((mode & ~0770) != 0 || (mode & 0600) != 0600) {
            throw new ConfigurationException("shm.permissions_mode = " + Integer.toOctalString(mode)
                    + ": expected read and write for the owner, none for others, such as 660 or 600");
        }
        return mode;
    }
}
