package io.tensorpool.client;

import io.tensorpool.ClockDomain;
import io.tensorpool.ConfigurationException;
import io.tensorpool.NoSpaceException;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.runtime.FileWorker;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.PastEpochs;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A producer's hold on memory of its own, which it makes, announces and stamps like a driver of one stream (wire
 * specification 10.1.1, 15.2 and 15.14).
 *
 * <pre>
 *   state        event             effect                                    next
 *   ----------   ---------------   ---------------------------------------   ----------
 *   ATTACHING    made, announced   owner told                                ATTACHED
 *   ATTACHING    failed, at first  owner told, lock given back               FAILED
 *   ATTACHING    failed            delay grows                               BACKOFF
 *   BACKOFF      tick, due         the next epoch is begun                   ATTACHING
 *   holding      tick, due         stamp, announce, past epochs collected    the same
 *   holding      owner mapped,                                               MAPPED, ACTIVE
 *                bound
 *   holding      file truncated,   owner told, the next epoch is begun       ATTACHING
 *                reattach, Aeron
 *                lost
 *   any          close             epochs removed, lock given back           DETACHING
 *   DETACHING    lock given back                                             CLOSED
 *
 *   holding: ATTACHED, MAPPED, ACTIVE
 * </pre>
 *
 * A first failure is final: whoever adds a producer learns of it. A later one passes, such as a full file system, and is
 * tried again.
 *
 * <p>Conductor's thread only; what touches files is the file worker's.
 */
final class RegionOwner implements Hold {
    /** What is owned, and by whom. */
    record Stream(int streamId, int producerId, OwnMemory memory) {
        @Override
        public String toString() {
            return "producer of stream " + Integer.toUnsignedString(streamId) + " without a driver";
        }
    }

    /** Who writes into the memory. */
    interface Listener extends Hold.Owner {
        /** There is an epoch to write into, and everybody knows. Whoever goes on using the mapping when it is lost takes a reference. */
        void onEpochMade(EpochMapping mapping);
    }

    private record Opened(OwnNamespace namespace, EpochMapping mapping) {}

    private static final System.Logger LOG = System.getLogger(RegionOwner.class.getName());

    private final ClientContext context;
    private final FileWorker fileWorker;
    private final LingeringMappings lingering;
    private final AnnounceProxy announces;
    private final Stream stream;
    private final Listener listener;
    private final PastEpochs past;

    private final AttachmentStatus status;

    private AttachmentState state = AttachmentState.ATTACHING;
    private @Nullable OwnNamespace namespace;
    private @Nullable EpochMapping current;
    private long nextAnnounceNs;
    private long nextStampNs;
    private long nextAttemptNs;
    private long backoffNs;

    /** Begins to take the lock and to make the first epoch. */
    RegionOwner(
            final ClientContext context,
            final FileWorker fileWorker,
            final LingeringMappings lingering,
            final AnnounceProxy announces,
            final Stream stream,
            final Listener listener,
            final AttachmentStatus status) {
        this.context = context;
        this.fileWorker = fileWorker;
        this.lingering = lingering;
        this.announces = announces;
        this.stream = stream;
        this.listener = listener;
        this.status = status;
        this.past = new PastEpochs(stream.memory().epochPolicy(), context.announcePeriodNs());
        this.backoffNs = context.backoffMinNs();
        status.asksAs(stream.producerId(), 0);
        status.to(state, ""); // the owner is not there yet
        final long wallClockNs = context.epochNanoClock().nanoTime();
        fileWorker.submit(() -> open(stream, wallClockNs), this::onOpened);
    }

    @Override
    public AttachmentState state() {
        return state;
    }

    @Override
    public int clientId() {
        return stream.producerId();
    }

