package io.tensorpool.driver;

import io.tensorpool.Role;

/** What a client was granted: one stream in one role, until it ends (driver specification 4.1 and 4.7). */
final class Lease {
    private final long leaseId;
    private final int streamId;
    private final int clientId;
    private final Role role;
    private long expiryNs;

    Lease(final long leaseId, final int streamId, final int clientId, final Role role, final long expiryNs) {
        this.leaseId = leaseId;
        this.streamId = streamId;
        this.clientId = clientId;
        this.role = role;
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

    void extendTo(final long newExpiryNs) {
        expiryNs = newExpiryNs;
    }

    boolean isExpired(final long nowNs) {
        return nowNs - expiryNs >= 0;
    }

    /** Whether a message that names a lease means this one, in every part (driver specification 4.9). */
    boolean matches(final int otherStreamId, final int otherClientId, final int roleCode) {
        return streamId == otherStreamId && clientId == otherClientId && role.code() == roleCode;
    }
}
