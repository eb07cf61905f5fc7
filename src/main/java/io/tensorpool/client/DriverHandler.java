package io.tensorpool.client;

import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;
import io.tensorpool.Role;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;

/** Hears what a driver says to everybody, in {@link DriverClient#doWork}; each method does nothing unless implemented. */
public interface DriverHandler {
    /**
     * A lease ended, whoever's.
     *
     * @param leaseId  of the lease.
     * @param streamId of the lease.
     * @param clientId of the lease.
     * @param role     of the lease.
     * @param reason   why.
     */
    default void onLeaseRevoked(
            final long leaseId, final int streamId, final int clientId, final Role role, final RevokeReason reason) {}

    /**
     * The driver ends; every lease that it granted ends with it.
     *
     * @param reason      why.
     * @param timestampNs when, on the driver's clock; before this client was there, where Aeron still had the message.
     */
    default void onDriverShutdown(final ShutdownReason reason, final long timestampNs) {}

    /**
     * A stream's memory was announced, fresh (wire specification 10.1.1).
     *
     * @param regions     the announced epoch.
     * @param producerId  client id of the attached producer; 0 if there is none.
     * @param timestampNs when it was sent, on the announcer's clock.
     * @param clockDomain of the time.
     */
    default void onAnnounce(
            final EpochRegions regions, final int producerId, final long timestampNs, final ClockDomain clockDomain) {}
}
