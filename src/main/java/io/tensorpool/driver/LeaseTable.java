package io.tensorpool.driver;

import io.tensorpool.Role;
import java.util.ArrayList;
import java.util.List;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The active leases of a driver. A lease id is never used twice, and a client id has one active lease at most over all
 * streams and roles (driver specification 4.8).
 *
 * <p>Ids are counted up from where the driver begins at random, so that the leases of two drivers, one after the other or
 * beside each other on one control stream, have different ones.
 */
final class LeaseTable {
    private final Long2ObjectHashMap<Lease> byLeaseId = new Long2ObjectHashMap<>();
    private final Int2ObjectHashMap<Lease> byClientId = new Int2ObjectHashMap<>();
    private final List<Lease> expired = new ArrayList<>();
    private long nextLeaseId;
    /** No lease expires before; looking through all of them in each duty cycle would cost more than all the rest. */
    private long nextExpiryNs;

    /**
     * Without a lease.
     *
     * @param firstLeaseId of the first that is granted.
     */
    LeaseTable(final long firstLeaseId) {
        this.nextLeaseId = firstLeaseId;
    }

    Lease grant(final AttachRequest request, final int nodeId, final long nowNs, final long expiryNs) {
        final Lease lease = new Lease(nextLeaseId++, request, nodeId, nowNs, expiryNs);
        if (byLeaseId.isEmpty() || expiryNs - nextExpiryNs < 0) {
            nextExpiryNs = expiryNs;
        }
        byLeaseId.put(lease.leaseId(), lease);
        byClientId.put(lease.clientId(), lease);
        return lease;
    }

    @Nullable
    Lease find(final long leaseId) {
        return byLeaseId.get(leaseId);
    }

    @Nullable
    Lease ofClient(final int clientId) {
        return byClientId.get(clientId);
    }

    boolean isConsumer(final int streamId, final int clientId) {
        final Lease lease = byClientId.get(clientId);
        return lease != null && lease.streamId() == streamId && lease.role() == Role.CONSUMER;
    }

    void remove(final Lease lease) {
        byLeaseId.remove(lease.leaseId());
        byClientId.remove(lease.clientId());
    }

    /** Leases whose time is over; valid until the next call. */
    List<Lease> expired(final long nowNs) {
        expired.clear();
        if (byLeaseId.isEmpty() || nowNs - nextExpiryNs < 0) {
            return expired;
        }
        long shortestNs = Long.MAX_VALUE;
        for (final Lease lease : byLeaseId.values()) {
            if (lease.isExpired(nowNs)) {
                expired.add(lease);
            }
            shortestNs = Math.min(shortestNs, lease.expiryNs() - nowNs);
        }
        nextExpiryNs = nowNs + shortestNs; // keepalives only put it off
        return expired;
    }

    List<Lease> all() {
        return new ArrayList<>(byLeaseId.values());
    }

    int size() {
        return byLeaseId.size();
    }
}
