package io.tensorpool.config;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochPolicy;
import io.tensorpool.StreamProfile;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A driver context while it is filled, with what the settings say about each other. */
final class DriverDraft {
    private static final System.Logger LOGGER = System.getLogger("io.tensorpool.config");

    final DriverContext context = new DriverContext().adminSocket(true);
    String controlChannel = Endpoint.IPC_CHANNEL;
    long controlStreamId = 1000;

    @Nullable
    String announceChannel;

    long announceStreamId = 1001;
    Path baseDir = Path.of("/dev/shm");
    Optional<StreamIdRange> dynamicStreamRange = Optional.empty();
    Optional<StreamIdRange> descriptorStreamRange = Optional.empty();
    Optional<StreamIdRange> controlStreamRange = Optional.empty();
    boolean epochGcEnabled = true;
    int epochGcKeep = 2;
    long epochGcMinAgeNs = -1;
    boolean epochGcOnStartup;
    boolean cleanupOnExit = true;
    private final Map<String, StreamProfile> profiles = new LinkedHashMap<>();
    private @Nullable List<Path> allowedBaseDirs;
    private boolean hasStream;

    /** After {@link #baseDir}, which must be below one of them. */
    void allowedBaseDirs(final List<Path> allowed) {
        if (allowed.stream().noneMatch(directory -> baseDir.normalize().startsWith(directory.normalize()))) {
            throw new ConfigurationException(
                    "shm.allowed_base_dirs = " + allowed + ": none holds shm.base_dir = \"" + baseDir + '"');
        }
        allowedBaseDirs = allowed;
    }

    /** After {@link #dynamicStreamRange}, which it needs. */
    void allowDynamicStreams(final boolean allow) {
        if (allow && dynamicStreamRange.isEmpty()) {
            throw new ConfigurationException(
                    "policies.allow_dynamic_streams = true needs driver.stream_id_range, such as \"20000-29999\"");
        }
        context.allowDynamicStreams(allow);
        hasStream |= allow;
    }

    void addProfile(final StreamProfile profile) {
        profiles.put(profile.name(), profile);
        context.addProfile(profile);
    }

    /** After the profiles. */
    void defaultProfile(final String profile) {
        requireDefined("policies.default_profile", profile);
        context.defaultProfile(profile);
    }

    /** After the profiles. */
    void addStream(final int streamId, final String profile) {
        requireDefined("profile", profile);
        context.addStream(streamId, profile);
        hasStream = true;
    }

    private void requireDefined(final String key, final String profile) {
        if (!profiles.containsKey(profile)) {
            throw new ConfigurationException(
                    key + " = \"" + profile + "\" is no defined profile; defined are " + profiles.keySet());
        }
    }

    /** For keys of the specification that this driver knows and does not need: silence would mislead. */
    static void withoutEffect(final String key, final Object value, final String reason) {
        LOGGER.log(System.Logger.Level.WARNING, key + " = " + value + " has no effect: " + reason);
    }

    /**
     * Completes the context, when all has been read.
     *
     * @throws ConfigurationException if what must be there is not.
     */
    void conclude() {
        if (profiles.isEmpty()) {
            throw new ConfigurationException("profiles: none is defined; expected at least one [profiles.<name>]");
        }
        if (!hasStream) {
            throw new ConfigurationException("streams: none is defined, and policies.allow_dynamic_streams = false;"
                    + " nobody could attach: expected at least one [streams.<name>]");
        }
        context.controlEndpoint(new Endpoint(controlChannel, (int) controlStreamId));
        context.announceEndpoint(
                new Endpoint(announceChannel == null ? controlChannel : announceChannel, (int) announceStreamId));
        context.baseDir(baseDir);
        context.allowedBaseDirs(allowedBaseDirs == null ? List.of(baseDir) : allowedBaseDirs);
        dynamicStreamRange.ifPresent(context::dynamicStreamRange);
        context.perConsumerStreamRanges(descriptorStreamRange.orElse(null), controlStreamRange.orElse(null));
        context.epochPolicy(
                new EpochPolicy(epochGcEnabled, epochGcKeep, epochGcMinAgeNs, epochGcOnStartup, cleanupOnExit));
    }
}
