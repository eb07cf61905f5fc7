package io.tensorpool.driver;

import io.tensorpool.Role;

/** What a client was granted: one stream in one role, until it ends (driver specification 4.1 and 4.7). */
final class Lease {
    private final long leaseId;
    private final int streamId;
    private final int clientId;
    private final Role role;
    private final int nodeId;
    private long expiryNs;
    private long lastHeardNs;

    Lease(final long leaseId, final AttachRequest request, final int nodeId, final long nowNs, final long expiryNs) {
        this.leaseId = leaseId;
        this.streamId = request.streamId();
        this.clientId = request.clientId();
        this.role = request.role();
        this.nodeId = nodeId;
        this.lastHeardNs = nowNs;
        this.expiryNs = expiryNs;
    }

    long leaseId() {
        return leaseId;
    }

    int streamId() {
        return streamId;
    }

    int clientId() {
        return clientId;
    }

    Role role() {
        return role;
    }

    long expiryNs() {
        return expiryNs;
    }

    /** Node id for trace links, {@link NodeIds#NONE} if all were taken. */
    int nodeId() {
        return nodeId;
    }

    /** A keepalive came. Returns the time since the one before, or since the lease was granted. */
    long onKeepalive(final long nowNs, final long newExpiryNs) {
        final long gapNs = nowNs - lastHeardNs;
        lastHeardNs = nowNs;
        expiryNs = newExpiryNs;
        return gapNs;
    }

    boolean isExpired(final long nowNs) {
        return nowNs - expiryNs >= 0;
    }

    /** Whether a message that names a lease means this one, in every part (driver specification 4.9). */
    boolean matches(final int otherStreamId, final int otherClientId, final int roleCode) {
        return streamId == otherStreamId && clientId == otherClientId && role.code() == roleCode;
    }
}
