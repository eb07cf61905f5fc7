package io.tensorpool.shm;

import io.tensorpool.EpochRegions;
import io.tensorpool.NoSpaceException;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One attempt to make the regions of an epoch: all of them, or none. */
final class EpochBuilder {
    /** One call allocates at most so much: tmpfs takes back an interrupted one and starts again. */
    private static final long ALLOCATE_PIECE_BYTES = 256L * 1024 * 1024;

    private static final int OWNER_ONLY = 0600;

    /** A region's file, and what its superblock is going to say. */
    private record Part(RegionUri uri, long bytes, Superblock superblock) {
        String fileName() {
            return uri.path().substring(uri.path().lastIndexOf('/') + 1);
        }
    }

    private final Directory root;
    private final EpochRegions regions;
    private final RegionOptions options;
    private final boolean allocate;
    private final String streamName;
    private final String epochName;

    EpochBuilder(
            final Directory root, final EpochRegions regions, final RegionOptions options, final boolean allocate) {
        this.root = root;
        this.regions = regions;
        this.options = options;
        this.allocate = allocate;
        streamName = Integer.toUnsignedString(regions.streamId());
        epochName = Long.toUnsignedString(regions.epoch());
    }

    EpochMapping build() {
        final List<Part> parts = parts();
        final int directoryMode = Directory.directoryMode(options.permissionsMode());
        try (Directory stream = root.makeAndOpen(streamName)) {
            if (stream == null || !stream.make(epochName)) {
                throw new RegionException(root.path(streamName) + "/" + epochName
                        + (stream == null
                                ? " was deleted while it was made"
                                : " exists already; epochs are never reused"));
            }
            try (Directory epoch = stream.child(epochName)) {
                if (epoch == null) {
                    throw new RegionException(stream.path(epochName) + " was deleted while it was made");
                }
                stream.permit(directoryMode);
                epoch.permit(directoryMode);
                return build(epoch, parts);
            } catch (final RuntimeException | Error e) {
                delete(stream, e);
                throw e;
            }
        }
    }

    private void delete(final Directory stream, final Throwable cause) {
        try {
            stream.deleteTree(epochName);
            root.deleteIfEmpty(streamName);
        } catch (final RegionException e) {
            cause.addSuppressed(e);
        }
    }

    private List<Part> parts() {
        final List<Part> parts = new ArrayList<>();
        parts.add(new Part(
                RegionUri.parse(regions.headerRegionUri()),
                RegionsCheck.headerRingBytes(regions),
                Superblock.ofHeaderRing(regions)));
        for (final PoolRegion pool : regions.pools()) {
            parts.add(new Part(
                    RegionUri.parse(pool.regionUri()), RegionsCheck.poolBytes(pool), Superblock.ofPool(regions, pool)));
        }
        return parts;
    }

    private EpochMapping build(final Directory epoch, final List<Part> parts) {
        final FileSystemStatus fileSystem = epoch.descriptor().fileSystemStatus();
        if (options.hugepages() && !fileSystem.isHugetlbfs()) {
            throw new RegionException("hugepages not available: " + root.path() + " lies on a " + fileSystem.name()
                    + "; expected hugetlbfs");
        }
        final long neededBytes = parts.stream()
                .mapToLong(part -> MappedRegion.sizeBytes(fileSystem, part.bytes))
                .reduce(0, Math::addExact);
        if (allocate && fileSystem.isLimited() && neededBytes > fileSystem.availableBytes()) {
            throw tooSmall(neededBytes, fileSystem, Errno.ENOSPC);
        }
        final Arena arena = Arena.ofShared();
        try {
            final List<MemorySegment> segments = new ArrayList<>();
            for (final Part part : parts) {
                segments.add(make(epoch, part, fileSystem, neededBytes, arena));
            }
            finish(parts, segments);
            return new EpochMapping(
                    regions, Access.READ_WRITE, arena, segments.get(0), segments.subList(1, segments.size()));
        } catch (final InternalError e) {
            arena.close();
            throw new RegionException("a file below " + epoch.path() + " was truncated while it was made", e);
        } catch (final RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    private MemorySegment make(
            final Directory epoch,
            final Part part,
            final FileSystemStatus fileSystem,
            final long neededBytes,
            final Arena arena) {
        final int fd = Libc.openat(
                epoch.descriptor().fd(),
                part.fileName(),
                Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC,
                OWNER_ONLY);
        check("making", part, fd);
        try (Descriptor file = new Descriptor(fd)) {
            final long fileBytes = MappedRegion.sizeBytes(fileSystem, part.bytes);
            check("setting the permissions of", part, Libc.fchmod(fd, options.permissionsMode()));
            check("sizing", part, Libc.ftruncate(fd, fileBytes));
            if (fileSystem.isHugetlbfs()) { // mapping it takes from what others may have set aside
                allocate(part, file, neededBytes);
            }
            final MemorySegment region =
                    MappedRegion.map(arena, file, part.uri, part.bytes, Access.READ_WRITE, allocate);
            if (!fileSystem.isHugetlbfs()) {
                if (allocate && options.prefault()) {
                    MappedRegion.touchBeforeAllocating(region);
                }
                allocate(part, file, neededBytes);
            }
            if (allocate && options.prefault()) {
                MappedRegion.populateForWriting(region, part.uri);
            }
            if (allocate && options.lock()) {
                MappedRegion.lock(region, part.uri);
            }
            return region;
        }
    }

    /** Of a sparse file the superblock is needed now: writing it must not fault. */
    private void allocate(final Part part, final Descriptor file, final long neededBytes) {
        final FileSystemStatus fileSystem = file.fileSystemStatus();
        final long fileBytes = MappedRegion.sizeBytes(fileSystem, part.bytes);
        final long allocatedBytes = allocate ? fileBytes : Math.min(fileBytes, MappedRegion.PAGE_BYTES);
        for (long offset = 0; offset < allocatedBytes; offset += ALLOCATE_PIECE_BYTES) {
            final int result =
                    Libc.posixFallocate(file.fd(), offset, Math.min(ALLOCATE_PIECE_BYTES, allocatedBytes - offset));
            if (result < 0) {
                throw tooSmall(neededBytes, file.fileSystemStatus(), -result);
            }
        }
    }

    private static void finish(final List<Part> parts, final List<MemorySegment> segments) {
        final long pid = ProcessHandle.current().pid();
        final long nowNs = System.nanoTime();
        for (int i = 0; i < parts.size(); i++) {
            parts.get(i).superblock.write(segments.get(i), pid, nowNs);
        }
        segments.forEach(Superblock::writeMagic);
        FaultPoint.pass();
    }

    private static void check(final String what, final Part part, final int result) {
        if (result < 0) {
            throw new RegionException(
                    what + " " + part.uri.path() + " (" + part.bytes + " bytes) failed: " + Errno.text(-result));
        }
    }

    private NoSpaceException tooSmall(final long neededBytes, final FileSystemStatus fileSystem, final int errno) {
        return new NoSpaceException(String.format(
                Locale.ROOT,
                "epoch %s of stream %s needs %,d bytes below %s; available are %s on that %s: %s. Ask for fewer or"
                        + " smaller slots or pools in the stream's profile, or choose another base directory",
                epochName,
                streamName,
                neededBytes,
                root.path(),
                fileSystem.isLimited()
                        ? String.format(Locale.ROOT, "%,d bytes", fileSystem.availableBytes())
                        : "unknown",
                fileSystem.name(),
                Errno.text(errno)));
    }
}
