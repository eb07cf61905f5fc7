package io.tensorpool.shm;

import io.tensorpool.RegionException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** One file mapped from its start. The mapping belongs to an arena; the file may be closed afterwards. */
final class MappedRegion {
    /** The smallest page there is; touching one of a larger page brings in the whole. */
    static final long PAGE_BYTES = 4096;

    /** From here on larger pages than the smallest can help. */
    private static final long LARGE_PAGE_BYTES = 2L * 1024 * 1024;

    /**
     * One populate call ignores signals until it is done, and while one call unmaps, other threads of the process wait as
     * soon as they need a page: a quarter of a second for 4 GiB, as measured. Pieces keep both short.
     */
    private static final long PIECE_BYTES = 64L * 1024 * 1024;

    private MappedRegion() {}

    /**
     * Maps a file.
     *
     * @param uri     for messages, and for whether huge pages are required.
     * @param reserve whether huge pages are set aside for the whole mapping at once.
     * @return a segment of exactly {@code bytes}, read-only if so mapped.
     */
    static MemorySegment map(
            final Arena arena,
            final Descriptor file,
            final RegionUri uri,
            final long bytes,
            final Access access,
            final boolean reserve) {
        final FileSystemStatus fileSystem = file.fileSystemStatus();
        if (uri.requireHugepages() && !fileSystem.isHugetlbfs()) {
            throw new RegionException("refused region '" + uri + "': it requires huge pages, but lies on a "
                    + fileSystem.name() + "; expected hugetlbfs");
        }
        final long mappedBytes = sizeBytes(fileSystem, bytes);
        final int protection = access == Access.READ_ONLY ? Libc.PROT_READ : Libc.PROT_READ | Libc.PROT_WRITE;
        final long address = Libc.mmap(mappedBytes, protection, reserve ? 0 : Libc.MAP_NORESERVE, file.fd());
        if (address < 0) {
            throw new RegionException(
                    "region '" + uri + "': mapping " + mappedBytes + " bytes failed: " + Errno.text((int) -address));
        }
        if (mappedBytes >= LARGE_PAGE_BYTES) {
            // Advice: a kernel or a tmpfs that has no large pages to give refuses, or ignores it.
            Libc.madvise(address, mappedBytes, Libc.MADV_HUGEPAGE);
        }
        final MemorySegment segment = MemorySegment.ofAddress(address)
                .reinterpret(bytes, arena, ignored -> unmap(address, mappedBytes, fileSystem));
        return access == Access.READ_ONLY ? segment.asReadOnly() : segment;
    }

    private static void unmap(final long address, final long bytes, final FileSystemStatus fileSystem) {
        // A huge page cannot be cut, and there are few of them.
        final long pieceBytes = fileSystem.isHugetlbfs() ? bytes : PIECE_BYTES;
        for (long offset = 0; offset < bytes; offset += pieceBytes) {
            Libc.munmap(address + offset, Math.min(pieceBytes, bytes - offset));
        }
    }

    /** Size that a file needs for so many bytes: on hugetlbfs a whole number of huge pages. */
    static long sizeBytes(final FileSystemStatus fileSystem, final long bytes) {
        if (!fileSystem.isHugetlbfs()) {
            return bytes;
        }
        final long pageBytes = fileSystem.blockBytes();
        return Math.multiplyExact(Math.ceilDiv(bytes, pageBytes), pageBytes);
    }

    /** Brings in all pages for reading; on a kernel that cannot, they come in when they are read. */
    static void populateForReading(final MemorySegment region, final RegionUri uri) {
        populate(region, uri, Libc.MADV_POPULATE_READ);
    }

    /** Brings in all pages for writing. Only before anybody else knows the file. */
    static void populateForWriting(final MemorySegment region, final RegionUri uri) {
        if (!populate(region, uri, Libc.MADV_POPULATE_WRITE)) {
            for (long offset = 0; offset < region.byteSize(); offset += PAGE_BYTES) {
                region.set(ValueLayout.JAVA_BYTE, offset, (byte) 0);
            }
        }
    }

    /**
     * Lets pages come in as large as the kernel gives them, which only a touch does, not an allocation. There may be too
     * little space: allocating says so.
     */
    static void touchBeforeAllocating(final MemorySegment region) {
        int result = 0;
        for (long offset = 0; offset < region.byteSize() && result == 0; offset += PIECE_BYTES) {
            final long bytes = Math.min(PIECE_BYTES, region.byteSize() - offset);
            result = Libc.madvise(region.address() + offset, bytes, Libc.MADV_POPULATE_WRITE);
        }
    }

    private static boolean populate(final MemorySegment region, final RegionUri uri, final int advice) {
        for (long offset = 0; offset < region.byteSize(); offset += PIECE_BYTES) {
            final long bytes = Math.min(PIECE_BYTES, region.byteSize() - offset);
            final int result = Libc.madvise(region.address() + offset, bytes, advice);
            if (result == -Errno.EINVAL) {
                return false; // older than Linux 5.14
            }
            if (result < 0) {
                throw new RegionException("region '" + uri + "': bringing in " + bytes + " bytes at " + offset
                        + " failed: " + Errno.text(-result));
            }
        }
        return true;
    }

    static void lock(final MemorySegment region, final RegionUri uri) {
        final int result = Libc.mlock(region.address(), region.byteSize());
        if (result < 0) {
            throw new RegionException("region '" + uri + "': locking " + region.byteSize()
                    + " bytes in memory failed: " + Errno.text(-result)
                    + "; raise the limit of locked memory (ulimit -l) or turn locking off");
        }
    }
}
