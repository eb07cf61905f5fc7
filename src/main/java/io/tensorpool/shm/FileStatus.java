package io.tensorpool.shm;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/**
 * What statx(2) says about a file; its structure is the same on every architecture, unlike that of stat(2).
 *
 * <pre>
 *   nlink 16 (u32)   uid 20 (u32)   mode 28 (u16)   ino 32 (u64)   size 40 (u64)   device 136, 140 (u32, u32)
 * </pre>
 */
final class FileStatus {
    static final long STATX_BYTES = 256;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final int PERMISSIONS = 0xfff;
    static final int OTHER_PERMISSIONS = 7;

    private static final int TYPE_MASK = 0xf000;
    private static final int TYPE_DIRECTORY = 0x4000;
    private static final int TYPE_REGULAR = 0x8000;
    private static final int TYPE_LINK = 0xa000;

    private int linkCount;
    private int uid;
    private int mode;
    private long inode;
    private long sizeBytes;
    private int deviceMajor;
    private int deviceMinor;

    void wrap(final MemorySegment statx) {
        linkCount = statx.get(JAVA_INT, 16);
        uid = statx.get(JAVA_INT, 20);
        mode = Short.toUnsignedInt(statx.get(JAVA_SHORT, 28));
        inode = statx.get(JAVA_LONG, 32);
        sizeBytes = statx.get(JAVA_LONG, 40);
        deviceMajor = statx.get(JAVA_INT, 136);
        deviceMinor = statx.get(JAVA_INT, 140);
    }

    int linkCount() {
        return linkCount;
    }

    int uid() {
        return uid;
    }

    int permissions() {
        return mode & PERMISSIONS;
    }

    long sizeBytes() {
        return sizeBytes;
    }

    boolean isRegularFile() {
        return (mode & TYPE_MASK) == TYPE_REGULAR;
    }

    boolean isDirectory() {
        return (mode & TYPE_MASK) == TYPE_DIRECTORY;
    }

    boolean isSymbolicLink() {
        return (mode & TYPE_MASK) == TYPE_LINK;
    }

    boolean isSameFile(final FileStatus other) {
        return inode == other.inode && deviceMajor == other.deviceMajor && deviceMinor == other.deviceMinor;
    }

    /** What kind of file it is, for a message. */
    String kind() {
        return switch (mode & TYPE_MASK) {
            case 0x1000 -> "a FIFO";
            case 0x2000 -> "a character device";
            case TYPE_DIRECTORY -> "a directory";
            case 0x6000 -> "a block device";
            case TYPE_REGULAR -> "a regular file";
            case TYPE_LINK -> "a symbolic link";
            case 0xc000 -> "a socket";
            default -> "a file of unknown type";
        };
    }
}
