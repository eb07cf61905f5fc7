package io.tensorpool.shm;

import io.tensorpool.RegionException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An open directory of the driver's tree. Everything in it is reached through its descriptor and by a single name, so
 * that no link can lead anywhere else.
 */
final class Directory implements AutoCloseable {
    private static final int FLAGS = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
    private static final int WRITABLE_BY_OTHERS = 2;
    private static final int OWNER_ONLY = 0700;

    private final Descriptor descriptor;
    private final String path;

    private Directory(final Descriptor descriptor, final String path) {
        this.descriptor = descriptor;
        this.path = path;
    }

    /** Opens a directory by its resolved path. */
    static Directory open(final String resolvedPath) {
        final int fd = Libc.openat(Libc.AT_FDCWD, resolvedPath, FLAGS, 0);
        if (fd < 0) {
            throw new RegionException("directory " + resolvedPath + " cannot be opened: " + Errno.text(-fd));
        }
        return new Directory(new Descriptor(fd), resolvedPath);
    }

    /** Search bits to go with read bits: 660 becomes 770. */
    static int directoryMode(final int fileMode) {
        return fileMode | (fileMode & 0444) >> 2;
    }

    Descriptor descriptor() {
        return descriptor;
    }

    String path() {
        return path;
    }

    String path(final String name) {
        return path.equals("/") ? path + name : path + "/" + name;
    }

    /** Opens a directory in this one, or returns null if there is none of that name. */
    @Nullable
    Directory child(final String name) {
        final int fd = Libc.openat(descriptor.fd(), name, FLAGS, 0);
        if (fd == -Errno.ENOENT) {
            return null;
        }
        if (fd < 0) {
            throw failed("opening directory", name, fd);
        }
        return new Directory(new Descriptor(fd), path(name));
    }

    /** Whether there is a directory of that name; a link to one is none. */
    boolean isDirectory(final String name) {
        final FileStatus status = new FileStatus();
        return Libc.statxAt(descriptor.fd(), name, status) == 0 && status.isDirectory();
    }

    /** Makes a directory, for now for its owner alone; false if the name is taken. */
    boolean make(final String name) {
        final int result = Libc.mkdirat(descriptor.fd(), name, OWNER_ONLY);
        if (result < 0 && result != -Errno.EEXIST) {
            throw failed("making directory", name, result);
        }
        return result == 0;
    }

    /**
     * Makes a directory if there is none, and opens it. One that belongs to somebody else is refused: he could exchange
     * what is in it.
     *
     * @return null if it was deleted in between.
     */
    @Nullable
    Directory makeAndOpen(final String name) {
        make(name);
        final Directory child = child(name);
        if (child != null) {
            try {
                child.checkOwner();
            } catch (final RuntimeException e) {
                child.close();
                throw e;
            }
        }
        return child;
    }

    private void checkOwner() {
        final FileStatus status = descriptor.status();
        final int ownUid = Libc.geteuid();
        if (status.uid() != ownUid && status.uid() != 0) {
            throw new RegionException("directory " + path + " belongs to user " + status.uid()
                    + "; expected this process's user " + ownUid + " or root");
        }
        if ((status.permissions() & WRITABLE_BY_OTHERS) != 0) {
            throw new RegionException(String.format(
                    "directory %s has permissions %o: every user can exchange what is in it",
                    path, status.permissions()));
        }
    }

    /** Sets permission bits, if the directory is this user's own. */
    void permit(final int mode) {
        if (descriptor.status().uid() == Libc.geteuid()) {
            final int result = Libc.fchmod(descriptor.fd(), mode);
            if (result < 0) {
                throw new RegionException(String.format("setting permissions %o of directory %s failed: ", mode, path)
                        + Errno.text(-result));
            }
        }
    }

    /** Adds permission bits, if the directory is this user's own. */
    void permitAlso(final int mode) {
        final int permissions = descriptor.status().permissions();
        if ((permissions | mode) != permissions) {
            permit(permissions | mode);
        }
    }

    /** Names in this directory, in no order. */
    List<String> names() {
        // The entry in /proc leads to the open directory itself, wherever its name leads by now.
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc/self/fd/" + descriptor.fd()))) {
            final List<String> names = new ArrayList<>();
            for (final Path entry : entries) {
                names.add(entry.getFileName().toString());
            }
            return names;
        } catch (final IOException e) {
            throw new RegionException("directory " + path + " cannot be listed: " + e, e);
        }
    }

    /** Removes a file, or a directory with everything in it; a link is removed, not followed. */
    void deleteTree(final String name) {
        final FileStatus status = new FileStatus();
        final int found = Libc.statxAt(descriptor.fd(), name, status);
        if (found == -Errno.ENOENT) {
            return;
        }
        if (found < 0) {
            throw failed("looking at", name, found);
        }
        if (!status.isDirectory()) {
            final int result = Libc.unlinkat(descriptor.fd(), name, 0);
            if (result < 0 && result != -Errno.ENOENT) {
                throw failed("deleting", name, result);
            }
            return;
        }
        try (Directory child = child(name)) {
            if (child != null) {
                child.names().forEach(child::deleteTree);
            }
        }
        if (!deleteIfEmpty(name)) {
            throw failed("deleting directory", name, -Errno.ENOTEMPTY);
        }
    }

    /** Removes a directory; false if there is something in it. */
    boolean deleteIfEmpty(final String name) {
        final int result = Libc.unlinkat(descriptor.fd(), name, Libc.AT_REMOVEDIR);
        if (result == -Errno.ENOTEMPTY || result == -Errno.EEXIST) {
            return false;
        }
        if (result < 0 && result != -Errno.ENOENT) {
            throw failed("deleting directory", name, result);
        }
        return true;
    }

    private RegionException failed(final String what, final String name, final int result) {
        return new RegionException(what + " " + path(name) + " failed: " + Errno.text(-result));
    }

    @Override
    public void close() {
        descriptor.close();
    }
}
