package io.tensorpool.shm;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** One attempt to map an epoch into an arena. Whoever made the arena closes it when the attempt fails. */
final class EpochMapper {
    private final EpochRegions regions;
    private final Access access;
    private final PathPolicy policy;
    private final MappingOptions options;
    private final Arena arena;

    EpochMapper(
            final EpochRegions regions,
            final Access access,
            final PathPolicy policy,
            final MappingOptions options,
            final Arena arena) {
        this.regions = regions;
        this.access = access;
        this.policy = policy;
        this.options = options;
        this.arena = arena;
    }

    EpochMapping map() {
        final RegionUri ringUri = RegionUri.parse(regions.headerRegionUri());
        final long ringBytes = RegionsCheck.headerRingBytes(regions);
        final List<MemorySegment> pools = new ArrayList<>();
        final MemorySegment headerRing;
        final long pid;
        try (Descriptor file = policy.open(ringUri, ringBytes, access)) {
            pid = Superblock.ofHeaderRing(regions).verify(file, ringUri);
            headerRing = mapPages(file, ringUri, ringBytes);
        }
        for (final PoolRegion pool : regions.pools()) {
            pools.add(mapPool(pool, pid));
        }
        return new EpochMapping(regions, access, arena, headerRing, pools);
    }

    private MemorySegment mapPool(final PoolRegion pool, final long expectedPid) {
        final RegionUri uri = RegionUri.parse(pool.regionUri());
        final long bytes = RegionsCheck.poolBytes(pool);
        try (Descriptor file = policy.open(uri, bytes, access)) {
            final long pid = Superblock.ofPool(regions, pool).verify(file, uri);
            if (pid != expectedPid) {
                throw new RegionException("refused region '" + uri + "': its superblock says pid " + pid
                        + ", that of the header ring " + expectedPid + "; the regions belong to different drivers");
            }
            return mapPages(file, uri, bytes);
        }
    }

    private MemorySegment mapPages(final Descriptor file, final RegionUri uri, final long bytes) {
        final MemorySegment region = MappedRegion.map(arena, file, uri, bytes, access, false);
        if (options.prefault()) {
            MappedRegion.populateForReading(region, uri);
        }
        if (options.lock()) {
            MappedRegion.lock(region, uri);
        }
        return region;
    }
}
