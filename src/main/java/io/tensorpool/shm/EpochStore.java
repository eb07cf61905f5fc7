package io.tensorpool.shm;

import io.tensorpool.NoSpaceException;
import io.tensorpool.RegionException;
import io.tensorpool.StreamProfile;

/**
 * Makes and removes the memory of epochs in a namespace, and numbers them. Slow: one thread, best a file worker's.
 *
 * <p>An epoch's number grows across restarts and reboots: it is the larger of the wall clock when the store was made and
 * one more than any number ever issued in the namespace, and it is written down before it is used.
 */
public final class EpochStore implements AutoCloseable {
    private final DriverNamespace namespace;
    private final RegionFactory factory;
    private final boolean removesAtClose;
    private final long firstEpoch;
    private long nextEpoch;

    /**
     * A store, the only one of its namespace.
     *
     * @param namespace      locked; the store's from now on.
     * @param factory        of the namespace.
     * @param removesAtClose whether the epochs go when the store is closed.
     * @param wallClockNs    now, since 1970.
     */
    public EpochStore(
            final DriverNamespace namespace,
            final RegionFactory factory,
            final boolean removesAtClose,
            final long wallClockNs) {
        this.removesAtClose = removesAtClose;
        this.namespace = namespace;
        this.factory = factory;
        final long afterHighest = namespace.highestEpoch() + 1;
        nextEpoch = Long.compareUnsigned(wallClockNs, afterHighest) > 0 ? wallClockNs : afterHighest;
        firstEpoch = nextEpoch;
    }

    /**
     * Makes the next epoch of a stream.
     *
     * @param streamId unsigned 32-bit id.
     * @param profile  how much memory.
     * @param allocate really allocated and touched, for a producer; else sparse.
     * @return a READ_WRITE mapping, holding one reference.
     * @throws NoSpaceException if there is not so much memory.
     * @throws RegionException  if it cannot be made for another reason; nothing is left behind.
     */
    public EpochMapping create(final int streamId, final StreamProfile profile, final boolean allocate) {
        final long epoch = nextEpoch++;
        namespace.recordEpoch(epoch);
        return factory.create(new EpochSpec(streamId, epoch, profile.nslots(), profile.pools()), allocate);
    }

    /**
     * Removes an epoch's files. Mappings of them stay as they are.
     *
     * @param streamId unsigned 32-bit id.
     * @param epoch    unsigned 64-bit number.
     * @throws RegionException if something cannot be deleted.
     */
    public void delete(final int streamId, final long epoch) {
        namespace.deleteEpoch(streamId, epoch);
    }

    /**
     * Whether an owner of the namespace before this one left epochs behind: it was killed, or was told to leave them.
     *
     * @return true if there are epochs that this store has not made.
     */
    public boolean hasLeftovers() {
        return namespace.epochDirectories().stream().anyMatch(this::isLeftover);
    }

    /** Removes what owners before this one left behind; with the lock held, none of them lives. */
    public void deleteLeftovers() {
        for (final EpochDirectory left : namespace.epochDirectories()) {
            if (isLeftover(left)) {
                delete(left.streamId(), left.epoch());
            }
        }
    }

    private boolean isLeftover(final EpochDirectory directory) {
        return Long.compareUnsigned(directory.epoch(), firstEpoch) < 0;
    }

    /** Gives the namespace free for another owner; its epochs go, or stay if so configured. */
    @Override
    public void close() {
        if (!removesAtClose) {
            namespace.keepEpochs();
        }
        namespace.close();
    }
}
