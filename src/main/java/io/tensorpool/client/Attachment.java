package io.tensorpool.client;

import io.tensorpool.AttachException;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.DriverRequestProxy;
import java.util.concurrent.ThreadLocalRandom;
import org.agrona.collections.LongArrayList;

/**
 * A client's hold on one stream: asks the driver for a lease, keeps it alive, and asks again when it is lost (driver
 * specification 4.12 and appendix B). A first refusal is final, since the caller waits for it; once there was a lease,
 * everything is tried again with a growing, jittered delay.
 *
 * <pre>
 *   state      event                  effect                                  next
 *   ---------  ---------------------  --------------------------------------  ---------
 *   IDLE       tick, due              attach request                          ATTACHING
 *   IDLE       granted late           owner told, keepalives start            ATTACHED
 *   ATTACHING  granted                owner told, keepalives start            ATTACHED
 *   ATTACHING  refused, first time    owner told                              FAILED
 *   ATTACHING  refused, protocol      delay grows                             IDLE
 *              error, time-out
 *   ATTACHED   keepalive due          keepalive                               ATTACHED
 *   ATTACHED   revoked, expired,      owner told, delay grows                 IDLE
 *              driver ended
 *   ATTACHED   driver silent, later   detach request, owner told, delay       IDLE
 *              epoch, reattach        grows
 *   ATTACHED   close                  detach request                          DETACHING
 *   ATTACHING  close                                                          DETACHING
 *   DETACHING  granted late           detach request                          DETACHING
 *   DETACHING  answered, time-out                                             CLOSED
 *   other      close                                                          CLOSED
 * </pre>
 *
 * A driver that makes memory may answer after this side gave up waiting, so every request that was not answered yet is
 * remembered: its answer is as good as that to the newest one. Otherwise its lease would stand in the way of the next
 * request until it expires.
 *
 * A driver that was killed says nothing, and keepalives are not answered; its announces are what is missed (driver
 * specification 4.13). One that came back in the meantime may announce the stream for somebody else: to a producer, an
 * epoch after its own says that the lease is over.
 *
 * Conductor's thread only.
 */
final class Attachment {
    /** Where an attachment stands. */
    enum State {
        IDLE,
        ATTACHING,
        ATTACHED,
        DETACHING,
        FAILED,
        CLOSED
    }

    /** Who uses the lease. */
    interface Owner {
        /** A lease was granted: map these regions. */
        void onLeaseGranted(EpochRegions regions);

        /** The lease is gone: stop using its regions at once. */
        void onLeaseLost(String cause);

        /** There never was a lease and never will be. */
        void onAttachFailed(TensorPoolException cause);
    }

    private static final System.Logger LOG = System.getLogger(Attachment.class.getName());
    /** Requests without an answer that are remembered; older ones were lost. */
    private static final int MAX_UNANSWERED = 16;
    /** A lease is kept alive so many times within its duration, whatever interval was configured. */
    private static final int KEEPALIVES_PER_LEASE = 3;

    private static final String CLIENT_ID_TAKEN = "client_id already attached";

    private final ClientContext context;
    private final DriverRequestProxy driver;
    private final ClientIds ids;
    private final int streamId;
    private final Role role;
    private final Owner owner;

    private State state = State.IDLE;
    private int clientId;
    private long correlationId;
    private final LongArrayList unanswered = new LongArrayList();
    private long leaseId;
    private long leaseEpoch;
    private long leaseDurationNs;
    private long leaseExpiryNs;
    private long lastAnnounceNs;
    private long nextActionNs;
    private long backoffNs;
    private boolean wasAttached;
    private boolean isToGiveBack;

    Attachment(
            final ClientContext context,
            final DriverRequestProxy driver,
            final ClientIds ids,
            final int streamId,
            final Role role,
            final Owner owner) {
        this.context = context;
        this.driver = driver;
        this.ids = ids;
        this.streamId = streamId;
        this.role = role;
        this.owner = owner;
        clientId = ids.nextClientId();
        nextActionNs = context.nanoClock().nanoTime();
        backoffNs = context.backoffMinNs();
    }

    State state() {
        return state;
    }

    int clientId() {
        return clientId;
    }

    long leaseId() {
        return leaseId;
    }

    boolean isAttached() {
        return state == State.ATTACHED;
    }