    private void to(final AttachmentState next, final String cause) {
        final AttachmentState from = state;
        state = next;
        status.to(next, cause);
        if (from != next) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: {1} to {2} {3}", stream, from, next, cause);
            listener.onStateChanged(from);
        }
    }

    private static Opened open(final Stream stream, final long wallClockNs) {
        final OwnNamespace opened = OwnNamespace.open(stream.streamId(), stream.memory(), wallClockNs);
        try {
            return new Opened(opened, opened.makeEpoch());
        } catch (final RuntimeException | Error ex) {
            try (opened) {
                throw ex;
            }
        }
    }

    private void onOpened(final @Nullable Opened opened, final @Nullable Throwable failure) {
        if (opened == null) {
            if (state == AttachmentState.ATTACHING) {
                fail(causeOf(failure));
            } else if (state == AttachmentState.DETACHING) {
                to(AttachmentState.CLOSED, "");
            }
            return;
        }
        namespace = opened.namespace;
        if (state != AttachmentState.ATTACHING) {
            lingering.release(opened.mapping);
            unlock();
        } else {
            begin(opened.mapping);
        }
    }

    private TensorPoolException causeOf(final @Nullable Throwable failure) {
        return failure instanceof final TensorPoolException cause
                ? cause
                : new TensorPoolException(
                        stream + ": its memory cannot be made: " + failure, Objects.requireNonNull(failure));
    }

    private void begin(final EpochMapping mapping) {
        final long nowNs = context.nanoClock().nanoTime();
        current = mapping;
        backoffNs = context.backoffMinNs();
        nextStampNs = nowNs;
        nextAnnounceNs = nowNs;
    }

    @Override
    public void onMapped() {
        if (state.holdsLease()) {
            to(AttachmentState.MAPPED, "");
        }
    }

    @Override
    public void onActive() {
        if (state.holdsLease()) {
            to(AttachmentState.ACTIVE, "");
        }
    }

    @Override
    public void onUnmapped() {
        if (state.holdsLease()) {
            to(AttachmentState.ATTACHED, "its memory is not mapped");
        }
    }

    @Override
    public int doWork(final long nowNs) {
        if (current != null) {
            return stamp(nowNs) + announce(nowNs) + collect(nowNs);
        }
        return state == AttachmentState.BACKOFF && nowNs - nextAttemptNs >= 0 ? make() : 0;
    }

    private int stamp(final long nowNs) {
        if (current == null || nowNs - nextStampNs < 0) {
            return 0;
        }
        nextStampNs = nowNs + context.announcePeriodNs();
        try {
            current.stampActivity(nowNs);
        } catch (final InternalError fault) {
            reattach("a file of its epoch was truncated: " + fault.getMessage());
        }
        return 1;
    }

    /**
     * At once when there is a new epoch, and then each period; what meets back pressure goes out as soon as it can. Nobody
     * can follow an epoch that was not announced, so it is not written into before.
     */
    private int announce(final long nowNs) {
        final EpochMapping epoch = current;
        if (epoch == null || nowNs - nextAnnounceNs < 0 || !send(epoch, nowNs)) {
            return 0;
        }
        nextAnnounceNs = nowNs + context.announcePeriodNs();
        if (state == AttachmentState.ATTACHING) {
            status.leased(0, AttachmentStatus.NO_NODE_ID, Long.MAX_VALUE, nowNs);
            to(AttachmentState.ATTACHED, "");
            listener.onEpochMade(epoch);
        }
        return 1;
    }

    private boolean send(final EpochMapping epoch, final long nowNs) {
        final ClockDomain clock = stream.memory().announceClock();
        final long timestampNs = clock == ClockDomain.MONOTONIC
                ? nowNs
                : context.epochNanoClock().nanoTime();
        try {
            return announces.announce(epoch.regions(), stream.producerId(), timestampNs, clock) > 0;
        } catch (final ConfigurationException | IllegalArgumentException refused) {
            fail(new ConfigurationException(
                    stream + ": its " + epoch.poolCount() + " pools cannot be announced on "
                            + context.announceEndpoint() + ": " + refused.getMessage(),
                    refused));
            return false;
        }
    }

    private int collect(final long nowNs) {
        int count = 0;
        while (namespace != null && past.isOldestDue(nowNs)) { // it is gone when the announce was refused just now
            delete(past.removeOldest());
            count++;
        }
        return count;
    }

    private void delete(final long epoch) {
        final OwnNamespace from = Objects.requireNonNull(namespace);
        fileWorker.submit(
                () -> {
                    from.delete(epoch);
                    return epoch;
                },
                (done, failure) -> report(failure));
    }

    private void report(final @Nullable Throwable failure) {
        if (failure != null) {
            context.errorHandler().onError(failure);
        }
    }

    @Override
    public void reattach(final String cause) {
        if (current != null) {
            end(cause, AttachmentState.REVOKED);
            make();
        }
    }

    /** Frames of this epoch are numbered anew when there is a publication again, so it must be another epoch then. */
    @Override
    public void onAeronLost() {
        if (state.holdsLease()) {
            reattach("Aeron closed its client");
        }
    }

    private void end(final String cause, final AttachmentState next) {
        final boolean wasHeld = state.holdsLease();
        final EpochMapping ended = current;
        current = null;
        to(next, cause);
        if (wasHeld) {
            listener.onLeaseLost(cause);
        }
        if (ended != null) {
            final long nowNs = context.nanoClock().nanoTime();
            past.add(ended.epoch(), nowNs);
            lingering.add(ended, nowNs);
        }
    }

    private int make() {
        to(AttachmentState.ATTACHING, "");
        final Callable<EpochMapping> task = Objects.requireNonNull(namespace)::makeEpoch;
        fileWorker.submit(task, this::onMade);
        return 1;
    }

    private void onMade(final @Nullable EpochMapping mapping, final @Nullable Throwable failure) {
        if (mapping == null) {
            onNotMade(causeOf(failure));
        } else if (state == AttachmentState.ATTACHING) {
            begin(mapping);
        } else {
            lingering.release(mapping);
        }
    }

    /** Past epochs make room, young ones too: a stream that stands still is worse than a post-mortem that is lost. */
    private void onNotMade(final TensorPoolException cause) {
        if (state != AttachmentState.ATTACHING) {
            return; // closed meanwhile
        }
        context.errorHandler().onError(cause);
        if (cause instanceof NoSpaceException && stream.memory().epochPolicy().collect()) {
            while (!past.isEmpty()) {
                delete(past.removeOldest());
            }
        }
        to(AttachmentState.BACKOFF, String.valueOf(cause.getMessage()));
        nextAttemptNs = context.nanoClock().nanoTime()
                + backoffNs / 2
                + ThreadLocalRandom.current().nextLong(backoffNs / 2 + 1);
        backoffNs = Math.min(2 * backoffNs, context.backoffMaxNs());
    }

    @Override
    public void fail(final TensorPoolException cause) {
        if (state.isFinal()) {
            return;
        }
        status.failed(cause);
        release(AttachmentState.FAILED, String.valueOf(cause.getMessage()));
        listener.onAttachFailed(cause);
    }

    @Override
    public void abandon(final TensorPoolException cause) {
        if (!state.isFinal()) {
            status.failed(cause);
            release(AttachmentState.CLOSED, String.valueOf(cause.getMessage()));
        }
    }

    @Override
    public void close(final long timeoutNs) {
        if (!state.isFinal() && state != AttachmentState.DETACHING) {
            release(AttachmentState.DETACHING, "");
        }
    }

    /** What is being opened or made at this moment goes when it is done. */
    private void release(final AttachmentState next, final String cause) {
        end(cause, next);
        if (namespace != null) {
            unlock();
        }
    }

    private void unlock() {
        final OwnNamespace toClose = Objects.requireNonNull(namespace);
        namespace = null;
        fileWorker.submit(
                () -> {
                    toClose.close();
                    return toClose;
                },
                (done, failure) -> {
                    report(failure);
                    if (state == AttachmentState.DETACHING) {
                        to(AttachmentState.CLOSED, "");
                    }
                });
    }

    @Override
    public String toString() {
        return stream.toString();
    }
}
