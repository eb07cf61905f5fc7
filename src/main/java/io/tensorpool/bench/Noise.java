package io.tensorpool.bench;

/**
 * How noisy the machine was: gaps of more than 10 µs in the time of a thread that does nothing but read the clock.
 *
 * @param when         what was about to begin, or had ended.
 * @param seconds      for how long it was watched.
 * @param gapsPerSecond how many gaps.
 * @param p99Us        99th percentile of their lengths, microseconds; 0 if there was none.
 * @param longestUs    the longest, microseconds; 0 if there was none.
 * @param lostPercent  share of the time that lies in gaps.
 */
public record Noise(
        String when, double seconds, double gapsPerSecond, double p99Us, double longestUs, double lostPercent) {}