    int doWork(final long nowNs) {
        return switch (state) {
            case IDLE -> isDue(nowNs) ? sendAttach(nowNs) : 0;
            case ATTACHING -> isDue(nowNs) ? onNoAnswer(nowNs) : 0;
            case ATTACHED -> keepAlive(nowNs);
            case DETACHING -> isDue(nowNs) ? onNotDetached() : 0;
            case FAILED, CLOSED -> 0;
        };
    }

    private boolean isDue(final long nowNs) {
        return nowNs - nextActionNs >= 0;
    }

    private int onNoAnswer(final long nowNs) {
        LOG.log(System.Logger.Level.DEBUG, "{0}: no answer from the driver", this);
        backOff(nowNs);
        return 1;
    }

    private int onNotDetached() {
        state = State.CLOSED;
        return 1;
    }

    private int sendAttach(final long nowNs) {
        if (isToGiveBack) {
            isToGiveBack = driver.detach(ids.nextCorrelationId(), leaseId, streamId, clientId, role) <= 0;
            if (isToGiveBack) {
                return 0;
            }
        }
        final long id = ids.nextCorrelationId();
        if (driver.attach(id, streamId, clientId, role, EpochRegions.LAYOUT_VERSION, DriverRequestProxy.NO_NODE_ID)
                <= 0) {
            return 0;
        }
        correlationId = id;
        if (unanswered.size() == MAX_UNANSWERED) {
            unanswered.removeAt(0);
        }
        unanswered.addLong(id);
        state = State.ATTACHING;
        nextActionNs = nowNs + answerTimeoutNs();
        return 1;
    }

    /**
     * After a loss the driver may be just about to start, and a request that nobody hears must not cost long. Asking again
     * while memory is being made is harmless: an answer to any of the requests will do.
     */
    private long answerTimeoutNs() {
        return wasAttached ? Math.min(context.attachTimeoutNs(), backoffNs) : context.attachTimeoutNs();
    }

    private int keepAlive(final long nowNs) {
        if (nowNs - leaseExpiryNs >= 0) {
            lose("its keepalives could not be sent before it expired", nowNs);
            return 1;
        }
        if (!isDue(nowNs) || driver.keepalive(leaseId, streamId, clientId, role, nowNs) <= 0) {
            return 0;
        }
        nextActionNs = nowNs + keepaliveIntervalNs();
        leaseExpiryNs = nowNs + leaseDurationNs;
        return 1;
    }

    /** The driver's leases may be shorter than what is configured here. */
    private long keepaliveIntervalNs() {
        return Math.min(context.keepaliveIntervalNs(), leaseDurationNs / KEEPALIVES_PER_LEASE);
    }

    void onAttached(final long answered, final long newLeaseId, final long expiryNs, final EpochRegions regions) {
        if (!unanswered.removeLong(answered)) {
            return; // another client's, or one of an earlier process
        }
        if (state == State.DETACHING) {
            giveBack(newLeaseId);
            return;
        }
        if (regions.streamId() != streamId) {
            failAttach("it is for stream " + Integer.toUnsignedString(regions.streamId()));
            return;
        }
        final long nowNs = context.nanoClock().nanoTime();
        unanswered.clear();
        leaseId = newLeaseId;
        leaseEpoch = regions.epoch();
        lastAnnounceNs = nowNs;
        leaseDurationNs = expiryNs == -1 ? Long.MAX_VALUE / 2 : expiryNs - nowNs;
        leaseExpiryNs = nowNs + leaseDurationNs;
        nextActionNs = nowNs + keepaliveIntervalNs();
        backoffNs = context.backoffMinNs();
        wasAttached = true;
        state = State.ATTACHED;
        LOG.log(System.Logger.Level.DEBUG, "{0}: lease {1}", this, leaseId);
        owner.onLeaseGranted(regions);
    }

    void onRefused(final long answered, final ResponseCode code, final String text) {
        if (!unanswered.removeLong(answered)) {
            return;
        }
        LOG.log(System.Logger.Level.DEBUG, "{0}: refused with {1}: {2}", this, code, text);
        if (state == State.DETACHING && unanswered.isEmpty()) {
            state = State.CLOSED;
        }
        if (state != State.ATTACHING || answered != correlationId) {
            return; // a later request is under way, or will be
        }
        final boolean isIdTaken = text.equals(CLIENT_ID_TAKEN) && ids.areChosen();
        if (isIdTaken) {
            clientId = ids.nextClientId();
            unanswered.clear(); // asked for under the other id
        }
        if (wasAttached || isIdTaken) {
            backOff(context.nanoClock().nanoTime());
        } else {
            state = State.FAILED;
            owner.onAttachFailed(new AttachException(streamId, role, code, text));
        }
    }

