package io.tensorpool.driver;

import io.tensorpool.Role;

/**
 * An active lease as it was when asked.
 *
 * @param leaseId  unique within a driver's life.
 * @param streamId unsigned id.
 * @param clientId unsigned id.
 * @param role     granted.
 * @param expiryNs when it ends without a further keepalive, on the driver's monotonic clock.
 */
public record LeaseInfo(long leaseId, int streamId, int clientId, Role role, long expiryNs) {}
