package io.tensorpool.protocol;

import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;

/** What a client hears from the driver; also what is meant for other clients, told apart by the correlation id. */
public interface DriverEventListener {
    /**
     * A lease was granted.
     *
     * @param correlationId of the request.
     * @param leaseId       of the lease.
     * @param leaseExpiryNs when it ends without a keepalive, on the monotonic clock; -1 if the driver does not say.
     * @param nodeId        assigned for the lease, for trace links; -1 for none.
     * @param regions       the stream's current epoch, as received.
     */
    void onAttached(long correlationId, long leaseId, long leaseExpiryNs, int nodeId, EpochRegions regions);

    /**
     * A lease was refused.
     *
     * @param correlationId of the request.
     * @param code          never OK.
     * @param text          the driver's reason, possibly empty.
     */
    void onAttachRefused(long correlationId, ResponseCode code, String text);

    /**
     * The driver granted a lease in a message that breaks the protocol (driver specification 4.7a: drop and attach
     * again).
     *
     * @param correlationId of the request.
     * @param fault         what is wrong with it.
     */
    void onAttachProtocolError(long correlationId, String fault);

    /**
     * A detach was answered.
     *
     * @param correlationId of the request.
     * @param code          OK, or REJECTED if the lease was not known.
     */
    void onDetached(long correlationId, ResponseCode code);

    /**
     * A lease ended.
     *
     * @param leaseId  of the lease.
     * @param streamId of the lease.
     * @param clientId of the lease.
     * @param role     of the lease.
     * @param reason   why.
     */
    void onLeaseRevoked(long leaseId, int streamId, int clientId, Role role, RevokeReason reason);

    /**
     * The driver ends; every lease ended with it.
     *
     * @param timestampNs when, on the driver's clock.
     * @param reason      why; ERROR if it gave one that nobody knows.
     */
    void onDriverShutdown(long timestampNs, ShutdownReason reason);
}
