package io.tensorpool.shm;

import io.tensorpool.ConfigurationException;

/** A namespace has an owner already, in another process or in this one. */
public final class NamespaceHeldException extends ConfigurationException {
    private static final long serialVersionUID = 1L;

    private final String lockFile;

    NamespaceHeldException(final String namespace, final String lockFile) {
        super("another driver holds namespace '" + namespace + "': " + lockFile
                + " is locked; stop that driver, or choose another namespace or base directory");
        this.lockFile = lockFile;
    }

    /**
     * What the owner has locked.
     *
     * @return absolute path.
     */
    public String lockFile() {
        return lockFile;
    }
}
