package io.tensorpool.driver;

import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolSpec;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.StreamProfile;
import io.tensorpool.protocol.AnnounceAdapter;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.protocol.ConsumerConfigProxy;
import io.tensorpool.protocol.DriverEventAdapter;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.DriverEventProxy;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.runtime.ServiceCounters;
import io.tensorpool.shm.DriverNamespace;
import io.tensorpool.shm.EpochStore;
import io.tensorpool.shm.RegionFactory;
import io.tensorpool.shm.RegionOptions;
import io.tensorpool.support.ManualClock;
import io.tensorpool.support.MessageLog;
import io.tensorpool.support.QueuedFileWorker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A whole driver in one thread: virtual time, messages in memory, real files of a few kilobytes. Events and announces
 * come out of one log, so that their order shows. What it says is written down one line each; epochs are named e1, e2, …
 * in the order of their first mention.
 */
final class DriverRig implements AutoCloseable, DriverEventListener {
    static final int STREAM_ID = 10_000;
    static final int OTHER_STREAM_ID = 10_001;
    static final long ANNOUNCE_NS = TimeUnit.SECONDS.toNanos(1);
    static final long LEASE_NS = TimeUnit.SECONDS.toNanos(3);
    static final long START_NS = TimeUnit.HOURS.toNanos(1);
    static final StreamProfile PROFILE =
            new StreamProfile("small", 4, List.of(new PoolSpec(1, 128), new PoolSpec(2, 4096)));

    final ManualClock clock = new ManualClock(START_NS);
    final MessageLog requests = new MessageLog();
    final MessageLog events = new MessageLog();
    final MessageLog qos = new MessageLog();
    final MessageLog configs = new MessageLog();
    final MessageLog announces;
    final QueuedFileWorker files = new QueuedFileWorker();
    final List<Throwable> errors = new ArrayList<>();
    final DriverCounters counters = new DriverCounters(new ServiceCounters(null, "test"));
    final Map<DriverTimings.Kind, List<Long>> timings = new EnumMap<>(DriverTimings.Kind.class);
    final DriverRequestProxy client = new DriverRequestProxy(requests);
    final DriverConductor conductor;
    final DriverNamespace namespace;
    final Map<Long, EpochRegions> epochs = new TreeMap<>(Long::compareUnsigned);
    boolean isConnectionClosed;
    int aeronLosses;
    boolean isAeronGone;
    EpochRegions lastRegions;
    long lastLeaseId;
    long lastExpiryNs;
    final List<Integer> nodeIds = new ArrayList<>();
    private Runnable inDutyCycle = () -> {};
    private final List<String> heard = new ArrayList<>();
    private final List<Long> mentioned = new ArrayList<>();
    private final DriverEventAdapter eventAdapter = new DriverEventAdapter(this);
    private final AnnounceAdapter announceAdapter = new AnnounceAdapter(this::onAnnounce);

    DriverRig(final Path base) {
        this(base, context(), 1_000, true);
    }

    DriverRig(final Path base, final DriverContext context, final long wallClockNs, final boolean oneLog) {
        announces = oneLog ? events : new MessageLog();
        namespace = DriverNamespace.lock(base, "test", "default", 0660, false);
        context.nanoClock(clock).errorHandler(errors::add).conclude();
        final RegionFactory factory = new RegionFactory(namespace, new RegionOptions(0660, false, false, false));
        final DriverTimings timing = (kind, ns) ->
                timings.computeIfAbsent(kind, each -> new ArrayList<>()).add(ns);
        final DriverStreams streams = new DriverStreams(
                context,
                files,
                new EpochStore(namespace, factory, context.epochPolicy().removeAtClose(), wallClockNs),
                new LeaseTable(1),
                new DriverStreams.Proxies(new DriverEventProxy(events), new AnnounceProxy(announces)),
                counters,
                timing);
        final StreamPlan plan = context.streamPlan();
        final ConsumerStreams consumerStreams = plan.descriptorRange() == null && plan.controlRange() == null
                ? null
                : new ConsumerStreams(context, streams, qos, new ConsumerConfigProxy(configs), counters);
        conductor = new DriverConductor(
                context,
                new DriverConductor.Hearing(requests, consumerStreams),
                streams,
                counters,
                timing,
                new Aeron(),
                () -> isConnectionClosed = true);
    }

