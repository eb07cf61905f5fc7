package io.tensorpool.driver;

import io.tensorpool.ClockDomain;
import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochPolicy;
import io.tensorpool.StreamProfile;
import io.tensorpool.runtime.ServiceContext;
import io.tensorpool.shm.RegionOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a driver, named after the keys of driver specification 17. Filled by one thread and given to one driver.
 * Each setter returns this context; a setter that can tell throws {@link ConfigurationException} at once, the rest is
 * checked when the driver is launched.
 */
public final class DriverContext extends ServiceContext<DriverContext> {
    private String instanceId = "driver-01";
    private Endpoint controlEndpoint = Endpoint.ipc(1000);
    private Endpoint announceEndpoint = Endpoint.ipc(1001);
    private Endpoint qosEndpoint = Endpoint.ipc(1200);
    private Path baseDir = Path.of("/dev/shm");
    private List<Path> allowedBaseDirs = List.of();
    private String user = System.getProperty("user.name", "unknown");
    private String namespace = "default";
    private boolean ephemeralNamespace;
    private int permissionsMode = 0660;
    private boolean requireHugepages;
    private boolean prefault = true;
    private boolean lockMemory;
    private long announcePeriodNs = TimeUnit.SECONDS.toNanos(1);
    private long keepaliveIntervalNs = TimeUnit.SECONDS.toNanos(1);
    private int expiryGraceIntervals = 3;
    private EpochPolicy epochPolicy = EpochPolicy.DEFAULT;
    private long nodeIdCooldownNs = TimeUnit.SECONDS.toNanos(10);
    private ClockDomain announceClock = ClockDomain.MONOTONIC;
    private long shutdownTimeoutNs = TimeUnit.SECONDS.toNanos(2);
    private String shutdownToken = "";
    private long histogramIntervalNs;
    private boolean adminSocket;
    private final StreamPlan streamPlan = new StreamPlan();

    /** With the defaults; at least one profile must be added. */
    public DriverContext() {}

    DriverContext conclude() {
        concludeOnce();
        checkStreams();
        if (allowedBaseDirs().stream().noneMatch(allowed -> baseDir.startsWith(allowed))) {
            throw new ConfigurationException(
                    "shm.allowed_base_dirs = " + allowedBaseDirs() + ": none holds shm.base_dir = " + baseDir);
        }
        return this;
    }

    /**
     * Checks what the settings of streams, profiles and ranges say about each other; launching does it too.
     *
     * @throws ConfigurationException naming the keys that contradict each other.
     */
    public void checkStreams() {
        streamPlan.conclude(Map.of(
                "driver.control_stream_id", controlEndpoint.streamId(),
                "driver.announce_stream_id", announceEndpoint.streamId(),
                "driver.qos_stream_id", qosEndpoint.streamId()));
    }

    StreamPlan streamPlan() {
        return streamPlan;
    }

    /**
     * Name of this driver in logs.
     *
     * @param id {@code driver-01} by default.
     * @return this.
     */
    public DriverContext instanceId(final String id) {
        this.instanceId = id;
        return this;
    }

    String instanceId() {
        return instanceId;
    }

    /**
     * Where clients attach.
     *
     * @param endpoint stream 1000 by default.
     * @return this.
     */
    public DriverContext controlEndpoint(final Endpoint endpoint) {
        this.controlEndpoint = endpoint;
        return this;
    }

    Endpoint controlEndpoint() {
        return controlEndpoint;
    }

    /**
     * Where epochs are announced.
     *
     * @param endpoint stream 1001 by default.
     * @return this.
     */
    public DriverContext announceEndpoint(final Endpoint endpoint) {
        this.announceEndpoint = endpoint;
        return this;
    }

    Endpoint announceEndpoint() {
        return announceEndpoint;
    }

    /**
     * Where consumers report. Heard where they may have streams of their own; no range holds its id (driver specification 11).
     *
     * @param endpoint stream 1200 by default.
     * @return this.
     */
    public DriverContext qosEndpoint(final Endpoint endpoint) {
        this.qosEndpoint = endpoint;
        return this;
    }

    Endpoint qosEndpoint() {
        return qosEndpoint;
    }

    /**
     * Directory below which {@code tensorpool-<user>/<namespace>} is made.
     *
     * @param directory absolute, existing; {@code /dev/shm} by default.
     * @return this.
     */
    public DriverContext baseDir(final Path directory) {
        this.baseDir = directory;
        return this;
    }

