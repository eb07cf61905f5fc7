package io.tensorpool.driver;

import io.tensorpool.EpochRegions;
import io.tensorpool.RegionException;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.protocol.DriverEventProxy;
import io.tensorpool.protocol.DriverRequestListener;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.runtime.FileWorker;
import io.tensorpool.shm.EpochMapping;
import java.util.List;
import java.util.Objects;
import org.agrona.CloseHelper;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a driver, their leases and epochs: what an attach, a detach, an expiry or a revocation does to them
 * (driver specification 4 to 8). Driven by the conductor; slow file operations are the file worker's.
 */
final class DriverStreams {
    private static final System.Logger LOG = System.getLogger(DriverStreams.class.getName());

    private final DriverContext context;
    private final FileWorker fileWorker;
    private final EpochStore store;
    private final DriverEventProxy events;
    private final AnnounceProxy announces;
    private final EventOutbox outbox = new EventOutbox();
    private final LeaseTable leases = new LeaseTable();
    private final Int2ObjectHashMap<DriverStream> streams = new Int2ObjectHashMap<>();
    private boolean isClosing;

    DriverStreams(
            final DriverContext context,
            final FileWorker fileWorker,
            final EpochStore store,
            final DriverEventProxy events,
            final AnnounceProxy announces) {
        this.context = context;
        this.fileWorker = fileWorker;
        this.store = store;
        this.events = events;
        this.announces = announces;
    }

    /**
     * One duty cycle.
     *
     * @param mayExpire false while messages wait that were not read yet: keepalives may be among them, sent in time while
     *                  this process stood still.
     */
    int doWork(final long nowNs, final boolean mayExpire) {
        int workCount = fileWorker.drainCompletions();
        workCount += outbox.flush();
        if (mayExpire) {
            workCount += expireLeases(nowNs);
        }
        for (final DriverStream stream : streams.values()) {
            workCount += announceIfDue(stream, nowNs);
            workCount += collectPastEpochs(stream, nowNs);
        }
        return workCount;
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
        outbox.send(() -> events.attachRefused(correlationId, refusal.code(), refusal.text()));
    }

    void answerDetach(final long correlationId, final ResponseCode code, final String text) {
        outbox.send(() -> events.detached(correlationId, code, text));
    }

    /** Null if nothing stands against the request now. */
    private @Nullable Refusal refusalOf(final AttachRequest request) {
        final int layoutVersion = request.expectedLayoutVersion();
        if (layoutVersion != 0
                && layoutVersion != DriverRequestListener.NULL_U32
                && layoutVersion != EpochRegions.LAYOUT_VERSION) {
            return Refusal.LAYOUT_VERSION;
        }
        final DriverStream stream = streams.get(request.streamId());
        if (stream == null && context.streamPlan().profileOf(request.streamId()) == null) {
            return Refusal.NOT_PROVISIONED;
        }
        if (!request.mayCreate() && stream == null && !context.streamPlan().isConfigured(request.streamId())) {
            return Refusal.NOT_PROVISIONED;
        }
        if (request.hugepagesCode() == AttachRequest.HUGEPAGES && !context.requireHugepages()) {
            return Refusal.NO_HUGEPAGES;
        }
        if (request.hugepagesCode() == AttachRequest.STANDARD_PAGES && context.requireHugepages()) {
            return Refusal.NO_STANDARD_PAGES;
        }
        if (request.desiredNodeId() != DriverRequestListener.NULL_U32) {
            return Refusal.NODE_ID;
        }
        if (leases.ofClient(request.clientId()) != null) {
            return Refusal.CLIENT_ATTACHED;
        }
        if (request.role() == Role.PRODUCER && stream != null && isProducerTaken(stream, request)) {
            return Refusal.PRODUCER_ATTACHED;
        }
        return null;
    }

    private static boolean isProducerTaken(final DriverStream stream, final AttachRequest request) {
        return stream.producer() != null || stream.awaitsOtherProducer(request);
    }

    private DriverStream streamOf(final int streamId) {
        DriverStream stream = streams.get(streamId);
        if (stream == null) {
            final StreamProfile profile = context.streamPlan().profileOf(streamId);
            stream = new DriverStream(streamId, Objects.requireNonNull(profile, "checked by refusalOf"));
            streams.put(streamId, stream);
        }
        return stream;
    }

