package io.tensorpool.protocol;

/** What a driver hears from its clients. Ids are unsigned; enums come as the numbers on the wire, unchecked. */
public interface DriverRequestListener {
    /** In place of an optional number that was left out. */
    int NULL_U32 = -1;
    /** In place of a publish mode that was left out: creating is allowed. */
    int NULL_PUBLISH_MODE = 255;

    /**
     * A client asks for a lease.
     *
     * @param correlationId         to echo.
     * @param streamId              asked for.
     * @param clientId              of the client.
     * @param roleCode              on the wire.
     * @param expectedLayoutVersion 0 for any; null for any too.
     * @param publishModeCode       1 existing only, 2 existing or create, {@link #NULL_PUBLISH_MODE}.
     * @param hugepagesCode         0 unspecified, 1 standard pages, 2 huge pages.
     * @param desiredNodeId         or {@link #NULL_U32}.
     */
    void onAttachRequest(
            long correlationId,
            int streamId,
            int clientId,
            int roleCode,
            int expectedLayoutVersion,
            int publishModeCode,
            int hugepagesCode,
            int desiredNodeId);

    /**
     * A client gives a lease back.
     *
     * @param correlationId to echo.
     * @param leaseId       of the lease.
     * @param streamId      of the lease.
     * @param clientId      of the lease.
     * @param roleCode      on the wire.
     */
    void onDetachRequest(long correlationId, long leaseId, int streamId, int clientId, int roleCode);

    /**
     * A client is alive.
     *
     * @param leaseId           of the lease.
     * @param streamId          of the lease.
     * @param clientId          of the lease.
     * @param roleCode          on the wire.
     * @param clientTimestampNs the client's clock.
     */
    void onKeepalive(long leaseId, int streamId, int clientId, int roleCode, long clientTimestampNs);

    /**
     * An attach request that cannot be read, but whose correlation id can.
     *
     * @param correlationId to echo.
     * @param newerVersion  whether it is of a newer schema (else its lengths are wrong).
     */
    void onUnreadableAttachRequest(long correlationId, boolean newerVersion);

    /**
     * A detach request that cannot be read, but whose correlation id can.
     *
     * @param correlationId to echo.
     * @param newerVersion  whether it is of a newer schema (else its lengths are wrong).
     */
    void onUnreadableDetachRequest(long correlationId, boolean newerVersion);

    /**
     * A message that cannot be read and is not answered: a keepalive, a request to end, or one without a correlation id.
     *
     * @param newerVersion whether it is of a newer schema (else its lengths are wrong).
     */
    void onUnreadableMessage(boolean newerVersion);

    /**
     * Somebody asks the driver to end.
     *
     * @param correlationId of the request; nothing answers it.
     * @param reasonCode    on the wire.
     * @param token         to be compared with the configured one.
     */
    void onShutdownRequest(long correlationId, int reasonCode, String token);
}