    Path baseDir() {
        return baseDir;
    }

    /**
     * Directories that region URIs may point into.
     *
     * @param directories the base directory alone by default.
     * @return this.
     */
    public DriverContext allowedBaseDirs(final List<Path> directories) {
        this.allowedBaseDirs = List.copyOf(directories);
        return this;
    }

    List<Path> allowedBaseDirs() {
        return allowedBaseDirs.isEmpty() ? List.of(baseDir) : allowedBaseDirs;
    }

    /**
     * Name of the user in the directory layout.
     *
     * @param name the user of the process by default.
     * @return this.
     */
    public DriverContext user(final String name) {
        this.user = name;
        return this;
    }

    String user() {
        return user;
    }

    /**
     * Namespace in the directory layout; one driver at a time may hold it.
     *
     * @param name {@code default} by default.
     * @return this.
     */
    public DriverContext namespace(final String name) {
        this.namespace = name;
        return this;
    }

    String namespace() {
        return namespace;
    }

    /**
     * Whether the namespace is this driver's alone, never to be used again: its directory goes when the driver closes,
     * with the lock and the highest epoch in it.
     *
     * @param ephemeral false by default.
     * @return this.
     */
    public DriverContext ephemeralNamespace(final boolean ephemeral) {
        this.ephemeralNamespace = ephemeral;
        return this;
    }

    boolean ephemeralNamespace() {
        return ephemeralNamespace;
    }

    /**
     * Permission bits of the regions, whatever the umask; directories get the matching search bits.
     *
     * @param mode 0660 by default; bits for others are refused.
     * @return this.
     */
    public DriverContext permissionsMode(final int mode) {
        this.permissionsMode = RegionOptions.checkedPermissions(mode);
        return this;
    }

    int permissionsMode() {
        return permissionsMode;
    }

    /**
     * Whether regions are on huge pages unless a client asks otherwise.
     *
     * @param require false by default.
     * @return this.
     */
    public DriverContext requireHugepages(final boolean require) {
        this.requireHugepages = require;
        return this;
    }

    boolean requireHugepages() {
        return requireHugepages;
    }

    /**
     * Whether memory is touched before a producer gets it, so that its first frames do not fault.
     *
     * @param touch true by default.
     * @return this.
     */
    public DriverContext prefault(final boolean touch) {
        this.prefault = touch;
        return this;
    }

    boolean prefault() {
        return prefault;
    }

    /**
     * Whether the driver locks the regions into memory; failing to is an error.
     *
     * @param lock false by default.
     * @return this.
     */
    public DriverContext lockMemory(final boolean lock) {
        this.lockMemory = lock;
        return this;
    }

    boolean lockMemory() {
        return lockMemory;
    }

    /**
     * Time between two announces of a stream.
     *
     * @param periodNs more than 0; 1 s by default.
     * @return this.
     */
    public DriverContext announcePeriodNs(final long periodNs) {
        this.announcePeriodNs = requirePositive("policies.announce_period", periodNs);
        return this;
    }

    long announcePeriodNs() {
        return announcePeriodNs;
    }

    /**
     * Time between two keepalives of a client.
     *
     * @param intervalNs more than 0; 1 s by default.
     * @return this.
     */
    public DriverContext keepaliveIntervalNs(final long intervalNs) {
        this.keepaliveIntervalNs = requirePositive("policies.lease_keepalive_interval", intervalNs);
        return this;
    }

    long keepaliveIntervalNs() {
        return keepaliveIntervalNs;
    }

    /**
     * Keepalives that may be missed before a lease expires.
     *
     * @param intervals more than 0; 3 by default.
     * @return this.
     */
    public DriverContext expiryGraceIntervals(final int intervals) {
        this.expiryGraceIntervals = (int) requirePositive("policies.lease_expiry_grace_intervals", intervals);
        return this;
    }

    int expiryGraceIntervals() {
        return expiryGraceIntervals;
    }

    /** How long a lease lasts from its last keepalive: interval times grace. */
    long leaseDurationNs() {
        return keepaliveIntervalNs * expiryGraceIntervals;
    }

    /**
     * What becomes of the memory of epochs that are over.
     *
     * @param policy {@link EpochPolicy#DEFAULT} by default.
     * @return this.
     */
    public DriverContext epochPolicy(final EpochPolicy policy) {
        this.epochPolicy = policy;
        return this;
    }

