package io.tensorpool.shm;

import io.tensorpool.ConfigurationException;
import io.tensorpool.RegionException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Which files may be opened as regions: those below an allowed base directory, reached without any symbolic link, that
 * are what {@link FileRules} accept. The file that was opened is the one that is checked and mapped, so nobody gains by
 * exchanging it in between (wire specification 15.21a.5).
 *
 * <p>Links are refused inside the base directories too, where the specification would allow them as long as they lead
 * nowhere else. Base directories themselves may be links: each is resolved once, when concluding, and held open.
 *
 * <p>Any thread.
 */
public final class PathPolicy implements AutoCloseable {
    private record Base(String configured, String resolved, Descriptor directory) {}

    private final List<Base> bases;
    private final FileRules rules;
    private final OpenSteps steps;
    private final int ownUid = Libc.geteuid();

    private PathPolicy(final List<Base> bases, final FileRules rules, final OpenSteps steps) {
        this.bases = bases;
        this.rules = rules;
        this.steps = steps;
    }

    /**
     * Resolves and opens the base directories.
     *
     * @param allowedBaseDirs at least one, absolute, existing.
     * @param rules           which files are acceptable.
     * @return the policy, to be closed.
     * @throws ConfigurationException if a directory is not usable; nothing is left open.
     */
    public static PathPolicy conclude(final List<Path> allowedBaseDirs, final FileRules rules) {
        return conclude(allowedBaseDirs, rules, OpenSteps.REAL);
    }

    static PathPolicy conclude(final List<Path> allowedBaseDirs, final FileRules rules, final OpenSteps steps) {
        if (allowedBaseDirs.isEmpty()) {
            throw new ConfigurationException("allowed base directories: none given; at least one is needed");
        }
        final List<Base> bases = new ArrayList<>();
        try {
            for (final Path dir : allowedBaseDirs) {
                bases.add(openBase(dir));
            }
        } catch (final RuntimeException e) {
            bases.forEach(base -> base.directory.close());
            throw e;
        }
        return new PathPolicy(List.copyOf(bases), rules, steps);
    }

