package io.tensorpool.bench;

import java.util.List;

/**
 * What a plot shows.
 *
 * @param title  above it.
 * @param x      horizontal axis.
 * @param y      vertical axis.
 * @param series lines.
 */
record Plot(String title, Axis x, Axis y, List<Series> series) {
    /**
     * A line.
     *
     * @param name   in the legend.
     * @param style  number of its colour and marker.
     * @param isDashed whether it is the second one of its style.
     * @param points in the order of x.
     */
    record Series(String name, int style, boolean isDashed, List<Point> points) {}

    /**
     * A point.
     *
     * @param x    in the unit of the axis.
     * @param y    in the unit of the axis; the median.
     * @param low  smallest of the runs.
     * @param high largest of the runs.
     * @param isMarked whether it has a marker.
     */
    record Point(double x, double y, double low, double high, boolean isMarked) {}
}
