package io.tensorpool.shm;

import io.tensorpool.RegionException;

/** An open file, to be closed exactly once. Not for several threads. */
final class Descriptor implements AutoCloseable {
    private static final int CLOSED = -1;

    private int fd;

    Descriptor(final int fd) {
        this.fd = fd;
    }

    int fd() {
        if (fd == CLOSED) {
            throw new IllegalStateException("the file is closed");
        }
        return fd;
    }

    /** Status of the open file itself, whatever its name leads to by now. */
    FileStatus status() {
        final FileStatus status = new FileStatus();
        final int result = Libc.statx(fd(), status);
        if (result < 0) {
            throw new RegionException("statx of an open file failed: " + Errno.text(-result));
        }
        return status;
    }

    /** Status of the file system that the open file is on. */
    FileSystemStatus fileSystemStatus() {
        final FileSystemStatus status = new FileSystemStatus();
        final int result = Libc.fstatfs(fd(), status);
        if (result < 0) {
            throw new RegionException("fstatfs of an open file failed: " + Errno.text(-result));
        }
        return status;
    }

    @Override
    public void close() {
        if (fd != CLOSED) {
            final int open = fd;
            fd = CLOSED;
            // Nothing was written through it that a failing close could lose: regions are written through mappings.
            Libc.close(open);
        }
    }
}
