package io.tensorpool.shm;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import io.tensorpool.support.ResourceCount;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Maps the epoch of a {@link TestEpoch} as another user, and prints how that went. To be run in a process of its own. */
final class MapAndReport {
    private MapAndReport() {}

    public static void main(final String[] args) {
        final Path base = Path.of(args[0]);
        final String directory = base + "/tensorpool-test/default/" + TestEpoch.STREAM_ID + "/" + TestEpoch.EPOCH + "/";
        final EpochRegions regions = new EpochRegions(
                TestEpoch.STREAM_ID,
                TestEpoch.EPOCH,
                EpochRegions.LAYOUT_VERSION,
                TestEpoch.NSLOTS,
                "shm:file?path=" + directory + "header.ring",
                List.of(new PoolRegion(
                        1, TestEpoch.NSLOTS, TestEpoch.STRIDE_BYTES, "shm:file?path=" + directory + "1.pool")));
        try (PathPolicy policy = PathPolicy.conclude(List.of(base), new FileRules(Set.of(), false))) {
            final ResourceCount before = ResourceCount.below(base);
            try {
                EpochMapping.map(regions, Access.READ_ONLY, policy, new MappingOptions(false, args[1].equals("lock")));
                System.out.println("mapped");
            } catch (final RegionException e) {
                System.out.println(e.getMessage());
            }
            final ResourceCount after = ResourceCount.below(base);
            System.out.println("left open or mapped: "
                    + (after.descriptors().size()
                            - before.descriptors().size()
                            + after.mappings().size()
                            - before.mappings().size()));
        }
    }
}
