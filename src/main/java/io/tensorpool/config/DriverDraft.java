package io.tensorpool.config;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochPolicy;
import io.tensorpool.StreamProfile;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A driver context while it is filled, with what the settings say about each other. */
final class DriverDraft {
    private static final System.Logger LOGGER = System.getLogger("io.tensorpool.config");

    final DriverContext context = new DriverContext().adminSocket(true);
    private final Faults faults;
    String controlChannel = Endpoint.IPC_CHANNEL;
    long controlStreamId = 1000;

    @Nullable
    String announceChannel;

    long announceStreamId = 1001;
    String qosChannel = Endpoint.IPC_CHANNEL;
    long qosStreamId = 1200;
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
    private final Set<String> refusedProfiles = new LinkedHashSet<>();
    private boolean hasStream;

    /**
     * With all defaults.
     *
     * @param faults of the settings so far: what follows from one of them is not said again.
     */
    DriverDraft(final Faults faults) {
        this.faults = faults;
    }

    /** After {@link #baseDir}, which must be below one of them. */
    void allowedBaseDirs(final List<Path> allowed) {
        if (!faults.concern("shm.base_dir")
                && allowed.stream().noneMatch(directory -> baseDir.normalize().startsWith(directory.normalize()))) {
            throw new ConfigurationException(
                    "shm.allowed_base_dirs = " + allowed + ": none holds shm.base_dir = \"" + baseDir + '"');
        }
        allowedBaseDirs = allowed;
    }

    /** After {@link #dynamicStreamRange}, which it needs. */
    void allowDynamicStreams(final boolean allow) {
        hasStream |= allow;
        if (faults.concern("driver.stream_id_range")) {
            return;
        }
        if (allow && dynamicStreamRange.isEmpty()) {
            throw new ConfigurationException(
                    "policies.allow_dynamic_streams = true needs driver.stream_id_range, such as \"20000-29999\"");
        }
        context.allowDynamicStreams(allow);
    }

    void addProfile(final StreamProfile profile) {
        profiles.put(profile.name(), profile);
        context.addProfile(profile);
    }

    /** One that is not usable, but has a name that others may use. */
    void addRefusedProfile(final String name) {
        refusedProfiles.add(name);
    }

    /** One that is not usable, but shows that streams are meant to be configured. */
    void addRefusedStream() {
        hasStream = true;
    }

    /** After the profiles. */
    void defaultProfile(final String profile) {
        requireDefined("policies.default_profile", profile);
        context.defaultProfile(profile);
    }

    /** After the profiles. */
    void addStream(final int streamId, final String profile) {
        hasStream = true;
        requireDefined("profile", profile);
        context.addStream(streamId, profile);
    }

    private void requireDefined(final String key, final String profile) {
        final Set<String> defined = new LinkedHashSet<>(profiles.keySet());
        defined.addAll(refusedProfiles);
        if (!defined.contains(profile)) {
            throw new ConfigurationException(
                    key + " = \"" + profile + "\" is no defined profile; defined are " + defined);
        }
    }

    /** For keys of the specification that this driver knows and does not need: silence would mislead. */
    static void withoutEffect(final String key, final Object value, final String reason) {
        LOGGER.log(System.Logger.Level.WARNING, key + " = " + value + " has no effect: " + reason);
    }

    /**
     * Checks what only the running system knows.
     *
     * @throws ConfigurationException if regions cannot be made in the base directory.
     */
    void checkBaseDir() {
        final String fault;
        if (!Files.exists(baseDir)) {
            fault = "there is no such directory";
        } else if (!Files.isDirectory(baseDir)) {
            fault = "this is no directory";
        } else if (!Files.isWritable(baseDir) || !Files.isExecutable(baseDir)) {
            fault = "this user may not write there";
        } else {
            return;
        }
        throw new ConfigurationException("shm.base_dir = \"" + baseDir + "\": " + fault
                + "; expected an existing directory that the driver's user may write");
    }

    /**
     * Completes the context, when all has been read.
     *
     * @throws ConfigurationException if what must be there is not.
     */
    void conclude() {
        final List<String> missing = new ArrayList<>();
        if (profiles.isEmpty() && refusedProfiles.isEmpty() && !faults.concern("profiles")) {
            missing.add("profiles: none is defined; expected at least one [profiles.<name>]");
        }
        if (!hasStream && !faults.concern("streams") && !faults.concern("policies.allow_dynamic_streams")) {
            missing.add("streams: none is defined, and policies.allow_dynamic_streams = false;"
                    + " nobody could attach: expected at least one [streams.<name>]");
        }
        if (!missing.isEmpty()) {
            throw new ConfigurationException(missing);
        }
        context.controlEndpoint(new Endpoint(controlChannel, (int) controlStreamId));
        context.announceEndpoint(
                new Endpoint(announceChannel == null ? controlChannel : announceChannel, (int) announceStreamId));
        context.qosEndpoint(new Endpoint(qosChannel, (int) qosStreamId));
        context.baseDir(baseDir);
        context.allowedBaseDirs(allowedBaseDirs == null ? List.of(baseDir) : allowedBaseDirs);
        dynamicStreamRange.ifPresent(context::dynamicStreamRange);
        context.perConsumerStreamRanges(descriptorStreamRange.orElse(null), controlStreamRange.orElse(null));
        context.epochPolicy(
                new EpochPolicy(epochGcEnabled, epochGcKeep, epochGcMinAgeNs, epochGcOnStartup, cleanupOnExit));
    }
}
