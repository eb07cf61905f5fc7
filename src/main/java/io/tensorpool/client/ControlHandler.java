package io.tensorpool.client;

import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerConfigListener;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.ConsumerHelloListener;
import io.tensorpool.protocol.ControlResponseListener;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.DriverRequestListener;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;

/** Hears everything that is said on a control stream, by whomever to whomever; each method does nothing unless implemented. */
public interface ControlHandler
        extends ConsumerHelloListener,
                ConsumerConfigListener,
                ControlResponseListener,
                DriverRequestListener,
                DriverEventListener {
    @Override
    default void onConsumerHello(final ConsumerHello hello) {}

    @Override
    default void onConsumerConfig(final ConsumerConfig config) {}

    @Override
    default void onControlResponse(final long correlationId, final ResponseCode code, final String text) {}

    @Override
    default void onAttachRequest(
            final long correlationId,
            final int streamId,
            final int clientId,
            final int roleCode,
            final int expectedLayoutVersion,
            final int publishModeCode,
            final int hugepagesCode,
            final int desiredNodeId) {}

    @Override
    default void onDetachRequest(
            final long correlationId, final long leaseId, final int streamId, final int clientId, final int roleCode) {}

    @Override
    default void onKeepalive(
            final long leaseId,
            final int streamId,
            final int clientId,
            final int roleCode,
            final long clientTimestampNs) {}

    @Override
    default void onShutdownRequest(final long correlationId, final int reasonCode, final String token) {}

    @Override
    default void onUnreadableAttachRequest(final long correlationId, final boolean newerVersion) {}

    @Override
    default void onUnreadableDetachRequest(final long correlationId, final boolean newerVersion) {}

    @Override
    default void onUnreadableMessage(final boolean newerVersion) {}

    @Override
    default void onAttached(
            final long correlationId,
            final long leaseId,
            final long leaseExpiryNs,
            final int nodeId,
            final EpochRegions regions) {}

    @Override
    default void onAttachRefused(final long correlationId, final ResponseCode code, final String text) {}

    @Override
    default void onAttachProtocolError(final long correlationId, final String fault) {}

    @Override
    default void onDetached(final long correlationId, final ResponseCode code) {}

    @Override
    default void onLeaseRevoked(
            final long leaseId, final int streamId, final int clientId, final Role role, final RevokeReason reason) {}

    @Override
    default void onDriverShutdown(final long timestampNs, final ShutdownReason reason) {}
}
