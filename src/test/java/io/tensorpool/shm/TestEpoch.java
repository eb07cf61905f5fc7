package io.tensorpool.shm;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.PoolSpec;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/**
 * A private base directory with one epoch of stream 10000 in it, made by the real factory, whose files a test may
 * disfigure. Two pools: id 1 with 1024 bytes per slot, id 7 with 64; 8 slots.
 */
final class TestEpoch implements AutoCloseable {
    static final int STREAM_ID = 10_000;
    static final long EPOCH = 77;
    static final int NSLOTS = 8;
    static final int STRIDE_BYTES = 1024;
    static final int SMALL_STRIDE_BYTES = 64;
    static final RegionOptions OPTIONS = new RegionOptions(0660, false, true, false);
    static final EpochSpec SPEC = new EpochSpec(
            STREAM_ID, EPOCH, NSLOTS, List.of(new PoolSpec(1, STRIDE_BYTES), new PoolSpec(7, SMALL_STRIDE_BYTES)));

    private final ShmDirectory directory = ShmDirectory.create();
    private final DriverNamespace namespace = DriverNamespace.lock(directory.path(), "test", "default", 0660, true);
    private final PathPolicy policy = PathPolicy.conclude(List.of(directory.path()), FileRules.DEFAULT);
    private final EpochMapping written = new RegionFactory(namespace, OPTIONS).create(SPEC, true);

    Path base() {
        return directory.path();
    }

    DriverNamespace namespace() {
        return namespace;
    }

    PathPolicy policy() {
        return policy;
    }

    /** The driver's mapping, writable. */
    EpochMapping written() {
        return written;
    }

    EpochRegions regions() {
        return written.regions();
    }

    /** A consumer's mapping, to be released. */
    EpochMapping map() {
        return map(regions());
    }

    EpochMapping map(final EpochRegions regions) {
        return EpochMapping.map(regions, Access.READ_ONLY, policy, MappingOptions.DEFAULT);
    }

    ResourceCount resources() {
        return ResourceCount.below(base());
    }

    Path headerRingFile() {
        return fileOf(regions().headerRegionUri());
    }

    Path poolFile(final int index) {
        return fileOf(regions().pools().get(index).regionUri());
    }

    static Path fileOf(final String uri) {
        return Path.of(RegionUri.parse(uri).path());
    }

    /** The same description with another URI for the header ring. */
    EpochRegions withHeaderRing(final String uri) {
        final EpochRegions regions = regions();
        return new EpochRegions(
                regions.streamId(), regions.epoch(), regions.layoutVersion(), regions.nslots(), uri, regions.pools());
    }

    /** The same description with other pools. */
    EpochRegions withPools(final PoolRegion... pools) {
        final EpochRegions regions = regions();
        return new EpochRegions(
                regions.streamId(),
                regions.epoch(),
                regions.layoutVersion(),
                regions.nslots(),
                regions.headerRegionUri(),
                List.of(pools));
    }

    /** Overwrites bytes of a file with a little-endian number. */
    static void patch(final Path file, final long offset, final int bytes, final long value) {
        final ByteBuffer number =
                ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.seek(offset);
            access.write(number.array(), 0, bytes);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void truncate(final Path file, final long bytes) {
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            access.setLength(bytes);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (!written.isClosed()) {
            written.release();
        }
        policy.close();
        namespace.close();
        directory.close();
    }
}
