package io.tensorpool.driver;

import io.tensorpool.Role;

/** A readable attach request, on its way to a lease or a refusal. */
record AttachRequest(
        long correlationId,
        long receivedNs,
        int streamId,
        int clientId,
        Role role,
        int expectedLayoutVersion,
        boolean mayCreate,
        int hugepagesCode,
        int desiredNodeId) {
    static final int STANDARD_PAGES = 1;
    static final int HUGEPAGES = 2;

    /** Whether this is the same wish, sent again while the first was being fulfilled. */
    boolean repeats(final AttachRequest other) {
        return streamId == other.streamId && clientId == other.clientId && role == other.role;
    }
}
