package io.tensorpool.client;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.runtime.ServiceContext;
import io.tensorpool.shm.FileRules;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a client. Filled by one thread and given to one client. Each setter returns this context; the defaults fit
 * a driver that runs with its own defaults.
 */
public final class ClientContext extends ServiceContext<ClientContext> {
    private static final int CONTROL_STREAM_ID = 1000;
    private static final int ANNOUNCE_STREAM_ID = 1001;
    private static final int DESCRIPTOR_STREAM_ID = 1100;
    private static final int QOS_STREAM_ID = 1200;

    private Endpoint controlEndpoint = Endpoint.ipc(CONTROL_STREAM_ID);
    private Endpoint announceEndpoint = Endpoint.ipc(ANNOUNCE_STREAM_ID);
    private Endpoint descriptorEndpoint = Endpoint.ipc(DESCRIPTOR_STREAM_ID);
    private Endpoint qosEndpoint = Endpoint.ipc(QOS_STREAM_ID);
    private String clientName = "tensorpool-client";
    private int clientId;
    private List<Path> allowedBaseDirs = List.of(Path.of("/dev/shm"));
    private FileRules fileRules = FileRules.DEFAULT;
    private @Nullable ClientEventListener eventListener;
    private @Nullable CountingErrorHandler errors;
    private boolean prefault = true;
    private boolean lockMemory;
    private long addTimeoutNs = TimeUnit.SECONDS.toNanos(10);
    private long attachTimeoutNs = TimeUnit.SECONDS.toNanos(5);
    private long keepaliveIntervalNs = TimeUnit.SECONDS.toNanos(1);
    private long announcePeriodNs = TimeUnit.SECONDS.toNanos(1);
    private long reportIntervalNs = TimeUnit.SECONDS.toNanos(1);
    private long backoffMinNs = TimeUnit.MILLISECONDS.toNanos(100);
    private long backoffMaxNs = TimeUnit.SECONDS.toNanos(5);
    private MetadataOptions metadata = MetadataOptions.DEFAULT;
    private long mappingLingerNs = TimeUnit.SECONDS.toNanos(1);
    private EpochNanoClock epochNanoClock = SystemEpochNanoClock.INSTANCE;

    /** With the defaults. */
    public ClientContext() {}

    /** Called by the client. */
    ClientContext conclude() {
        concludeOnce();
        if (allowedBaseDirs.isEmpty()) {
            throw new ConfigurationException("allowedBaseDirs: none is given; expected at least one");
        }
        errors = new CountingErrorHandler(errorHandler());
        errorHandler(errors);
        return this;
    }

    /** Errors that were told, once concluded. */
    long errors() {
        return errors == null ? 0 : errors.count();
    }

    /**
     * Where the driver is asked.
     *
     * @param endpoint stream 1000 by default.
     * @return this.
     */
    public ClientContext controlEndpoint(final Endpoint endpoint) {
        this.controlEndpoint = endpoint;
        return this;
    }

    Endpoint controlEndpoint() {
        return controlEndpoint;
    }

    /**
     * Where the driver announces epochs.
     *
     * @param endpoint stream 1001 by default.
     * @return this.
     */
    public ClientContext announceEndpoint(final Endpoint endpoint) {
        this.announceEndpoint = endpoint;
        return this;
    }

    Endpoint announceEndpoint() {
        return announceEndpoint;
    }

    /**
     * Where frames are announced.
     *
     * @param endpoint stream 1100 by default.
     * @return this.
     */
    public ClientContext descriptorEndpoint(final Endpoint endpoint) {
        this.descriptorEndpoint = endpoint;
        return this;
    }

    Endpoint descriptorEndpoint() {
        return descriptorEndpoint;
    }

    /**
     * Where producers and consumers report how they fare.
     *
     * @param endpoint stream 1200 by default.
     * @return this.
     */
    public ClientContext qosEndpoint(final Endpoint endpoint) {
        this.qosEndpoint = endpoint;
        return this;
    }

    Endpoint qosEndpoint() {
        return qosEndpoint;
    }

    /**
     * What to do with metadata, and where.
     *
     * @param options {@link MetadataOptions#DEFAULT} by default.
     * @return this.
     */
    public ClientContext metadata(final MetadataOptions options) {
        this.metadata = options;
        return this;
    }

    MetadataOptions metadata() {
        return metadata;
    }

    /**
     * Name of this client for Aeron's tools and the conductor's thread.
     *
     * @param name {@code tensorpool-client} by default.
     * @return this.
     */
    public ClientContext clientName(final String name) {
        this.clientName = name;
        return this;
    }

    String clientName() {
        return clientName;
    }

    /**
     * Client id of the first producer or consumer; each further one takes the next number, because the driver grants one
     * lease per id (driver specification 4.8).
     *
     * @param id unsigned; 0, the default, lets the library choose, and choose again on a collision.
     * @return this.
     */
    public ClientContext clientId(final int id) {
        this.clientId = id;
        return this;
    }

    int clientId() {
        return clientId;
    }

    /**
     * Directories that the driver's regions must lie in (wire specification 15.21a.5).
     *
     * @param directories at least one, absolute; {@code /dev/shm} by default.
     * @return this.
     */
    public ClientContext allowedBaseDirs(final List<Path> directories) {
        this.allowedBaseDirs = List.copyOf(directories);
        return this;
    }

    /**
     * Directories that regions may lie in.
     *
     * @return at least one, once a client has been connected; a list that is not changed.
     */
    public List<Path> allowedBaseDirs() {
        return allowedBaseDirs;
    }

