package io.tensorpool.driver;

import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;
import io.tensorpool.NoSpaceException;
import io.tensorpool.RegionException;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.StreamProfile;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.protocol.DriverEventProxy;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.runtime.FileWorker;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.EpochStore;
import io.tensorpool.shm.PastEpochs;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.SequencedSet;
import java.util.Set;
import org.agrona.CloseHelper;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a driver, their leases and epochs: what an attach, a detach, an expiry or a revocation does to them
 * (driver specification 4 to 8). Driven by the conductor; slow file operations are the file worker's.
 */
final class DriverStreams implements ConsumerStreams.Readers {
    /** What a driver says. */
    record Proxies(DriverEventProxy events, AnnounceProxy announces) {}

    private static final System.Logger LOG = System.getLogger(DriverStreams.class.getName());
    /** Announces of one duty cycle; with many streams the rest goes into the next ones. */
    private static final int ANNOUNCE_LIMIT = 64;

    private final DriverContext context;
    private final FileWorker fileWorker;
    private final EpochStore store;
    private final DriverEventProxy events;
    private final AnnounceProxy announces;
    private final DriverCounters counters;
    private final DriverTimings timings;
    private final EventOutbox outbox;
    private final LeaseTable leases;
    private final NodeIds nodeIds;
    private final AttachRules rules;
    private final Shutdown shutdown;
    private final Int2ObjectHashMap<DriverStream> streams = new Int2ObjectHashMap<>();
    /** Those that have an epoch, in the order in which they were announced last: the one that waits longest is first. */
    private final SequencedSet<DriverStream> announced = new LinkedHashSet<>();
    /** Those that have more past epochs than are kept. */
    private final Set<DriverStream> surplus = new LinkedHashSet<>();

    private boolean isClosing;

    DriverStreams(
            final DriverContext context,
            final FileWorker fileWorker,
            final EpochStore store,
            final LeaseTable leases,
            final Proxies proxies,
            final DriverCounters counters,
            final DriverTimings timings) {
        this.context = context;
        this.fileWorker = fileWorker;
        this.store = store;
        this.events = proxies.events();
        this.announces = proxies.announces();
        this.counters = counters;
        this.outbox = new EventOutbox(context.errorHandler(), counters::onMessageDropped);
        this.timings = timings;
        this.leases = leases;
        this.nodeIds = new NodeIds(context.nodeIdCooldownNs());
        this.rules = new AttachRules(context, leases, nodeIds);
        this.shutdown = new Shutdown(context.shutdownToken(), context.shutdownTimeoutNs());
    }

    /**
     * One duty cycle.
     *
     * @param mayExpire false while messages wait that were not read yet: keepalives may be among them, sent in time while
     *                  this process stood still. {@link Backlog} says for how long at most.
     */
    int doWork(final long nowNs, final boolean mayExpire) {
        int workCount = fileWorker.drainCompletions();
        workCount += outbox.flush();
        if (shutdown.state() == Shutdown.State.DONE) {
            giveUpOverdueNotice(nowNs);
            return workCount; // with the notice every lease has ended; nothing may follow it
        }
        if (mayExpire) {
            workCount += expireLeases(nowNs);
        }
        workCount += announceWhatIsDue(nowNs);
        if (!surplus.isEmpty()) {
            workCount += collectSurplus(nowNs);
        }
        if (shutdown.isOver(leases.size(), nowNs)) {
            outbox.send(() -> events.shutdown(nowNs, shutdown.reason()));
        }
        return workCount;
    }

    /**
     * Says for a driver before this one, which was perhaps killed, that it is gone and its leases with it. Nobody holds a
     * lease of this driver's yet. Without this its clients would find out when they miss its announces, and a consumer
     * whose stream this driver announces for others by then not at all.
     */
    void endLeasesOfPredecessor() {
        final long nowNs = context.nanoClock().nanoTime();
        outbox.send(() -> events.shutdown(nowNs, ShutdownReason.ERROR));
    }

    /**
     * The driver is cut off: nothing of what it was about to say is true by the time that it can speak again. What its
     * clients said meanwhile is lost, their keepalives too, so that nobody can prove a lease: all of them end, and whoever
     * listens is told so when the driver is back.
     */
    void onAeronLost() {
        outbox.giveUp();
        streams.values().forEach(DriverStream::takeParked);
        leases.all().forEach(lease -> invalidate(lease, RevokeReason.REVOKED));
    }

