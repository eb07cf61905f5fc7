package io.tensorpool.client;

import io.tensorpool.AttachException;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.DriverRequestProxy;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A client's hold on one stream: asks the driver for a lease, keeps it alive, and asks again when it is lost (driver
 * specification 4.12 and appendix B). A first refusal is final, since the caller waits for it; once there was a lease,
 * everything is tried again with a growing, jittered delay, except what no try can mend.
 *
 * <pre>
 *   state        event                   effect                                 next
 *   ----------   ---------------------   ------------------------------------   ----------
 *   waiting      tick, due               attach request                         ATTACHING
 *   waiting      granted late            owner told, keepalives start           ATTACHED
 *   ATTACHING    granted                 owner told, keepalives start           ATTACHED
 *   ATTACHING    refused, first time     owner told                             FAILED
 *   ATTACHING    refused UNSUPPORTED,    owner told                             FAILED
 *                5 unusable answers
 *   ATTACHING    refused, unusable       delay grows                            BACKOFF
 *                answer, time-out
 *   holding      keepalive due           keepalive                              the same
 *   holding      owner mapped, bound                                            MAPPED, ACTIVE
 *   holding      revoked, expired        owner told, delay grows                REVOKED
 *   holding      driver ended            owner told, delay grows                SHUT_DOWN
 *   holding      driver silent, later    owner told, detach request, delay      REVOKED
 *                epoch, reattach         grows
 *   holding      Aeron lost              owner told, detach request later       CONNECTING
 *   ATTACHING    Aeron lost                                                     CONNECTING
 *   holding      close                   detach request                         DETACHING
 *   ATTACHING    close                                                          DETACHING
 *   DETACHING    granted late            detach request                         DETACHING
 *   DETACHING    answered, time-out,                                            CLOSED
 *                Aeron lost
 *   FAILED       close                                                          FAILED
 *   over         granted late            detach request                         the same
 *   other        close                                                          CLOSED
 *
 *   waiting: CONNECTING, BACKOFF, REVOKED, SHUT_DOWN; holding: ATTACHED, MAPPED, ACTIVE
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
final class Attachment implements Hold {
    /** Who uses the lease. */
    interface Owner extends Hold.Owner {
        /** A lease was granted: map these regions. */
        void onLeaseGranted(EpochRegions regions);
    }

    private static final System.Logger LOG = System.getLogger(Attachment.class.getName());
    /** A lease is kept alive so many times within its duration, whatever interval was configured. */
    private static final int KEEPALIVES_PER_LEASE = 3;
    /** Answers in a row that no client could use; one more try would bring one more. */
    private static final int MAX_PROTOCOL_ERRORS = 5;

    private static final String CLIENT_ID_TAKEN = "client_id already attached";

    private final ClientContext context;
    private final DriverRequestProxy driver;
    private final ClientIds ids;
    private final int streamId;
    private final Role role;
    private final Owner owner;
    private final AttachmentStatus status;

    private AttachmentState state = AttachmentState.INIT;
    private int clientId;
    private long correlationId;
    private final OpenRequests unanswered = new OpenRequests();
    private long leaseId;
    private long leaseEpoch;
    private long leaseAskedNs;
    private long leaseDurationNs;
    private long leaseExpiryNs;
    private long lastAnnounceNs;
    private long nextActionNs;
    private long backoffNs;
    private int protocolErrors;
    private boolean wasAttached;
    private boolean isToGiveBack;

    Attachment(
            final ClientContext context,
            final DriverRequestProxy driver,
            final ClientIds ids,
            final int streamId,
            final Role role,
            final Owner owner,
            final AttachmentStatus status) {
        this.context = context;
        this.driver = driver;
        this.ids = ids;
        this.streamId = streamId;
        this.role = role;
        this.owner = owner;
        this.status = status;
        clientId = ids.nextClientId();
        nextActionNs = context.nanoClock().nanoTime();
        backoffNs = context.backoffMinNs();
        state = AttachmentState.CONNECTING; // the owner is not there yet
        status.to(state, "");
    }

    @Override
    public AttachmentState state() {
        return state;
    }

    @Override
    public int clientId() {
        return clientId;
    }

    long leaseId() {
        return leaseId;
    }

