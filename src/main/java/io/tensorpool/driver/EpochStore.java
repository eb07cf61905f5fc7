package io.tensorpool.driver;

import io.tensorpool.shm.DriverNamespace;
import io.tensorpool.shm.EpochDirectory;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.EpochSpec;
import io.tensorpool.shm.RegionFactory;

/**
 * Makes and removes the memory of epochs, and numbers them. Everything here runs in the file worker.
 *
 * <p>An epoch's number grows across restarts and reboots: it is the larger of the wall clock at the driver's start and
 * one more than any number ever issued in the namespace, and it is written down before it is used.
 */
final class EpochStore implements AutoCloseable {
    private final DriverNamespace namespace;
    private final RegionFactory factory;
    private final boolean removesAtClose;
    private final long firstEpoch;
    private final long firstLeaseId;
    private long nextEpoch;

    /**
     * The store of one driver.
     *
     * @param wallClockNs  at its start.
     * @param firstLeaseId from which it counts its leases; another one for each driver.
     */
    EpochStore(
            final DriverNamespace namespace,
            final RegionFactory factory,
            final boolean removesAtClose,
            final long wallClockNs,
            final long firstLeaseId) {
        this.removesAtClose = removesAtClose;
        this.firstLeaseId = firstLeaseId;
        this.namespace = namespace;
        this.factory = factory;
        final long afterHighest = namespace.highestEpoch() + 1;
        nextEpoch = Long.compareUnsigned(wallClockNs, afterHighest) > 0 ? wallClockNs : afterHighest;
        firstEpoch = nextEpoch;
    }

    /**
     * Makes the next epoch of a stream.
     *
     * @param allocate really allocated and touched, for a producer; else sparse.
     */
    EpochMapping create(final int streamId, final StreamProfile profile, final boolean allocate) {
        final long epoch = nextEpoch++;
        namespace.recordEpoch(epoch);
        return factory.create(new EpochSpec(streamId, epoch, profile.nslots(), profile.pools()), allocate);
    }

    /** Where the driver begins to count its leases. */
    long firstLeaseId() {
        return firstLeaseId;
    }

    void delete(final int streamId, final long epoch) {
        namespace.deleteEpoch(streamId, epoch);
    }

    /** Whether a driver before this one left epochs behind: it was killed, or was told to leave them. */
    boolean hasLeftovers() {
        return !namespace.epochDirectories().isEmpty();
    }

    /** Removes what drivers before this one left behind; with the lock held, none of them lives. */
    void deleteLeftovers() {
        for (final EpochDirectory left : namespace.epochDirectories()) {
            if (Long.compareUnsigned(left.epoch(), firstEpoch) < 0) {
                delete(left.streamId(), left.epoch());
            }
        }
    }

    /** Gives the namespace free for another driver; its epochs go, or stay if so configured. */
    @Override
    public void close() {
        if (!removesAtClose) {
            namespace.keepEpochs();
        }
        namespace.close();
    }
}
