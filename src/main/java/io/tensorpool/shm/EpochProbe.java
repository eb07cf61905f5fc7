package io.tensorpool.shm;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds out what epoch lies in files of which nothing but the URIs is known. What the superblocks say is a description
 * like that of an announce: {@link EpochMapping#map} checks whether it makes sense and whether the regions belong together.
 */
public final class EpochProbe {
    private EpochProbe() {}

    /**
     * Reads the superblocks. Slow: a file worker's.
     *
     * @param streamId        unsigned 32-bit id of the stream that the regions must be of.
     * @param headerRegionUri where the header ring is.
     * @param poolUris        where the payload pools are.
     * @param policy          which files are acceptable.
     * @return the description, of what was there a moment ago.
     * @throws RegionException if a URI or file is refused, or a file is no finished region.
     */
    public static EpochRegions describe(
            final int streamId, final String headerRegionUri, final List<String> poolUris, final PathPolicy policy) {
        final Superblock headerRing = read(headerRegionUri, policy);
        final List<PoolRegion> pools = new ArrayList<>();
        for (final String uri : poolUris) {
            final Superblock pool = read(uri, policy);
            pools.add(new PoolRegion(pool.poolId(), pool.nslots(), Integer.toUnsignedLong(pool.strideBytes()), uri));
        }
        return new EpochRegions(
                streamId, headerRing.epoch(), EpochRegions.LAYOUT_VERSION, headerRing.nslots(), headerRegionUri, pools);
    }

    private static Superblock read(final String uri, final PathPolicy policy) {
        final RegionUri parsed = RegionUri.parse(uri);
        try (Descriptor file = policy.open(parsed, Superblock.BYTES, Access.READ_ONLY)) {
            return Superblock.read(file, parsed);
        }
    }
}