    private void to(final AttachmentState next, final String cause) {
        final AttachmentState from = state;
        state = next;
        status.to(next, cause);
        if (from != next) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: {1} to {2} {3}", this, from, next, cause);
            owner.onStateChanged(from);
        }
    }

    @Override
    public int doWork(final long nowNs) {
        if (state.holdsLease()) {
            return keepAlive(nowNs);
        }
        if (state.isFinal() || !isDue(nowNs)) {
            return 0;
        }
        if (state == AttachmentState.DETACHING) {
            to(AttachmentState.CLOSED, "the driver did not answer");
            return 1;
        }
        if (state == AttachmentState.ATTACHING) {
            backOff(nowNs, "the driver did not answer");
            return 1;
        }
        return sendAttach(nowNs);
    }

    private boolean isDue(final long nowNs) {
        return nowNs - nextActionNs >= 0;
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
        status.asksAs(clientId, id);
        unanswered.add(id, nowNs);
        to(AttachmentState.ATTACHING, "");
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
            lose(AttachmentState.REVOKED, "its keepalives could not be sent before it expired", nowNs);
            return 1;
        }
        if (!isDue(nowNs) || driver.keepalive(leaseId, streamId, clientId, role, nowNs) <= 0) {
            return 0;
        }
        nextActionNs = nowNs + keepaliveIntervalNs();
        leaseExpiryNs = nowNs + leaseDurationNs;
        status.keptAlive(hasExpiry() ? leaseExpiryNs : Long.MAX_VALUE, nowNs);
        return 1;
    }

    /** The driver's leases may be shorter than what is configured here. */
    private long keepaliveIntervalNs() {
        return Math.min(context.keepaliveIntervalNs(), leaseDurationNs / KEEPALIVES_PER_LEASE);
    }

    private boolean hasExpiry() {
        return leaseDurationNs != Long.MAX_VALUE / 2;
    }

    void onAttached(
            final long answered,
            final long newLeaseId,
            final long expiryNs,
            final int nodeId,
            final EpochRegions regions) {
        if (!unanswered.answer(answered)) {
            return;
        }
        if (state.isFinal()) { // the session is still here because a thread is inside it: the lease is nobody's
            driver.detach(ids.nextCorrelationId(), newLeaseId, streamId, clientId, role);
            return;
        }
        if (state == AttachmentState.DETACHING) {
            giveBack(newLeaseId);
            return;
        }
        if (regions.streamId() != streamId) {
            onUnusable("it is for stream " + Integer.toUnsignedString(regions.streamId()));
            return;
        }
        final long nowNs = context.nanoClock().nanoTime();
        leaseAskedNs = unanswered.answeredSentNs();
        unanswered.clear();
        leaseId = newLeaseId;
        leaseEpoch = regions.epoch();
        lastAnnounceNs = nowNs;
        leaseDurationNs = expiryNs == -1 ? Long.MAX_VALUE / 2 : expiryNs - nowNs;
        leaseExpiryNs = nowNs + leaseDurationNs;
        nextActionNs = nowNs + keepaliveIntervalNs();
        protocolErrors = 0;
        wasAttached = true;
        status.leased(newLeaseId, nodeId, hasExpiry() ? leaseExpiryNs : Long.MAX_VALUE, nowNs);
        to(AttachmentState.ATTACHED, "");
        owner.onLeaseGranted(regions);
    }

    @Override
    public void onMapped() {
        if (state.holdsLease()) {
            backoffNs =
                    context.backoffMinNs(); // not before: each grant of what cannot be mapped makes the driver's work
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

    void onRefused(final long answered, final ResponseCode code, final String text) {
        if (!unanswered.answer(answered)) {
            return;
        }
        LOG.log(System.Logger.Level.DEBUG, "{0}: refused with {1}: {2}", this, code, text);
        if (state == AttachmentState.DETACHING && unanswered.isEmpty()) {
            to(AttachmentState.CLOSED, "");
        }
        if (state != AttachmentState.ATTACHING || answered != correlationId) {
            return; // a later request is under way, or will be
        }
        final boolean isIdTaken = text.equals(CLIENT_ID_TAKEN) && ids.areChosen();
        if (isIdTaken) {
            clientId = ids.nextClientId();
            unanswered.clear(); // asked for under the other id
        }
        if (code == ResponseCode.INVALID_PARAMS) {
            protocolErrors++;
        }
        final boolean isPassing = code != ResponseCode.UNSUPPORTED && protocolErrors < MAX_PROTOCOL_ERRORS;
        if (isIdTaken || (wasAttached && isPassing)) {
            backOff(context.nanoClock().nanoTime(), "the driver refused with " + code + ": " + text);
        } else {
            fail(new AttachException(streamId, role, code, text));
        }
    }

    void onProtocolError(final long answered, final String fault) {
        if (unanswered.answer(answered)) {
            onUnusable(fault);
        }
    }

    /** The specification wants the attach dropped and tried again; a driver that never answers otherwise is no use. */
    private void onUnusable(final String fault) {
        final TensorPoolException cause =
                new TensorPoolException(this + ": the driver's answer is not usable: " + fault);
        protocolErrors++;
        if (state == AttachmentState.ATTACHING && protocolErrors >= MAX_PROTOCOL_ERRORS) {
            fail(cause);
            return;
        }
        context.errorHandler().onError(cause);
        if (state == AttachmentState.ATTACHING) {
            backOff(context.nanoClock().nanoTime(), "the driver's answer is not usable: " + fault);
        }
    }

    /** Ends for good; a lease that is held is given back. */
    @Override
    public void fail(final TensorPoolException cause) {
        if (state.holdsLease()) {
            driver.detach(ids.nextCorrelationId(), leaseId, streamId, clientId, role); // else the driver lets it expire
        }
        status.failed(cause);
        to(AttachmentState.FAILED, String.valueOf(cause.getMessage()));
        owner.onAttachFailed(cause);
    }

    void onRevoked(final long revokedLeaseId, final int ofStreamId, final int ofClientId, final Role ofRole) {
        if (state.holdsLease()
                && revokedLeaseId == leaseId
                && ofStreamId == streamId
                && ofClientId == clientId
                && ofRole == role) {
            lose(
                    AttachmentState.REVOKED,
                    "the driver revoked it",
                    context.nanoClock().nanoTime());
        }
    }

    /** A notice from before the lease was asked for is of the driver before: the one that granted it came later. */
    void onDriverShutdown(final long timestampNs) {
        if (state.holdsLease() && timestampNs - leaseAskedNs >= 0) {
            lose(
                    AttachmentState.SHUT_DOWN,
                    "the driver ended",
                    context.nanoClock().nanoTime());
        }
    }

    /** A fresh announce of any stream. */
    void onAnnounce(final EpochRegions regions) {
        if (!state.holdsLease() || regions.streamId() != streamId) {
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
    @Override
    public void onAeronLost() {
        final String cause = "Aeron closed its client";
        final long nowNs = context.nanoClock().nanoTime();
        unanswered.clear(); // no answer finds the way any more
        if (state.holdsLease()) {
            isToGiveBack = true;
            lose(AttachmentState.CONNECTING, cause, nowNs);
        } else if (state == AttachmentState.DETACHING) {
            to(AttachmentState.CLOSED, cause); // the driver lets it expire
        } else if (!state.isFinal()) {
            backOff(nowNs, cause);
            to(AttachmentState.CONNECTING, cause);
        }
    }

    /** The given Aeron client is gone, and this with it: nothing can be said to anybody. */
    @Override
    public void abandon(final TensorPoolException cause) {
        if (!state.isFinal()) {
            status.failed(cause);
            to(AttachmentState.CLOSED, String.valueOf(cause.getMessage()));
        }
    }

    /** All announces that came until now were heard: if the stream's are missing, the driver is gone. */
    int checkAnnounced(final long nowNs) {
        if (!state.holdsLease() || nowNs - lastAnnounceNs <= context.freshnessNs()) {
            return 0;
        }
        reattach("the driver announces its stream no more");
        return 1;
    }

    void onDetached(final long answered) {
        if (state == AttachmentState.DETACHING && answered == correlationId) {
            to(AttachmentState.CLOSED, "");
        }
    }

    /** Gives the lease up, because its memory is not usable or its driver is gone, and asks for another. */
    @Override
    public void reattach(final String cause) {
        if (state.holdsLease()) {
            // What cannot be sent now is sent before the next request; else the driver lets it expire.
            isToGiveBack = driver.detach(ids.nextCorrelationId(), leaseId, streamId, clientId, role) <= 0;
            lose(AttachmentState.REVOKED, cause, context.nanoClock().nanoTime());
        }
    }

    /** Driver specification, appendix B.2. */
    @Override
    public void reattachAsAnother(final String cause) {
        if (state.holdsLease()) {
            reattach(cause);
            clientId = ids.nextClientId();
            unanswered.clear(); // asked for under the other id
            isToGiveBack = false; // likewise: the driver lets it expire
        }
    }

    /** Gives the lease back, also one that is only asked for. Over when the state is final. */
    @Override
    public void close(final long timeoutNs) {
        if (state.isFinal() || state == AttachmentState.DETACHING) {
            return;
        }
        final boolean wasHeld = state.holdsLease();
        to(wasHeld || !unanswered.isEmpty() ? AttachmentState.DETACHING : AttachmentState.CLOSED, "");
        nextActionNs = context.nanoClock().nanoTime() + timeoutNs;
        if (wasHeld) {
            giveBack(leaseId);
        }
    }

    private void giveBack(final long grantedLeaseId) {
        correlationId = ids.nextCorrelationId();
        if (driver.detach(correlationId, grantedLeaseId, streamId, clientId, role) <= 0) {
            to(AttachmentState.CLOSED, "the driver cannot be reached"); // it lets the lease expire
        }
    }

    private void lose(final AttachmentState next, final String cause, final long nowNs) {
        LOG.log(System.Logger.Level.DEBUG, "{0}: lease {1} lost", this, leaseId);
        delay(nowNs);
        to(next, cause);
        owner.onLeaseLost(cause);
    }

    private void backOff(final long nowNs, final String cause) {
        delay(nowNs);
        to(AttachmentState.BACKOFF, cause);
    }

    private void delay(final long nowNs) {
        nextActionNs = nowNs + backoffNs / 2 + ThreadLocalRandom.current().nextLong(backoffNs / 2 + 1);
        backoffNs = Math.min(2 * backoffNs, context.backoffMaxNs());
    }

    @Override
    public String toString() {
        return role + " of stream " + Integer.toUnsignedString(streamId) + " as client "
                + Integer.toUnsignedString(clientId);
    }
}
