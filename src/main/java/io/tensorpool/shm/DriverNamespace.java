package io.tensorpool.shm;

import io.tensorpool.ConfigurationException;
import io.tensorpool.RegionException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directory that one driver makes its regions in, held under a lock for as long as the driver lives:
 *
 * <pre>
 *   &lt;base&gt;/tensorpool-&lt;user&gt;/&lt;namespace&gt;/
 *       driver.lock                    locked; holds the highest epoch ever issued
 *       highest.&lt;epoch&gt;                holds it on hugetlbfs, where files take no writes
 *       &lt;stream id&gt;/&lt;epoch&gt;/           header.ring, &lt;pool id&gt;.pool
 * </pre>
 *
 * Wire specification 15.21a.3. The lock belongs to the open file, so it is free again when the process is gone, however
 * it went, and excludes a second driver in the same process too. No path is followed through a link below the base.
 *
 * <p>Any thread; calls exclude each other, and deleting a large epoch takes up to a second.
 */
public final class DriverNamespace implements AutoCloseable {
    private static final Logger LOG = System.getLogger(DriverNamespace.class.getName());
    private static final String LOCK_FILE = "driver.lock";
    private static final String USER_PREFIX = "tensorpool-";
    private static final int NAME_LENGTH_MAX = 128;
    /** Losing a race against somebody who deletes his namespace more often than this is no accident. */
    private static final int LOCK_ATTEMPTS = 16;

    private final Directory base;
    private final Directory user;
    private final Directory root;
    private final String userName;
    private final String name;
    private final Descriptor lock;
    private final EpochLedger ledger;
    private final EpochName epochName;
    private final boolean ephemeral;
    private boolean closed;
    private boolean keepsEpochs;

    private DriverNamespace(
            final Directory base,
            final Directory user,
            final Directory root,
            final Descriptor lock,
            final String userName,
            final String name,
            final boolean ephemeral) {
        this.base = base;
        this.user = user;
        this.root = root;
        this.lock = lock;
        this.userName = userName;
        this.name = name;
        this.ephemeral = ephemeral;
        ledger = new EpochLedger(lock);
        epochName = new EpochName(root);
    }

    /**
     * Makes the directories where they are missing, and takes the lock.
     *
     * @param baseDir         existing directory, such as {@code /dev/shm}.
     * @param user            name for {@code tensorpool-<user>}.
     * @param namespace       name of the namespace.
     * @param permissionsMode permission bits of files, such as 0660; directories get the search bits to go with them.
     * @param ephemeral       whether closing removes the namespace itself, too.
     * @return the locked namespace, to be closed.
     * @throws NamespaceHeldException if another driver holds the lock.
     * @throws ConfigurationException if a name or the base directory is not usable.
     * @throws RegionException        if a directory cannot be made, or belongs to somebody else.
     */
    public static DriverNamespace lock(
            final Path baseDir,
            final String user,
            final String namespace,
            final int permissionsMode,
            final boolean ephemeral) {
        final String userDirectory = USER_PREFIX + checkedName("user", user);
        checkedName("namespace", namespace);
        final String resolvedBase = resolve(baseDir);
        for (int attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
            final DriverNamespace made =
                    new Locking(resolvedBase, userDirectory, namespace, permissionsMode, ephemeral).attempt();
            if (made != null) {
                LOG.log(Level.DEBUG, () -> "locked " + made.root.path());
                return made;
            }
        }
        throw new RegionException("namespace '" + namespace + "' below " + resolvedBase + "/" + userDirectory
                + " was deleted by somebody else " + LOCK_ATTEMPTS + " times while it was being locked");
    }

    private static String checkedName(final String what, final String name) {
        if (name.isEmpty() || name.length() > NAME_LENGTH_MAX || name.equals(".") || name.contains("..")) {
            throw new ConfigurationException(what + " '" + name + "' cannot name a directory: expected 1 to "
                    + NAME_LENGTH_MAX + " characters without '..'");
        }
        for (int i = 0; i < name.length(); i++) {
            final char c = name.charAt(i);
            if (c <= ' ' || c > '~' || c == '/' || c == '?' || c == '|') {
                throw new ConfigurationException(String.format(
                        "%s '%s' cannot name a directory: character U+%04X at %d; expected printable ASCII without"
                                + " spaces, '/', '?' and '|'",
                        what, name.replaceAll("[^ -~]", "?"), (int) c, i));
            }
        }
        return name;
    }

