package io.tensorpool.client;

import io.tensorpool.AttachException;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.DriverRequestProxy;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * A lease that is asked for, held, or over; made by {@link DriverClient#attach}. Nothing is tried again by itself. Used by the
 * thread of its {@link DriverClient}.
 */
public final class DriverAttachment {
    /** Where an attachment stands. */
    public enum State {
        /** Asked for. */
        ATTACHING,
        /** The lease is held. */
        ATTACHED,
        /** The driver refused, or its answer is not usable; see {@link DriverAttachment#failure()}. */
        REFUSED,
        /** The driver did not answer in time. A lease that it grants later is given back at once. */
        UNANSWERED,
        /** The lease is being given back. */
        DETACHING,
        /** The driver has taken the lease back, or did not answer that in time, so that it lets it expire. */
        DETACHED,
        /** The driver ended the lease. */
        REVOKED,
        /** The lease was not kept alive in time. */
        EXPIRED,
        /** The driver ended, or the media driver was lost; all leases with it. */
        LOST;

        /**
         * Whether nothing follows.
         *
         * @return false for {@link #ATTACHING}, {@link #ATTACHED} and {@link #DETACHING}.
         */
        public boolean isFinal() {
            return this != ATTACHING && this != ATTACHED && this != DETACHING;
        }
    }

    /** So many time-outs after the first an answer is not to be expected any more. */
    private static final int LATE_ANSWERS = 10;

    private final DriverRequestProxy driver;
    private final AttachOptions options;
    private final NanoClock clock;
    private final DriverClient.Timing timing;
    private final int clientId;
    private final long registrationId;
    private final long correlationId;
    private final long askedNs;
    private final long deadlineNs;
    private State state = State.ATTACHING;
    private boolean isSent;
    private long detachCorrelationId;
    private boolean isDetachSent;
    private long detachDeadlineNs;
    private long leaseId;
    private long leaseDurationNs;
    private long leaseExpiryNs;
    private long lastKeepaliveNs;
    private int nodeId = AttachmentStatus.NO_NODE_ID;
    private @Nullable EpochRegions regions;
    private @Nullable TensorPoolException failure;

    DriverAttachment(
            final DriverRequestProxy driver,
            final AttachOptions options,
            final NanoClock clock,
            final DriverClient.Timing timing,
            final int clientId,
            final long registrationId,
            final long correlationId) {
        this.driver = driver;
        this.options = options;
        this.clock = clock;
        this.timing = timing;
        this.clientId = clientId;
        this.registrationId = registrationId;
        this.correlationId = correlationId;
        this.askedNs = clock.nanoTime();
        this.deadlineNs = askedNs + timing.answerTimeoutNs();
    }

    /** Sends what is due, and notices what is late. Returns a work count. */
    int doWork(final long nowNs) {
        return switch (state) {
            case ATTACHING -> nowNs - deadlineNs >= 0 ? end(State.UNANSWERED) : request();
            case ATTACHED -> keepAliveIfDue(nowNs);
            case DETACHING -> nowNs - detachDeadlineNs >= 0 ? end(State.DETACHED) : requestDetach();
            default -> 0;
        };
    }

    private int end(final State next) {
        state = next;
        return 1;
    }

    private int request() {
        if (isSent) {
            return 0;
        }
        isSent = driver.attach(
                        correlationId,
                        options.streamId(),
                        clientId,
                        options.role(),
                        options.expectedLayoutVersion(),
                        options.publishMode(),
                        options.hugepages(),
                        options.desiredNodeId())
                > 0;
        return isSent ? 1 : 0;
    }

    private int keepAliveIfDue(final long nowNs) {
        if (nowNs - leaseExpiryNs >= 0) {
            return end(State.EXPIRED);
        }
        final boolean isDue =
                timing.keepaliveIntervalNs() > 0 && nowNs - lastKeepaliveNs >= timing.keepaliveIntervalNs();
        return isDue && keepalive() ? 1 : 0;
    }

    private int requestDetach() {
        if (isDetachSent) {
            return 0;
        }
        isDetachSent = driver.detach(detachCorrelationId, leaseId, options.streamId(), clientId, options.role()) > 0;
        return isDetachSent ? 1 : 0;
    }

    /** Whether no answer that still matters can come. */
    boolean isForgettable(final long nowNs) {
        return state != State.UNANSWERED || nowNs - deadlineNs >= LATE_ANSWERS * timing.answerTimeoutNs();
    }

    /** Begins to give the lease back. */
    void detach(final long newCorrelationId) {
        detachCorrelationId = newCorrelationId;
        detachDeadlineNs = clock.nanoTime() + timing.answerTimeoutNs();
        state = State.DETACHING;
        requestDetach();
    }

    /** Whether the answer is to this attachment's request. A late one is for a lease that nobody wants any more. */
    boolean onAttached(final long newLeaseId, final long expiryNs, final int newNodeId, final EpochRegions newRegions) {
        if (state == State.UNANSWERED) {
            driver.detach(correlationId, newLeaseId, options.streamId(), clientId, options.role());
            return false;
        }
        if (state != State.ATTACHING) {
            return false;
        }
        if (newRegions.streamId() != options.streamId()) {
            onUnusable("it is for stream " + Integer.toUnsignedString(newRegions.streamId()));
            return false;
        }
        final long nowNs = clock.nanoTime();
        leaseId = newLeaseId;
        leaseDurationNs = expiryNs == -1 ? Long.MAX_VALUE / 2 : expiryNs - nowNs;
        leaseExpiryNs = nowNs + leaseDurationNs;
        lastKeepaliveNs = nowNs;
        nodeId = newNodeId;
        regions = newRegions;
        state = State.ATTACHED;
        return true;
    }

    void onRefused(final ResponseCode code, final String text) {
        if (state == State.ATTACHING) {
            failure = new AttachException(options.streamId(), options.role(), code, text);
            state = State.REFUSED;
        }
    }

    void onUnusable(final String fault) {
        if (state == State.ATTACHING) {
            failure = new TensorPoolException(this + ": the driver's answer is not usable: " + fault);
            state = State.REFUSED;
        }
    }

    /** Whether the lease was this one's, and is over by that. */
    boolean onRevoked(final long ofLeaseId, final int ofStreamId, final int ofClientId, final Role ofRole) {
        if ((state != State.ATTACHED && state != State.DETACHING)
                || ofLeaseId != leaseId
                || ofStreamId != options.streamId()
                || ofClientId != clientId
                || ofRole != options.role()) {
            return false;
        }
        state = state == State.DETACHING ? State.DETACHED : State.REVOKED;
        return true;
    }

    void onDetached(final long answered) {
        if (state == State.DETACHING && answered == detachCorrelationId) {
            state = State.DETACHED;
        }
    }

    /** A driver ended. What is only asked for may be granted by the next; a notice older than the request is not its end. */
    void onDriverShutdown(final long timestampNs) {
        if (state != State.ATTACHING && timestampNs - askedNs >= 0) {
            onLost();
        }
    }

    /** The media driver is gone, or this client. */
    void onLost() {
        if (!state.isFinal()) {
            state = state == State.DETACHING ? State.DETACHED : State.LOST;
        }
    }

    /**
     * Keeps the lease alive now (driver specification 4.4). Needed only where the client's keepalive interval is 0.
     *
     * @return whether it was sent; false too when the lease is not held.
     */
    public boolean keepalive() {
        final long nowNs = clock.nanoTime();
        if (state != State.ATTACHED
                || driver.keepalive(leaseId, options.streamId(), clientId, options.role(), nowNs) <= 0) {
            return false;
        }
        lastKeepaliveNs = nowNs;
        leaseExpiryNs = nowNs + leaseDurationNs;
        return true;
    }

    /**
     * Where it stands; changes in {@link DriverClient#doWork}.
     *
     * @return the state.
     */
    public State state() {
        return state;
    }

    /**
     * Why the driver refused.
     *
     * @return null unless it is {@link State#REFUSED}; {@link AttachException} with the driver's code and text.
     */
    public @Nullable TensorPoolException failure() {
        return failure;
    }

    /**
     * What was asked for.
     *
     * @return as given.
     */
    public AttachOptions options() {
        return options;
    }

    /**
     * Number of this attachment, unlike that of any other of the same client.
     *
     * @return from 1.
     */
    public long registrationId() {
        return registrationId;
    }

    /**
     * Correlation id of the attach request.
     *
     * @return chosen by the client.
     */
    public long correlationId() {
        return correlationId;
    }

    /**
     * Correlation id of the detach request.
     *
     * @return 0 before there is one.
     */
    public long detachCorrelationId() {
        return detachCorrelationId;
    }

    /**
     * Id under which the driver knows the holder of the lease.
     *
     * @return unsigned, not 0.
     */
    public int clientId() {
        return clientId;
    }

    /**
     * Id of the lease.
     *
     * @return 0 before it was granted.
     */
    public long leaseId() {
        return leaseId;
    }

    /**
     * When the lease ends unless it is kept alive.
     *
     * @return on the client's clock; 0 before it was granted.
     */
    public long leaseExpiryNs() {
        return leaseExpiryNs;
    }

    /**
     * When the last keepalive was sent, or the lease was granted.
     *
     * @return on the client's clock; 0 before it was granted.
     */
    public long lastKeepaliveNs() {
        return lastKeepaliveNs;
    }

    /**
     * Node id that came with the lease.
     *
     * @return unsigned; {@link AttachmentStatus#NO_NODE_ID} for none.
     */
    public int nodeId() {
        return nodeId;
    }

    /**
     * Regions of the stream's epoch when the lease was granted.
     *
     * @return null before that.
     */
    public @Nullable EpochRegions regions() {
        return regions;
    }

    @Override
    public String toString() {
        return options.role() + " lease of stream " + Integer.toUnsignedString(options.streamId()) + " as client "
                + Integer.toUnsignedString(clientId) + ": " + state;
    }
}
