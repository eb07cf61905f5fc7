package io.tensorpool.client;

import io.tensorpool.ClockDomain;
import io.tensorpool.ConfigurationException;
import io.tensorpool.EpochPolicy;
import io.tensorpool.StreamProfile;
import io.tensorpool.shm.RegionOptions;
import java.nio.file.Path;

/**
 * The memory of a stream whose producer makes it itself, without a driver (wire specification 10.1.1 and 15.21a.3):
 * {@code <baseDir>/tensorpool-<user>/<namespace>-<stream id>/<stream id>/<epoch>/}. The producer holds the lock of that
 * directory, so that a stream has one producer at a time, and is in nobody's way: a driver locks another one.
 *
 * @param profile       how much memory; its name is not used.
 * @param baseDir       existing directory, in which consumers accept regions.
 * @param user          name of the user in the directory layout.
 * @param namespace     the part of the directory's name before the stream id.
 * @param regionOptions how files are made.
 * @param epochPolicy   what becomes of epochs that are over.
 * @param announceClock clock that announces carry the time of.
 */
public record OwnMemory(
        StreamProfile profile,
        Path baseDir,
        String user,
        String namespace,
        RegionOptions regionOptions,
        EpochPolicy epochPolicy,
        ClockDomain announceClock) {
    private static final Path BASE_DIR_DEFAULT = Path.of("/dev/shm");
    private static final String NAMESPACE_DEFAULT = "direct";

    /** What a producer that was killed has left goes when the next one starts; all goes when the producer is closed. */
    private static final EpochPolicy POLICY_DEFAULT = new EpochPolicy(true, 2, -1, true, true);

    /**
     * Checks the namespace.
     *
     * @throws ConfigurationException if it is empty.
     */
    public OwnMemory {
        if (namespace.isEmpty()) {
            throw new ConfigurationException("namespace '' of a producer's own memory: expected a name");
        }
    }

    /**
     * The defaults: below {@code /dev/shm}, for the user of this process, in the namespace {@code direct}; files of mode 660,
     * touched when they are made; two epochs are kept, and all of them go when the producer is closed.
     *
     * @param profile how much memory.
     * @return the settings.
     */
    public static OwnMemory of(final StreamProfile profile) {
        return new OwnMemory(
                profile,
                BASE_DIR_DEFAULT,
                System.getProperty("user.name", "unknown"),
                NAMESPACE_DEFAULT,
                RegionOptions.DEFAULT,
                POLICY_DEFAULT,
                ClockDomain.MONOTONIC);
    }

    /**
     * The same elsewhere.
     *
     * @param directory existing directory, in which consumers accept regions.
     * @return the settings.
     */
    public OwnMemory withBaseDir(final Path directory) {
        return new OwnMemory(profile, directory, user, namespace, regionOptions, epochPolicy, announceClock);
    }

    /**
     * The same for another user or application.
     *
     * @param userName      for {@code tensorpool-<user>}.
     * @param namespaceName for {@code <namespace>-<stream id>}; not that of a driver followed by the stream's id.
     * @return the settings.
     */
    public OwnMemory withNamespace(final String userName, final String namespaceName) {
        return new OwnMemory(profile, baseDir, userName, namespaceName, regionOptions, epochPolicy, announceClock);
    }

    /**
     * The same with other files.
     *
     * @param options how files are made.
     * @return the settings.
     */
    public OwnMemory withRegionOptions(final RegionOptions options) {
        return new OwnMemory(profile, baseDir, user, namespace, options, epochPolicy, announceClock);
    }

    /**
     * The same with another fate of past epochs.
     *
     * @param policy what to keep, and whether all goes when the producer is closed.
     * @return the settings.
     */
    public OwnMemory withEpochPolicy(final EpochPolicy policy) {
        return new OwnMemory(profile, baseDir, user, namespace, regionOptions, policy, announceClock);
    }

    /**
     * The same with announces by another clock.
     *
     * @param clock {@link ClockDomain#REALTIME_SYNCED} only where the wall clock is disciplined.
     * @return the settings.
     */
    public OwnMemory withAnnounceClock(final ClockDomain clock) {
        return new OwnMemory(profile, baseDir, user, namespace, regionOptions, epochPolicy, clock);
    }

    /** Name of the directory that the producer of a stream locks. */
    String namespaceOf(final int streamId) {
        return namespace + "-" + Integer.toUnsignedString(streamId);
    }
}
