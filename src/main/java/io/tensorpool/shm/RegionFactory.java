package io.tensorpool.shm;

import io.tensorpool.ConfigurationException;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.PoolSpec;
import io.tensorpool.RegionException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the regions of epochs in a driver's namespace: {@code <stream>/<epoch>/header.ring} and {@code <pool id>.pool}
 * (wire specification 15.21a.3). A region is finished when its magic is written, last of all.
 *
 * <p>Any thread; calls exclude each other and those of the namespace. Allocating and touching 4 GiB takes seconds.
 */
public final class RegionFactory {
    private static final Logger LOG = System.getLogger(RegionFactory.class.getName());
    private static final String HEADER_RING_FILE = "header.ring";
    private static final String POOL_SUFFIX = ".pool";

    private final DriverNamespace namespace;
    private final RegionOptions options;

    /**
     * A factory for a namespace.
     *
     * @param namespace locked for as long as the factory is used.
     * @param options   how regions are made.
     */
    public RegionFactory(final DriverNamespace namespace, final RegionOptions options) {
        this.namespace = namespace;
        this.options = options;
    }

    /**
     * Checks that the namespace lies where regions can be made as the options say.
     *
     * @throws ConfigurationException if huge pages are required and the file system is none that has them.
     */
    public void check() {
        final FileSystemStatus fileSystem = namespace.root().descriptor().fileSystemStatus();
        if (options.hugepages() && !fileSystem.isHugetlbfs()) {
            throw new ConfigurationException("shm.require_hugepages = true: " + namespace.path() + " lies on a "
                    + fileSystem.name() + "; expected a shm.base_dir on hugetlbfs");
        }
    }

    /**
     * Makes and maps the regions of an epoch.
     *
     * @param spec     what to make.
     * @param allocate true for an epoch that is handed to a producer: all memory is allocated now, so that a lack of it
     *     shows here and not as a fault while writing. False for one that nobody writes to yet: only the superblocks
     *     take memory.
     * @return a READ_WRITE mapping, holding one reference; its {@code regions()} have the URIs.
     * @throws RegionException if the epoch exists already, or memory or rights are missing; nothing is left behind.
     */
    public EpochMapping create(final EpochSpec spec, final boolean allocate) {
        synchronized (namespace) {
            final Directory root = namespace.root();
            final EpochRegions regions = describe(root, spec);
            RegionsCheck.check(regions);
            final EpochMapping mapping = new EpochBuilder(root, regions, options, allocate).build();
            LOG.log(Level.DEBUG, () -> "made " + mapping + (allocate ? ", allocated" : ", sparse"));
            return mapping;
        }
    }

    private EpochRegions describe(final Directory root, final EpochSpec spec) {
        final String directory =
                root.path(Integer.toUnsignedString(spec.streamId())) + "/" + Long.toUnsignedString(spec.epoch()) + "/";
        final List<PoolRegion> pools = new ArrayList<>();
        for (final PoolSpec pool : spec.pools()) {
            final RegionUri uri = RegionUri.of(directory + poolFile(pool.poolId()), options.hugepages());
            pools.add(new PoolRegion(pool.poolId(), spec.nslots(), pool.strideBytes(), uri.toString()));
        }
        return new EpochRegions(
                spec.streamId(),
                spec.epoch(),
                EpochRegions.LAYOUT_VERSION,
                spec.nslots(),
                RegionUri.of(directory + HEADER_RING_FILE, options.hugepages()).toString(),
                pools);
    }

    private static String poolFile(final int poolId) {
        return poolId + POOL_SUFFIX;
    }
}
