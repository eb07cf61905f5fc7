package io.tensorpool.bench;

/**
 * A point of the curve of a {@link Row}.
 *
 * @param x of a latency row the percentile, 0 to 100; of a cold start the number of the frame, from 1.
 * @param y latency in microseconds.
 */
public record CurvePoint(double x, double y) {}
