package io.tensorpool.shm;

import io.tensorpool.PoolSpec;
import io.tensorpool.RegionException;
import java.nio.file.Path;
import java.util.List;

/** Makes an epoch whose memory must be locked, and prints how that went. To be run in a process of its own. */
final class MakeAndReport {
    private MakeAndReport() {}

    public static void main(final String[] args) {
        final Path base = Path.of(args[0]);
        try (DriverNamespace namespace = DriverNamespace.lock(base, "test", "locked", 0660, true)) {
            final RegionFactory factory = new RegionFactory(namespace, new RegionOptions(0660, false, true, true));
            try {
                factory.create(new EpochSpec(10_000, 5, 4, List.of(new PoolSpec(1, 64 * 1024))), true)
                        .release();
                System.out.println("made");
            } catch (final RegionException e) {
                System.out.println(e.getMessage());
            }
            System.out.println("left: " + namespace.epochDirectories());
        }
    }
}
