package io.tensorpool.client;

import io.tensorpool.ConfigurationException;
import io.tensorpool.shm.DriverNamespace;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.EpochStore;
import io.tensorpool.shm.NamespaceHeldException;
import io.tensorpool.shm.RegionFactory;

/** The locked directory of one producer's own memory. File worker only. */
final class OwnNamespace implements AutoCloseable {
    private final int streamId;
    private final OwnMemory memory;
    private final EpochStore store;

    private OwnNamespace(final int streamId, final OwnMemory memory, final EpochStore store) {
        this.streamId = streamId;
        this.memory = memory;
        this.store = store;
    }

    /**
     * Takes the lock, and removes what a producer before this one left, if so configured.
     *
     * @throws ConfigurationException if somebody else holds it, or the place is not usable.
     */
    static OwnNamespace open(final int streamId, final OwnMemory memory, final long wallClockNs) {
        final DriverNamespace namespace = lock(streamId, memory);
        try {
            final RegionFactory factory = new RegionFactory(namespace, memory.regionOptions());
            factory.check();
            final EpochStore store =
                    new EpochStore(namespace, factory, memory.epochPolicy().removeAtClose(), wallClockNs);
            if (memory.epochPolicy().collectAtLaunch()) {
                store.deleteLeftovers();
            }
            return new OwnNamespace(streamId, memory, store);
        } catch (final RuntimeException | Error ex) {
            namespace.keepEpochs();
            try (namespace) {
                throw ex;
            }
        }
    }

    private static DriverNamespace lock(final int streamId, final OwnMemory memory) {
        try {
            return DriverNamespace.lock(
                    memory.baseDir(),
                    memory.user(),
                    memory.namespaceOf(streamId),
                    memory.regionOptions().permissionsMode(),
                    false);
        } catch (final NamespaceHeldException ex) {
            throw new ConfigurationException(
                    "stream " + Integer.toUnsignedString(streamId)
                            + " has a producer without a driver already, in another process or in this one: "
                            + ex.lockFile()
                            + " is locked; end that producer, or choose another stream, namespace or base directory",
                    ex);
        }
    }

    /** Makes the next epoch, allocated and touched. */
    EpochMapping makeEpoch() {
        return store.create(streamId, memory.profile(), true);
    }

    void delete(final long epoch) {
        store.delete(streamId, epoch);
    }

    /** Removes all epochs, unless they are to stay, and gives the lock back. */
    @Override
    public void close() {
        store.close();
    }
}