    private static Base openBase(final Path dir) {
        if (!dir.isAbsolute()) {
            throw new ConfigurationException("allowed base directory '" + dir + "' is not absolute");
        }
        final String resolved;
        try {
            resolved = dir.toRealPath().toString();
        } catch (final IOException e) {
            throw new ConfigurationException("allowed base directory '" + dir + "' cannot be resolved: " + e, e);
        }
        final int fd = Libc.openat(
                Libc.AT_FDCWD, resolved, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (fd < 0) {
            throw new ConfigurationException(
                    "allowed base directory '" + dir + "' cannot be opened: " + Errno.text(-fd));
        }
        return new Base(dir.toString(), resolved, new Descriptor(fd));
    }

    /**
     * Opens a region's file and checks what was opened.
     *
     * @param uri         where the file is.
     * @param neededBytes least size.
     * @param access      how it is going to be mapped.
     * @return the open file, to be closed.
     * @throws RegionException if anything about it is not acceptable; nothing is left open.
     */
    synchronized Descriptor open(final RegionUri uri, final long neededBytes, final Access access) {
        final Base base = baseOf(uri);
        final String relative = relativeTo(base, uri.path());
        steps.beforeOpen(uri.path());
        final int fd = openBelow(base, relative, access);
        if (fd < 0) {
            throw refused(uri, cause(base, relative, -fd));
        }
        final Descriptor file = new Descriptor(fd);
        try {
            steps.afterOpen(uri.path());
            check(uri, file.status(), neededBytes);
            steps.beforeMap(uri.path());
            return file;
        } catch (final RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private Base baseOf(final RegionUri uri) {
        Base longest = null;
        int longestPrefix = -1;
        for (final Base base : bases) {
            final int prefix =
                    Math.max(prefixLength(base.configured, uri.path()), prefixLength(base.resolved, uri.path()));
            if (prefix > longestPrefix) {
                longest = base;
                longestPrefix = prefix;
            }
        }
        if (longest == null) {
            throw refused(
                    uri,
                    "its path is outside the allowed base directories "
                            + bases.stream().map(Base::configured).toList());
        }
        return longest;
    }

    private static String relativeTo(final Base base, final String path) {
        return path.substring(Math.max(prefixLength(base.configured, path), prefixLength(base.resolved, path)));
    }

    /** Length of the base and the slash behind it, or -1 if the path is not below it. */
    private static int prefixLength(final String base, final String path) {
        final String prefix = base.endsWith("/") ? base : base + "/";
        return path.startsWith(prefix) ? prefix.length() : -1;
    }

    private int openBelow(final Base base, final String relative, final Access access) {
        // Without O_NONBLOCK, opening a FIFO waits for its other end.
        final int flags = (access == Access.READ_ONLY ? Libc.O_RDONLY : Libc.O_RDWR)
                | Libc.O_NOFOLLOW
                | Libc.O_NONBLOCK
                | Libc.O_NOCTTY
                | Libc.O_CLOEXEC;
        if (steps.tryOpenat2()) {
            final int fd = Libc.openat2(
                    base.directory.fd(),
                    relative,
                    flags,
                    Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_MAGICLINKS);
            // ENOSYS: the kernel is older than 5.6; EPERM: a container's system call filter is.
            if (fd != -Errno.ENOSYS && fd != -Errno.EPERM) {
                return fd;
            }
        }
        return walk(base, relative, flags);
    }

    /** The same without openat2: no part may be a link, and none is {@code ..}, so the walk stays below the base. */
    private static int walk(final Base base, final String relative, final int flags) {
        final String[] parts = relative.split("/", -1);
        Descriptor parent = null;
        try {
            for (int i = 0; i < parts.length - 1; i++) {
                final int fd = Libc.openat(
                        parent == null ? base.directory.fd() : parent.fd(),
                        parts[i],
                        Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC,
                        0);
                if (fd < 0) {
                    return fd;
                }
                if (parent != null) {
                    parent.close();
                }
                parent = new Descriptor(fd);
            }
            return Libc.openat(parent == null ? base.directory.fd() : parent.fd(), parts[parts.length - 1], flags, 0);
        } finally {
            if (parent != null) {
                parent.close();
            }
        }
    }

    private void check(final RegionUri uri, final FileStatus status, final long neededBytes) {
        if (!status.isRegularFile()) {
            throw refused(uri, "it is " + status.kind() + "; only regular files are mapped");
        }
        if (status.linkCount() == 0) {
            throw refused(uri, "it was deleted while it was opened");
        }
        if (status.linkCount() > 1) {
            throw refused(
                    uri,
                    "the file has " + status.linkCount() + " links; a region has one, so that it lies nowhere else");
        }
        if (status.uid() != ownUid
                && status.uid() != 0
                && !rules.allowedOwnerUids().contains(status.uid())) {
            throw refused(
                    uri,
                    "it belongs to user " + status.uid() + "; allowed are this process's user " + ownUid
                            + ", root and the listed owners " + rules.allowedOwnerUids());
        }
        if (!rules.allowOtherPermissions() && (status.permissions() & FileStatus.OTHER_PERMISSIONS) != 0) {
            throw refused(
                    uri,
                    String.format(
                            "its permissions are %03o, which let every user in; expected at most 770",
                            status.permissions()));
        }
        if (status.sizeBytes() < neededBytes) {
            throw refused(
                    uri, "it has " + status.sizeBytes() + " bytes; its description needs " + neededBytes + " bytes");
        }
    }

    private static String cause(final Base base, final String relative, final int errno) {
        if (errno == Errno.ELOOP || errno == Errno.ENOTDIR) {
            final FileStatus status = new FileStatus();
            for (int end = relative.indexOf('/'); ; end = relative.indexOf('/', end + 1)) {
                final String part = end < 0 ? relative : relative.substring(0, end);
                if (Libc.statxAt(base.directory.fd(), part, status) == 0 && status.isSymbolicLink()) {
                    return "the path contains a symbolic link at '" + part.substring(part.lastIndexOf('/') + 1)
                            + "' (ELOOP); regions must lie below " + base.configured + " without links";
                }
                if (end < 0) {
                    break;
                }
            }
        }
        return "it cannot be opened: " + Errno.text(errno);
    }

    private static RegionException refused(final RegionUri uri, final String cause) {
        return new RegionException("refused region '" + uri + "': " + cause);
    }

    /** Closes the base directories. What was mapped stays mapped. */
    @Override
    public synchronized void close() {
        bases.forEach(base -> base.directory.close());
    }
}