    /** Begins to drain: the last announces go out at once, and nobody is let in any more. */
    void beginShutdown(final ShutdownReason reason) {
        final long nowNs = context.nanoClock().nanoTime();
        if (shutdown.begin(reason, nowNs)) {
            LOG.log(System.Logger.Level.INFO, "driver ''{0}'' ends: {1}", context.instanceId(), reason);
            streams.values().forEach(stream -> announce(stream, nowNs));
        }
    }

    Shutdown shutdown() {
        return shutdown;
    }

    private void giveUpOverdueNotice(final long nowNs) {
        if (!outbox.isEmpty() && shutdown.isNoticeOverdue(nowNs)) {
            context.errorHandler()
                    .onError(new TensorPoolException("driver '" + context.instanceId() + "' ends unheard: "
                            + outbox.giveUp() + " messages could not be sent on " + context.controlEndpoint()
                            + " within the shutdown timeout"));
        }
    }

    /** Whether the driver has drained, and has said so, or has tried to for long enough. */
    boolean hasEnded() {
        return shutdown.state() == Shutdown.State.DONE && outbox.isEmpty();
    }

    void attach(final AttachRequest request) {
        final Refusal refusal = refusalOf(request);
        if (refusal != null) {
            refuse(request.correlationId(), refusal);
            return;
        }
        final DriverStream stream = streamOf(request.streamId());
        if (stream.isEpochBeingMade()) {
            stream.park(request);
        } else if (request.role() == Role.PRODUCER) {
            stream.park(request);
            makeEpoch(stream, true);
        } else if (stream.current() == null) {
            stream.park(request);
            makeEpoch(stream, false);
        } else {
            grant(stream, stream.current(), request);
        }
    }

    void refuse(final long correlationId, final Refusal refusal) {
        LOG.log(System.Logger.Level.DEBUG, "attach {0} refused: {1}", correlationId, refusal);
        counters.onAttachAnswered(refusal.code());
        outbox.send(() -> events.attachRefused(correlationId, refusal.code(), refusal.text()));
    }

    void answerDetach(final long correlationId, final ResponseCode code, final String text) {
        outbox.send(() -> events.detached(correlationId, code, text));
    }

    /** Null if nothing stands against the request now. */
    private @Nullable Refusal refusalOf(final AttachRequest request) {
        return shutdown.state() == Shutdown.State.RUNNING
                ? rules.refusalOf(
                        request,
                        streams.get(request.streamId()),
                        context.nanoClock().nanoTime())
                : Refusal.SHUTTING_DOWN;
    }

    private DriverStream streamOf(final int streamId) {
        DriverStream stream = streams.get(streamId);
        if (stream == null) {
            final StreamProfile profile = context.streamPlan().profileOf(streamId);
            stream = new DriverStream(
                    streamId,
                    Objects.requireNonNull(profile, "checked by refusalOf"),
                    new PastEpochs(context.epochPolicy(), context.announcePeriodNs()));
            streams.put(streamId, stream);
        }
        return stream;
    }

    /** Every event of section 6 ends here: the stream gets its next epoch, and those who wait for it are served. */
    private void makeEpoch(final DriverStream stream, final boolean forProducer) {
        if (stream.isEpochBeingMade() || shutdown.state() == Shutdown.State.DONE) {
            return;
        }
        stream.epochBeingMade(true);
        fileWorker.submit(
                () -> store.create(stream.streamId(), stream.profile(), forProducer),
                (mapping, failure) -> onEpochMade(stream, forProducer, mapping, failure));
    }

    private void onEpochMade(
            final DriverStream stream,
            final boolean forProducer,
            final @Nullable EpochMapping mapping,
            final @Nullable Throwable failure) {
        stream.epochBeingMade(false);
        if (isClosing) {
            if (mapping != null) {
                mapping.release(); // its files go with the namespace
            }
            return;
        }
        if (mapping == null) {
            onEpochFailed(stream, forProducer, failure == null ? new InternalError("no result") : failure);
            return;
        }
        stream.retryAgain();
        counters.onEpochMade(forProducer ? stream.profile().payloadBytes() : 0);
        LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", stream, mapping);
        replaceEpoch(stream, mapping);
        final List<AttachRequest> waiting = stream.takeParked();
        if (forProducer && !waiting.isEmpty() && waiting.getFirst().role() == Role.PRODUCER) {
            final AttachRequest request = waiting.removeFirst();
            final Refusal refusal = refusalOf(request);
            if (refusal == null) {
                grant(stream, mapping, request);
            } else {
                refuse(request.correlationId(), refusal);
            }
        }
        announce(stream, context.nanoClock().nanoTime());
        if (forProducer && stream.producer() == null && shutdown.state() == Shutdown.State.RUNNING) {
            makeEpoch(stream, false); // an epoch without a producer is sparse
        }
        waiting.forEach(this::attach);
    }