    /** Every event of section 6 ends here: the stream gets its next epoch, and those who wait for it are served. */
    private void makeEpoch(final DriverStream stream, final boolean forProducer) {
        if (stream.isEpochBeingMade()) {
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
            onEpochFailed(stream, forProducer, String.valueOf(failure == null ? null : failure.getMessage()));
            return;
        }
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
        waiting.forEach(this::attach);
    }

    private void onEpochFailed(final DriverStream stream, final boolean forProducer, final String cause) {
        context.errorHandler().onError(new TensorPoolException(stream + ": no memory for its next epoch: " + cause));
        if (!forProducer) {
            replaceEpoch(stream, null); // the epoch before must not be handed out any more
        }
        final Refusal refusal = new Refusal(ResponseCode.INTERNAL_ERROR, cause);
        for (final AttachRequest request : stream.takeParked()) {
            if (forProducer && request.role() == Role.CONSUMER) {
                attach(request);
            } else {
                refuse(request.correlationId(), refusal);
            }
        }
    }

    private void replaceEpoch(final DriverStream stream, final @Nullable EpochMapping next) {
        final EpochMapping previous = stream.replace(next, context.nanoClock().nanoTime());
        if (previous != null) {
            submitQuietly(previous::release, stream);
        }
    }

    private void grant(final DriverStream stream, final EpochMapping mapping, final AttachRequest request) {
        final long expiryNs = context.nanoClock().nanoTime() + context.leaseDurationNs();
        final Lease lease = leases.grant(stream.streamId(), request.clientId(), request.role(), expiryNs);
        if (request.role() == Role.PRODUCER) {
            stream.producer(lease);
        }
        LOG.log(System.Logger.Level.DEBUG, "{0}: lease {1} as {2}", stream, lease.leaseId(), request.role());
        final EpochRegions regions = mapping.regions();
        outbox.send(() -> events.attached(request.correlationId(), lease.leaseId(), expiryNs, regions));
    }

    /** Ends a lease: the notice first, then, for a producer's, the next epoch and its announce. */
    void invalidate(final Lease lease, final RevokeReason reason) {
        leases.remove(lease);
        LOG.log(System.Logger.Level.DEBUG, "lease {0}: {1}", lease.leaseId(), reason);
        final long nowNs = context.nanoClock().nanoTime();
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

    List<Lease> leases() {
        return leases.all();
    }

    private int expireLeases(final long nowNs) {
        final List<Lease> expired = leases.expired(nowNs);
        expired.forEach(lease -> invalidate(lease, RevokeReason.EXPIRED));
        return expired.size();
    }

    private int announceIfDue(final DriverStream stream, final long nowNs) {
        if (!stream.isAnnounceDue(nowNs) || stream.current() == null || !outbox.isEmpty()) {
            return 0;
        }
        announce(stream, nowNs);
        return 1;
    }

    private void announce(final DriverStream stream, final long nowNs) {
        final EpochMapping mapping = stream.current();
        if (mapping == null) {
            return;
        }
        if (stream.producer() == null) {
            stampActivity(stream, mapping, nowNs);
        }
        stream.nextAnnounceAt(nowNs + context.announcePeriodNs());
        final int producerId = stream.producerId();
        outbox.send(() -> announces.announce(mapping.regions(), producerId, nowNs));
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

    /** Removes what is neither among the newest epochs nor young. */
    private int collectPastEpochs(final DriverStream stream, final long nowNs) {
        int count = 0;
        while (context.epochGcEnabled() && stream.past().size() > context.epochGcKeep() - 1) {
            final DriverStream.PastEpoch oldest = stream.past().getFirst();
            if (nowNs - oldest.replacedAtNs() < context.epochGcMinAgeNs()) {
                break;
            }
            stream.past().removeFirst();
            submitQuietly(() -> store.delete(stream.streamId(), oldest.epoch()), stream);
            count++;
        }
        return count;
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
        outbox.send(() -> events.shutdown(context.nanoClock().nanoTime()));
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
