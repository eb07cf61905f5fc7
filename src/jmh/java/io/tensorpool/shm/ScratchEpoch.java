package io.tensorpool.shm;

import io.tensorpool.PoolSpec;
import io.tensorpool.ScratchDirectory;
import java.util.List;

/** Real files of one epoch, mapped as the producer and as a consumer have them. */
final class ScratchEpoch implements AutoCloseable {
    private static final int STREAM_ID = 10_000;
    private static final long EPOCH = 77;
    private static final int PERMISSIONS = 0600;

    private final ScratchDirectory directory = new ScratchDirectory();
    private final DriverNamespace namespace =
            DriverNamespace.lock(directory.path(), "benchmark", "default", PERMISSIONS, true);
    private final PathPolicy policy = PathPolicy.conclude(List.of(directory.path()), FileRules.DEFAULT);
    private final EpochMapping written;
    private final EpochMapping read;

    ScratchEpoch(final int nslots, final int strideBytes) {
        final RegionFactory factory = new RegionFactory(namespace, new RegionOptions(PERMISSIONS, false, true, false));
        written = factory.create(new EpochSpec(STREAM_ID, EPOCH, nslots, List.of(new PoolSpec(1, strideBytes))), true);
        read = EpochMapping.map(written.regions(), Access.READ_ONLY, policy, new MappingOptions(true, false));
    }

    /** The producer's mapping. */
    EpochMapping written() {
        return written;
    }

    /** A consumer's mapping of the same files. */
    EpochMapping read() {
        return read;
    }

    @Override
    public void close() {
        read.release();
        written.release();
        policy.close();
        namespace.close();
        directory.close();
    }
}
