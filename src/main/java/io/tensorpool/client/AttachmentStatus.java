package io.tensorpool.client;

import io.tensorpool.TensorPoolException;
import org.jspecify.annotations.Nullable;

/**
 * A live view of a producer's or consumer's attachment, for applications that want to watch it; nobody has to. Any thread
 * may read; each value is the newest, and two of them need not be of the same moment.
 */
public final class AttachmentStatus {
    /** What {@link #nodeId()} answers where the driver has assigned none. */
    public static final int NO_NODE_ID = -1;

    private volatile AttachmentState state = AttachmentState.INIT;
    private volatile String cause = "";
    private volatile @Nullable TensorPoolException failure;
    private volatile int clientId;
    private volatile int nodeId = NO_NODE_ID;
    private volatile long correlationId;
    private volatile long leaseId;
    private volatile long leaseExpiryNs;
    private volatile long lastKeepaliveNs;
    private volatile long leases;

    AttachmentStatus() {}

    /** Conductor: the next state, and why; "" for what goes without saying. */
    void to(final AttachmentState next, final String because) {
        cause = because;
        state = next;
    }

    /** Conductor: what ended it. */
    void failed(final TensorPoolException because) {
        failure = because;
    }

    void asksAs(final int newClientId, final long newCorrelationId) {
        clientId = newClientId;
        correlationId = newCorrelationId;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // the conductor alone writes
    void leased(final long newLeaseId, final int newNodeId, final long expiryNs, final long nowNs) {
        leaseId = newLeaseId;
        nodeId = newNodeId;
        leaseExpiryNs = expiryNs;
        lastKeepaliveNs = nowNs;
        leases++;
    }

    void keptAlive(final long expiryNs, final long nowNs) {
        leaseExpiryNs = expiryNs;
        lastKeepaliveNs = nowNs;
    }

    /**
     * Where it stands.
     *
     * @return the newest state.
     */
    public AttachmentState state() {
        return state;
    }

    /**
     * What led to the state, in words.
     *
     * @return empty where it goes without saying.
     */
    public String cause() {
        return cause;
    }

    /**
     * What ended it, other than the application.
     *
     * @return null unless it is {@link AttachmentState#FAILED}, or {@link AttachmentState#CLOSED} because the given Aeron
     *     client was closed.
     */
    public @Nullable TensorPoolException failure() {
        return failure;
    }

    /**
     * Id under which the driver knows this producer or consumer. It changes when the driver says that another client has it.
     *
     * @return unsigned, not 0; 0 before it is known.
     */
    public int clientId() {
        return clientId;
    }

    /**
     * Correlation id of the newest attach request (driver specification, appendix B.1).
     *
     * @return 0 before the first.
     */
    public long correlationId() {
        return correlationId;
    }

    /**
     * Id of the newest lease.
     *
     * @return valid while the state {@link AttachmentState#holdsLease() holds a lease}; 0 before the first.
     */
    public long leaseId() {
        return leaseId;
    }

    /**
     * When the lease ends unless it is kept alive.
     *
     * @return on the client's clock, {@code System.nanoTime()} by default; {@link Long#MAX_VALUE} if the lease has no expiry.
     */
    public long leaseExpiryNs() {
        return leaseExpiryNs;
    }

    /**
     * When the newest keepalive was sent, or the lease was granted.
     *
     * @return on the client's clock; 0 before the first lease.
     */
    public long lastKeepaliveNs() {
        return lastKeepaliveNs;
    }

    /**
     * Node id of the newest lease, for trace ids (driver specification 4.2).
     *
     * @return unsigned; {@link #NO_NODE_ID} where the driver has assigned none.
     */
    public int nodeId() {
        return nodeId;
    }

    /**
     * Leases that were granted: one, and one more for each time that it attached again.
     *
     * @return so far.
     */
    public long leases() {
        return leases;
    }

    /** Leases that followed the first. */
    long reattaches() {
        return Math.max(0, leases - 1);
    }

    @Override
    public String toString() {
        final String because = cause;
        return because.isEmpty() ? state.toString() : state + " (" + because + ')';
    }
}