    private static String resolve(final Path baseDir) {
        try {
            final String resolved = baseDir.toRealPath().toString();
            RegionUri.of(resolved, false);
            return resolved;
        } catch (final IOException e) {
            throw new ConfigurationException("base directory '" + baseDir + "' cannot be resolved: " + e, e);
        } catch (final RegionException e) {
            throw new ConfigurationException(
                    "base directory '" + baseDir + "' cannot hold regions: " + e.getMessage(), e);
        }
    }

    /**
     * The namespace's directory.
     *
     * @return resolved absolute path.
     */
    public Path path() {
        return Path.of(root.path());
    }

    /**
     * The highest epoch known: issued at any time, or found as a directory. The next one must be above it.
     *
     * @return unsigned; 0 if there is none.
     */
    public synchronized long highestEpoch() {
        long highest = ledger.highest();
        if (Long.compareUnsigned(epochName.highest(), highest) > 0) {
            highest = epochName.highest();
        }
        for (final EpochDirectory directory : epochDirectories()) {
            if (Long.compareUnsigned(directory.epoch(), highest) > 0) {
                highest = directory.epoch();
            }
        }
        return highest;
    }

    /**
     * Keeps an epoch as issued. To be called before it is used, so that it is not issued again whatever happens.
     *
     * @param epoch unsigned; one below the highest changes nothing.
     * @throws RegionException if it cannot be written.
     */
    public synchronized void recordEpoch(final long epoch) {
        checkOpen();
        if (root.descriptor().fileSystemStatus().isHugetlbfs()) {
            epochName.record(epoch);
        } else {
            ledger.record(epoch);
        }
    }

    /**
     * The epochs that have a directory, whoever made them. Entries of other names are not listed, and links and files in
     * place of a stream's directory are passed over.
     *
     * @return in no order.
     */
    public synchronized List<EpochDirectory> epochDirectories() {
        checkOpen();
        final List<EpochDirectory> found = new ArrayList<>();
        for (final String streamName : root.names()) {
            final Integer streamId = streamIdOf(streamName);
            if (streamId == null || !root.isDirectory(streamName)) {
                continue;
            }
            try (Directory stream = root.child(streamName)) {
                if (stream != null) {
                    for (final String epochName : stream.names()) {
                        final Long epoch = epochOf(epochName);
                        if (epoch != null) {
                            found.add(new EpochDirectory(streamId, epoch));
                        }
                    }
                }
            }
        }
        return found;
    }

    /**
     * Unlinks the files of an epoch and its directory, and that of the stream if it is empty then. Mappings of the files
     * stay as they are. Nothing happens if there is no such epoch.
     *
     * @param streamId unsigned 32-bit id of the stream.
     * @param epoch    unsigned 64-bit epoch.
     * @throws RegionException if something cannot be deleted.
     */
    public synchronized void deleteEpoch(final int streamId, final long epoch) {
        checkOpen();
        final String streamName = Integer.toUnsignedString(streamId);
        try (Directory stream = root.child(streamName)) {
            if (stream == null) {
                return;
            }
            stream.deleteTree(Long.toUnsignedString(epoch));
        }
        root.deleteIfEmpty(streamName);
        LOG.log(
                Level.DEBUG,
                () -> "deleted epoch " + Long.toUnsignedString(epoch) + " of stream " + streamName + " below "
                        + root.path());
    }