    /** Does something in the midst of each duty cycle from now on. */
    void onDutyCycle(final Runnable action) {
        inDutyCycle = action;
    }

    /** Stands for the driver's Aeron client. */
    private final class Aeron implements DriverConductor.AeronInvoker {
        @Override
        public int doWork() {
            inDutyCycle.run();
            return 0;
        }

        @Override
        public int losses() {
            return aeronLosses;
        }

        @Override
        public boolean isClosed() {
            return isAeronGone;
        }
    }

    static DriverContext context() {
        return new DriverContext()
                .addProfile(PROFILE)
                .addStream(STREAM_ID, "small")
                .addStream(OTHER_STREAM_ID, "small")
                .announcePeriodNs(ANNOUNCE_NS)
                .keepaliveIntervalNs(LEASE_NS / 3)
                .expiryGraceIntervals(3);
    }

    /** Duty cycles until nothing is left to do, and what was said in them. */
    List<String> run() {
        for (int i = 0; i < 10; i++) {
            conductor.doWork();
        }
        return hear();
    }

    List<String> run(final long afterNs) {
        clock.advance(afterNs);
        return run();
    }

    /** What was said since the last time. */
    List<String> hear() {
        events.poll(
                (buffer, offset, length, header) -> {
                    eventAdapter.onFragment(buffer, offset, length, header);
                    announceAdapter.onFragment(buffer, offset, length, header);
                },
                Integer.MAX_VALUE);
        if (announces != events) {
            announces.poll(announceAdapter, Integer.MAX_VALUE);
        }
        final List<String> taken = List.copyOf(heard);
        heard.clear();
        return taken;
    }

    void attach(final long correlationId, final int streamId, final int clientId, final Role role) {
        client.attach(correlationId, streamId, clientId, role, 1, DriverRequestProxy.NO_NODE_ID);
    }

    /** A producer of the stream as client 5, with everything said until now forgotten. */
    void attachProducer() {
        attach(900, STREAM_ID, 5, Role.PRODUCER);
        run();
    }

    void detach(final long correlationId, final long leaseId, final int clientId, final Role role) {
        client.detach(correlationId, leaseId, STREAM_ID, clientId, role);
    }

    private String name(final long epoch) {
        if (!mentioned.contains(epoch)) {
            mentioned.add(epoch);
        }
        return "e" + (mentioned.indexOf(epoch) + 1);
    }

    private void keep(final EpochRegions regions) {
        lastRegions = regions;
        epochs.put(regions.epoch(), regions);
    }

    @Override
    public void onAttached(
            final long correlationId,
            final long leaseId,
            final long leaseExpiryNs,
            final int nodeId,
            final EpochRegions regions) {
        keep(regions);
        lastLeaseId = leaseId;
        nodeIds.add(nodeId);
        lastExpiryNs = leaseExpiryNs;
        heard.add("attached " + correlationId + " lease " + leaseId + " " + name(regions.epoch()));
    }

    @Override
    public void onAttachRefused(final long correlationId, final ResponseCode code, final String text) {
        heard.add("refused " + correlationId + " " + code + ": " + text);
    }

    @Override
    public void onAttachProtocolError(final long correlationId, final String fault) {
        heard.add("protocol error " + correlationId + ": " + fault);
    }

    @Override
    public void onDetached(final long correlationId, final ResponseCode code) {
        heard.add("detached " + correlationId + " " + code);
    }

    @Override
    public void onLeaseRevoked(
            final long leaseId, final int streamId, final int clientId, final Role role, final RevokeReason reason) {
        heard.add("revoked lease " + leaseId + " of " + clientId + " as " + role + " on " + streamId + ": " + reason);
    }

    @Override
    public void onDriverShutdown(final long timestampNs, final ShutdownReason reason) {
        heard.add("shutdown");
    }

    private void onAnnounce(
            final EpochRegions regions, final int producerId, final long timestampNs, final ClockDomain clockDomain) {
        keep(regions);
        heard.add("announce " + name(regions.epoch()) + " producer " + producerId + " at "
                + TimeUnit.NANOSECONDS.toMillis(timestampNs - START_NS) + " ms");
    }

    @Override
    public void close() {
        events.answer(1);
        announces.answer(1);
        conductor.onClose();
    }
}
