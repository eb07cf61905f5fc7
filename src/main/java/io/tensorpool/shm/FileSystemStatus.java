package io.tensorpool.shm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/**
 * What fstatfs(2) says about the file system of an open file. On 64-bit Linux every member used here is a long:
 * type 0, block size 8, blocks 16, free 24, available 32.
 */
final class FileSystemStatus {
    static final long STATFS_BYTES = 120;

    private static final long HUGETLBFS_MAGIC = 0x958458f6L;

    private long type;
    private long blockBytes;
    private long blocks;
    private long availableBlocks;

    void wrap(final MemorySegment statfs) {
        type = statfs.get(JAVA_LONG, 0);
        blockBytes = statfs.get(JAVA_LONG, 8);
        blocks = statfs.get(JAVA_LONG, 16);
        availableBlocks = statfs.get(JAVA_LONG, 32);
    }

    boolean isHugetlbfs() {
        return type == HUGETLBFS_MAGIC;
    }

    /** On hugetlbfs the size of a huge page. */
    long blockBytes() {
        return blockBytes;
    }

    /** False where it has no size of its own; then the space left is not known. */
    boolean isLimited() {
        return blocks > 0;
    }

    long availableBytes() {
        return availableBlocks * blockBytes;
    }

    /** Name of the file system's type, for a message. */
    String name() {
        return switch ((int) type) {
            case 0x01021994 -> "tmpfs";
            case (int) HUGETLBFS_MAGIC -> "hugetlbfs";
            case 0xEF53 -> "ext4";
            case 0x58465342 -> "xfs";
            case 0x9123683E -> "btrfs";
            case 0x794c7630 -> "overlayfs";
            default -> "file system 0x" + Long.toHexString(type);
        };
    }
}