    EpochPolicy epochPolicy() {
        return epochPolicy;
    }

    /**
     * How long a node id rests after its lease ended, before another lease gets it.
     *
     * @param cooldownNs more than 0; 10 s by default.
     * @return this.
     */
    public DriverContext nodeIdCooldownNs(final long cooldownNs) {
        this.nodeIdCooldownNs = requirePositive("policies.node_id_reuse_cooldown", cooldownNs);
        return this;
    }

    long nodeIdCooldownNs() {
        return nodeIdCooldownNs;
    }

    /**
     * How long a driver that was asked to end waits for its leases to be given back.
     *
     * @param timeoutNs more than 0; 2 s by default.
     * @return this.
     */
    public DriverContext shutdownTimeoutNs(final long timeoutNs) {
        this.shutdownTimeoutNs = requirePositive("policies.shutdown_timeout", timeoutNs);
        return this;
    }

    long shutdownTimeoutNs() {
        return shutdownTimeoutNs;
    }

    /**
     * Token that a request to end must carry (driver specification 4.13).
     *
     * @param token printable ASCII; empty by default: every request is refused.
     * @return this.
     */
    public DriverContext shutdownToken(final String token) {
        this.shutdownToken = Shutdown.checkedToken(token);
        return this;
    }

    String shutdownToken() {
        return shutdownToken;
    }

    /**
     * Interval of the histograms in the log. They need {@code org.hdrhistogram:HdrHistogram}.
     *
     * @param intervalNs 0, the default, for none.
     * @return this.
     */
    public DriverContext histogramIntervalNs(final long intervalNs) {
        if (intervalNs < 0) {
            throw new ConfigurationException("policies.histogram_interval = " + intervalNs + ": expected at least 0");
        }
        this.histogramIntervalNs = intervalNs;
        return this;
    }

    long histogramIntervalNs() {
        return histogramIntervalNs;
    }

    /**
     * Whether whoever may write in the namespace's directory can list and revoke leases, through a socket in it.
     *
     * @param isOpen false by default.
     * @return this.
     */
    public DriverContext adminSocket(final boolean isOpen) {
        this.adminSocket = isOpen;
        return this;
    }

    boolean adminSocket() {
        return adminSocket;
    }

    /**
     * Ids that this driver assigns to consumers' own streams. With neither range it leaves that to the producers.
     *
     * @param descriptors null by default: none.
     * @param controls    null by default: none.
     * @return this.
     */
    public DriverContext perConsumerStreamRanges(
            final @Nullable StreamIdRange descriptors, final @Nullable StreamIdRange controls) {
        streamPlan.perConsumerRanges(descriptors, controls);
        return this;
    }

    /**
     * Whether streams that are not configured are made on demand.
     *
     * @param allow false by default; if true, {@link #dynamicStreamRange} must be set.
     * @return this.
     */
    public DriverContext allowDynamicStreams(final boolean allow) {
        streamPlan.allowDynamicStreams(allow);
        return this;
    }

    /**
     * Ids of streams that may be made on demand.
     *
     * @param range null by default: none.
     * @return this.
     */
    public DriverContext dynamicStreamRange(final @Nullable StreamIdRange range) {
        streamPlan.dynamicRange(range);
        return this;
    }

    /**
     * Defines a profile.
     *
     * @param profile replaces one of the same name.
     * @return this.
     */
    public DriverContext addProfile(final StreamProfile profile) {
        streamPlan.addProfile(profile);
        return this;
    }

    /**
     * Profile of streams that are made on demand.
     *
     * @param name the first that was defined by default.
     * @return this.
     */
    public DriverContext defaultProfile(final String name) {
        streamPlan.defaultProfile(name);
        return this;
    }

    /**
     * Configures a stream.
     *
     * @param streamId unsigned id, not 0 and not 2^32 - 1.
     * @param profile  name of its profile.
     * @return this.
     */
    public DriverContext addStream(final int streamId, final String profile) {
        streamPlan.addStream(streamId, profile);
        return this;
    }

    /**
     * Clock by which announces are stamped (wire specification 10.1.1).
     *
     * @param clock MONOTONIC by default; {@link ClockDomain#REALTIME_SYNCED} only where the wall clock is disciplined.
     * @return this.
     */
    public DriverContext announceClock(final ClockDomain clock) {
        this.announceClock = clock;
        return this;
    }

    ClockDomain announceClock() {
        return announceClock;
    }
}