    /** Once, whatever is not in use is removed, and it is tried again; then those who wait are refused. */
    private void onEpochFailed(final DriverStream stream, final boolean forProducer, final Throwable failure) {
        final String cause = String.valueOf(failure.getMessage());
        if (failure instanceof NoSpaceException
                && stream.mayRetry()
                && context.epochPolicy().collect()) {
            collectAllPastEpochs();
            submitQuietly(store::deleteLeftovers, stream);
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "{0}: {1}; past epochs are removed, and it is tried again",
                    stream,
                    cause);
            makeEpoch(stream, forProducer);
            return;
        }
        stream.retryAgain();
        counters.onEpochFailed();
        context.errorHandler().onError(new TensorPoolException(stream + ": no memory for its next epoch: " + cause));
        if (!forProducer) {
            replaceEpoch(stream, null); // the epoch before must not be handed out any more
        }
        for (final AttachRequest request : stream.takeParked()) {
            if (forProducer && request.role() == Role.CONSUMER) {
                attach(request);
            } else {
                refuse(request.correlationId(), Refusal.noMemory(request, failure instanceof NoSpaceException, cause));
            }
        }
    }

    private void replaceEpoch(final DriverStream stream, final @Nullable EpochMapping next) {
        final EpochMapping previous = stream.replace(next, context.nanoClock().nanoTime());
        if (previous != null) {
            submitQuietly(previous::release, stream);
        }
        if (next == null) {
            announced.remove(stream);
        }
        if (stream.past().hasSurplus()) {
            surplus.add(stream);
        }
    }

    private void grant(final DriverStream stream, final EpochMapping mapping, final AttachRequest request) {
        final long nowNs = context.nanoClock().nanoTime();
        final long expiryNs = nowNs + context.leaseDurationNs();
        final int nodeId = nodeIds.take(request.desiredNodeId(), nowNs);
        final Lease lease = leases.grant(request, nodeId, nowNs, expiryNs);
        if (request.role() == Role.PRODUCER) {
            stream.producer(lease);
        }
        LOG.log(System.Logger.Level.DEBUG, "{0}: lease {1} as {2}", stream, lease.leaseId(), request.role());
        counters.onAttachAnswered(ResponseCode.OK);
        counters.onLeaseGranted(request.role());
        timings.record(DriverTimings.Kind.ATTACH, nowNs - request.receivedNs());
        final EpochRegions regions = mapping.regions();
        outbox.send(() -> events.attached(request.correlationId(), lease.leaseId(), expiryNs, nodeId, regions));
    }

    /** A client is alive. False if it holds no such lease. */
    boolean onKeepalive(final long leaseId, final int streamId, final int clientId, final int roleCode) {
        final Lease lease = leases.find(leaseId);
        if (lease == null || !lease.matches(streamId, clientId, roleCode)) {
            counters.onUnknownLease();
            return false;
        }
        final long nowNs = context.nanoClock().nanoTime();
        timings.record(DriverTimings.Kind.KEEPALIVE_GAP, lease.onKeepalive(nowNs, nowNs + context.leaseDurationNs()));
        return true;
    }

    /** Ends a lease: the notice first, then, for a producer's, the next epoch and its announce. */
    void invalidate(final Lease lease, final RevokeReason reason) {
        final long nowNs = context.nanoClock().nanoTime();
        leases.remove(lease);
        nodeIds.release(lease.nodeId(), nowNs);
        counters.onLeaseEnded(lease.role(), reason);
        LOG.log(System.Logger.Level.DEBUG, "lease {0}: {1}", lease.leaseId(), reason);
        outbox.send(() ->
                events.leaseRevoked(nowNs, lease.leaseId(), lease.streamId(), lease.clientId(), lease.role(), reason));
        final DriverStream stream = streams.get(lease.streamId());
        if (stream != null && stream.producer() == lease) {
            stream.producer(null);
            makeEpoch(stream, false);
        }
    }

    @Nullable
    Lease lease(final long leaseId) {
        return leases.find(leaseId);
    }

    @Override
    public boolean hasStream(final int streamId) {
        return streams.containsKey(streamId);
    }

    @Override
    public boolean hasLease(final int streamId, final int clientId) {
        return leases.isConsumer(streamId, clientId);
    }

    List<Lease> leases() {
        return leases.all();
    }

    private int expireLeases(final long nowNs) {
        final List<Lease> expired = leases.expired(nowNs);
        for (final Lease lease : expired) {
            timings.record(DriverTimings.Kind.EXPIRY_DELAY, nowNs - lease.expiryNs());
            invalidate(lease, RevokeReason.EXPIRED);
        }
        return expired.size();
    }

    private int announceWhatIsDue(final long nowNs) {
        int count = 0;
        while (count < ANNOUNCE_LIMIT
                && !announced.isEmpty()
                && announced.getFirst().isAnnounceDue(nowNs)
                && outbox.isEmpty()) {
            announce(announced.getFirst(), nowNs);
            count++;
        }
        return count;
    }

    private void announce(final DriverStream stream, final long nowNs) {
        final EpochMapping mapping = stream.current();
        if (mapping == null || shutdown.state() == Shutdown.State.DONE) {
            return;
        }
        if (stream.producer() == null) {
            stampActivity(stream, mapping, nowNs);
        }
        announced.remove(stream);
        announced.add(stream);
        final long gapNs = stream.onAnnounce(nowNs, context.announcePeriodNs());
        if (gapNs >= 0) {
            timings.record(DriverTimings.Kind.ANNOUNCE_GAP, gapNs);
        }
        counters.onAnnounce();
        final int producerId = stream.producerId();
        final ClockDomain clock = context.announceClock();
        final long timestampNs = clock == ClockDomain.MONOTONIC ? nowNs : SystemEpochNanoClock.INSTANCE.nanoTime();
        outbox.send(() -> announces.announce(mapping.regions(), producerId, timestampNs, clock));
    }

    /** While a producer is attached the stamp is its sign of life, not the driver's. */
    private void stampActivity(final DriverStream stream, final EpochMapping mapping, final long nowNs) {
        try {
            mapping.stampActivity(nowNs);
        } catch (final InternalError ex) {
            context.errorHandler()
                    .onError(new RegionException(
                            stream + ": a file of " + mapping + " was truncated: " + ex.getMessage(), ex));
            makeEpoch(stream, false);
        }
    }

    /** Removes what is neither among the newest epochs nor young. No lease is on a past epoch: it ended with its lease. */
    private int collectSurplus(final long nowNs) {
        int count = 0;
        final Iterator<DriverStream> each = surplus.iterator();
        while (each.hasNext()) {
            final DriverStream stream = each.next();
            while (stream.past().isOldestDue(nowNs)) {
                collectOldest(stream);
                count++;
            }
            if (!stream.past().hasSurplus()) {
                each.remove();
            }
        }
        return count;
    }

    /** For want of memory: all past epochs of all streams, young ones too. */
    private void collectAllPastEpochs() {
        for (final DriverStream stream : streams.values()) {
            while (!stream.past().isEmpty()) {
                collectOldest(stream);
            }
        }
    }

    private void collectOldest(final DriverStream stream) {
        final long epoch = stream.past().removeOldest();
        counters.onEpochCollected();
        submitQuietly(() -> store.delete(stream.streamId(), epoch), stream);
    }

    private void submitQuietly(final Runnable task, final DriverStream stream) {
        fileWorker.submit(
                () -> {
                    task.run();
                    return stream;
                },
                (done, failure) -> {
                    if (failure != null) {
                        context.errorHandler().onError(failure);
                    }
                });
    }

    /** Tells the clients, and removes all memory. What cannot be removed is reported, and does not keep the rest. */
    void close() {
        isClosing = true;
        if (shutdown.state() != Shutdown.State.DONE) {
            final long nowNs = context.nanoClock().nanoTime();
            outbox.send(() -> events.shutdown(nowNs, shutdown.reason()));
        }
        outbox.flush();
        fileWorker.close();
        final long nowNs = context.nanoClock().nanoTime();
        for (final DriverStream stream : streams.values()) {
            final EpochMapping last = stream.replace(null, nowNs);
            if (last != null) {
                last.release();
            }
        }
        CloseHelper.close(context.errorHandler(), store);
    }
}
