package io.tensorpool.shm;

import java.util.Set;

/**
 * Which files are acceptable as regions. Files of this process's own user and of root always are.
 *
 * @param allowedOwnerUids      further owners.
 * @param allowOtherPermissions whether the file may be readable or writable by everybody.
 */
public record FileRules(Set<Integer> allowedOwnerUids, boolean allowOtherPermissions) {
    /** Own user and root; no permissions for others. */
    public static final FileRules DEFAULT = new FileRules(Set.of(), false);

    /** Copies the set. */
    public FileRules {
        allowedOwnerUids = Set.copyOf(allowedOwnerUids);
    }
}