    void onProtocolError(final long answered, final String fault) {
        if (unanswered.removeLong(answered)) {
            failAttach(fault);
        }
    }

    private void failAttach(final String fault) {
        context.errorHandler().onError(new TensorPoolException(this + ": the driver's answer is not usable: " + fault));
        if (state == State.ATTACHING) {
            backOff(context.nanoClock().nanoTime());
        }
    }

    void onRevoked(final long revokedLeaseId, final int ofStreamId, final int ofClientId, final Role ofRole) {
        if (state == State.ATTACHED
                && revokedLeaseId == leaseId
                && ofStreamId == streamId
                && ofClientId == clientId
                && ofRole == role) {
            lose("the driver revoked it", context.nanoClock().nanoTime());
        }
    }

    void onDriverShutdown() {
        if (state == State.ATTACHED) {
            lose("the driver ended", context.nanoClock().nanoTime());
        }
    }

    /** A fresh announce of any stream. */
    void onAnnounce(final EpochRegions regions) {
        if (state != State.ATTACHED || regions.streamId() != streamId) {
            return;
        }
        lastAnnounceNs = context.nanoClock().nanoTime();
        if (role == Role.PRODUCER && Long.compareUnsigned(regions.epoch(), leaseEpoch) > 0) {
            reattach("the driver announces epoch " + Long.toUnsignedString(regions.epoch()) + " already");
        }
    }

    /**
     * Aeron is lost: what the driver said meanwhile was not heard, so the lease may be over. It is given back as soon as
     * the driver can be reached, in case it is not.
     */
    void onAeronLost() {
        unanswered.clear(); // no answer finds the way any more
        switch (state) {
            case ATTACHED -> {
                isToGiveBack = true;
                lose("Aeron was lost", context.nanoClock().nanoTime());
            }
            case ATTACHING -> backOff(context.nanoClock().nanoTime());
            case DETACHING -> state = State.CLOSED; // the driver lets it expire
            case IDLE, FAILED, CLOSED -> {}
        }
    }

    /** All announces that came until now were heard: if the stream's are missing, the driver is gone. */
    int checkAnnounced(final long nowNs) {
        if (state != State.ATTACHED || nowNs - lastAnnounceNs <= context.freshnessNs()) {
            return 0;
        }
        reattach("the driver announces its stream no more");
        return 1;
    }

    void onDetached(final long answered) {
        if (state == State.DETACHING && answered == correlationId) {
            state = State.CLOSED;
        }
    }

    /** Gives the lease up, because its memory is not usable or its driver is gone, and asks for another. */
    void reattach(final String cause) {
        if (state == State.ATTACHED) {
            driver.detach(ids.nextCorrelationId(), leaseId, streamId, clientId, role); // else the driver lets it expire
            lose(cause, context.nanoClock().nanoTime());
        }
    }

    /** Gives the lease back, also one that is only asked for. Over when {@link #state} is CLOSED. */
    void close(final long timeoutNs) {
        if (state == State.DETACHING) {
            return;
        }
        final boolean wasHeld = state == State.ATTACHED;
        state = wasHeld || !unanswered.isEmpty() ? State.DETACHING : State.CLOSED;
        nextActionNs = context.nanoClock().nanoTime() + timeoutNs;
        if (wasHeld) {
            giveBack(leaseId);
        }
    }

    private void giveBack(final long grantedLeaseId) {
        correlationId = ids.nextCorrelationId();
        if (driver.detach(correlationId, grantedLeaseId, streamId, clientId, role) <= 0) {
            state = State.CLOSED; // the driver lets it expire
        }
    }

    private void lose(final String cause, final long nowNs) {
        LOG.log(System.Logger.Level.DEBUG, "{0}: lease {1} lost: {2}", this, leaseId, cause);
        backOff(nowNs);
        owner.onLeaseLost(cause);
    }

    private void backOff(final long nowNs) {
        state = State.IDLE;
        nextActionNs = nowNs + backoffNs / 2 + ThreadLocalRandom.current().nextLong(backoffNs / 2 + 1);
        backoffNs = Math.min(2 * backoffNs, context.backoffMaxNs());
    }

    @Override
    public String toString() {
        return role + " of stream " + Integer.toUnsignedString(streamId) + " as client "
                + Integer.toUnsignedString(clientId);
    }
}