    /**
     * Which owners and permissions the driver's regions may have.
     *
     * @param rules own user and root, nothing for others, by default.
     * @return this.
     */
    public ClientContext fileRules(final FileRules rules) {
        this.fileRules = rules;
        return this;
    }

    FileRules fileRules() {
        return fileRules;
    }

    /**
     * Who is told of what happens on the control plane.
     *
     * @param listener called in the conductor's thread; by default nobody.
     * @return this.
     */
    public ClientContext eventListener(final ClientEventListener listener) {
        this.eventListener = listener;
        return this;
    }

    @Nullable
    ClientEventListener eventListener() {
        return eventListener;
    }

    /**
     * Whether pages are brought in when an epoch is mapped, so that the first frames do not fault.
     *
     * @param populate true by default.
     * @return this.
     */
    public ClientContext prefault(final boolean populate) {
        this.prefault = populate;
        return this;
    }

    boolean prefault() {
        return prefault;
    }

    /**
     * Whether mapped epochs are locked into memory; failing to refuses the epoch.
     *
     * @param lock false by default.
     * @return this.
     */
    public ClientContext lockMemory(final boolean lock) {
        this.lockMemory = lock;
        return this;
    }

    boolean lockMemory() {
        return lockMemory;
    }

    /**
     * How long {@link TensorPoolClient#addProducer} and {@link TensorPoolClient#addConsumer} wait in all.
     *
     * @param timeoutNs more than 0; 10 s by default.
     * @return this.
     */
    public ClientContext addTimeoutNs(final long timeoutNs) {
        this.addTimeoutNs = requirePositive("addTimeoutNs", timeoutNs);
        return this;
    }

    long addTimeoutNs() {
        return addTimeoutNs;
    }

    /**
     * How long an attach request waits for its answer before it is sent again with a back-off (driver specification 4.2).
     * Making a pool of several GiB takes seconds.
     *
     * @param timeoutNs more than 0; 5 s by default.
     * @return this.
     */
    public ClientContext attachTimeoutNs(final long timeoutNs) {
        this.attachTimeoutNs = requirePositive("attachTimeoutNs", timeoutNs);
        return this;
    }

    long attachTimeoutNs() {
        return attachTimeoutNs;
    }

    /**
     * Time between two keepalives of a lease.
     *
     * @param intervalNs more than 0; 1 s by default. At most a third of the driver's lease duration is sensible.
     * @return this.
     */
    public ClientContext keepaliveIntervalNs(final long intervalNs) {
        this.keepaliveIntervalNs = requirePositive("keepaliveIntervalNs", intervalNs);
        return this;
    }

    long keepaliveIntervalNs() {
        return keepaliveIntervalNs;
    }

    /**
     * The driver's announce period: a producer stamps its activity as often, announces and stamps older than three
     * periods are stale (wire specification 10.1.1 and 15.1), and a stream that was not announced for three periods has
     * lost its driver.
     *
     * @param periodNs more than 0; 1 s by default.
     * @return this.
     */
    public ClientContext announcePeriodNs(final long periodNs) {
        this.announcePeriodNs = requirePositive("announcePeriodNs", periodNs);
        return this;
    }

    long announcePeriodNs() {
        return announcePeriodNs;
    }

    /** Age from which an announce, a stamp or a silent consumer counts as gone. */
    long freshnessNs() {
        return 3 * announcePeriodNs;
    }

    /**
     * Time between two hellos and two QoS reports.
     *
     * @param intervalNs more than 0; 1 s by default.
     * @return this.
     */
    public ClientContext reportIntervalNs(final long intervalNs) {
        this.reportIntervalNs = requirePositive("reportIntervalNs", intervalNs);
        return this;
    }

    long reportIntervalNs() {
        return reportIntervalNs;
    }

    /**
     * Delay before a lost or refused attachment is tried again; it doubles with each try up to the maximum, and half of
     * it is random.
     *
     * @param minNs more than 0; 100 ms by default.
     * @param maxNs at least {@code minNs}; 5 s by default.
     * @return this.
     */
    public ClientContext backoffNs(final long minNs, final long maxNs) {
        this.backoffMinNs = requirePositive("backoffMinNs", minNs);
        if (maxNs < minNs) {
            throw new ConfigurationException("backoffMaxNs = " + maxNs + " is below backoffMinNs = " + minNs);
        }
        this.backoffMaxNs = maxNs;
        return this;
    }

    long backoffMinNs() {
        return backoffMinNs;
    }

    long backoffMaxNs() {
        return backoffMaxNs;
    }

    /**
     * How long a replaced mapping stays, for threads that still read or write a frame of it.
     *
     * @param lingerNs more than 0; 1 s by default.
     * @return this.
     */
    public ClientContext mappingLingerNs(final long lingerNs) {
        this.mappingLingerNs = requirePositive("mappingLingerNs", lingerNs);
        return this;
    }

    long mappingLingerNs() {
        return mappingLingerNs;
    }

    /**
     * Clock that announces in the domain REALTIME_SYNCED are compared with (wire specification 10.1.1).
     *
     * @param clock nanoseconds since 1970; the system's wall clock by default.
     * @return this.
     */
    public ClientContext epochNanoClock(final EpochNanoClock clock) {
        this.epochNanoClock = clock;
        return this;
    }

    EpochNanoClock epochNanoClock() {
        return epochNanoClock;
    }
}
