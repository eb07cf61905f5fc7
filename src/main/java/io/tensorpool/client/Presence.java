package io.tensorpool.client;

/**
 * How long somebody has been heard, and whether he still is.
 *
 * @param isAlive     whether the last report is younger than four report intervals (wire specification 5: three to five).
 * @param reports     heard since the first.
 * @param firstSeenNs when the first was heard, on this client's clock.
 * @param lastSeenNs  when the last was heard, on the same clock.
 */
public record Presence(boolean isAlive, long reports, long firstSeenNs, long lastSeenNs) {}