    /** The directory that streams are in; only while holding this object's monitor. */
    Directory root() {
        checkOpen();
        return root;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("namespace " + root.path() + " is closed");
        }
    }

    private static @Nullable Integer streamIdOf(final String name) {
        try {
            final int streamId = Integer.parseUnsignedInt(name);
            return Integer.toUnsignedString(streamId).equals(name) ? streamId : null;
        } catch (final NumberFormatException e) {
            return null;
        }
    }

    static @Nullable Long epochOf(final String name) {
        try {
            final long epoch = Long.parseUnsignedLong(name);
            return Long.toUnsignedString(epoch).equals(name) ? epoch : null;
        } catch (final NumberFormatException e) {
            return null;
        }
    }

    /** Lets the epochs stay when this is closed; an ephemeral namespace goes all the same. */
    public synchronized void keepEpochs() {
        keepsEpochs = true;
    }

    /**
     * Deletes all epochs and releases the lock. The lock file stays and keeps the highest epoch; of an ephemeral
     * namespace nothing stays, and the user's directory goes with it if it is empty. A second call does nothing.
     *
     * @throws RegionException if something cannot be deleted; the lock is released all the same.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        try {
            if (!keepsEpochs) {
                for (final EpochDirectory directory : epochDirectories()) {
                    deleteEpoch(directory.streamId(), directory.epoch());
                }
            }
            if (ephemeral) {
                user.deleteTree(name);
                base.deleteIfEmpty(userName);
            }
        } finally {
            closed = true;
            lock.close();
            root.close();
            user.close();
            base.close();
        }
    }

    /** One attempt to make and lock a namespace. */
    private record Locking(String basePath, String userName, String name, int permissionsMode, boolean ephemeral) {

        /** Null if it was deleted under our hands. */
        @Nullable
        DriverNamespace attempt() {
            final List<AutoCloseable> opened = new ArrayList<>();
            DriverNamespace made = null;
            try {
                made = attempt(opened);
                return made;
            } finally {
                if (made == null) {
                    opened.forEach(Locking::close);
                }
            }
        }

        private static void close(final AutoCloseable opened) {
            if (opened instanceof final Directory directory) {
                directory.close();
            } else if (opened instanceof final Descriptor descriptor) {
                descriptor.close();
            }
        }

        private @Nullable DriverNamespace attempt(final List<AutoCloseable> opened) {
            final Directory base = Directory.open(basePath);
            opened.add(base);
            final Directory user = base.makeAndOpen(userName);
            if (user == null) {
                return null;
            }
            opened.add(user);
            user.permitAlso(Directory.directoryMode(permissionsMode));
            final Directory root = user.makeAndOpen(name);
            if (root == null) {
                return null;
            }
            opened.add(root);
            final Descriptor lock = openLockFile(root);
            if (lock == null) {
                return null;
            }
            opened.add(lock);
            takeLock(root, lock);
            if (!isStillThere(root, lock)) {
                return null;
            }
            root.permit(Directory.directoryMode(permissionsMode));
            return new DriverNamespace(base, user, root, lock, userName, name, ephemeral);
        }

        private @Nullable Descriptor openLockFile(final Directory root) {
            final int fd = Libc.openat(
                    root.descriptor().fd(),
                    LOCK_FILE,
                    Libc.O_RDWR | Libc.O_CREAT | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_CLOEXEC,
                    permissionsMode);
            if (fd == -Errno.ENOENT) {
                return null;
            }
            if (fd < 0) {
                throw new RegionException(root.path(LOCK_FILE) + " cannot be opened: " + Errno.text(-fd));
            }
            final Descriptor file = new Descriptor(fd);
            final FileStatus status = file.status();
            if (!status.isRegularFile()) {
                file.close();
                throw new RegionException(root.path(LOCK_FILE) + " is " + status.kind() + "; expected a regular file");
            }
            if (status.uid() == Libc.geteuid()) {
                Libc.fchmod(fd, permissionsMode);
            }
            return file;
        }

        private void takeLock(final Directory root, final Descriptor lock) {
            final int result = Libc.flock(lock.fd(), Libc.LOCK_EX_NB);
            if (result == -Errno.EAGAIN) {
                throw new NamespaceHeldException(name, root.path(LOCK_FILE));
            }
            if (result < 0) {
                throw new RegionException("locking " + root.path(LOCK_FILE) + " failed: " + Errno.text(-result));
            }
        }

        /** Whether the path still leads to what was locked: an ephemeral namespace is deleted under its lock. */
        private static boolean isStillThere(final Directory root, final Descriptor lock) {
            final FileStatus named = new FileStatus();
            return Libc.statxAt(root.descriptor().fd(), LOCK_FILE, named) == 0 && named.isSameFile(lock.status());
        }
    }
}
