package io.tensorpool.bench;

import io.tensorpool.bench.Plot.Point;
import io.tensorpool.bench.Plot.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a plot. Colours come from the page's style sheet; each line also has a marker of its own shape. */
final class SvgPlot {
    private static final double WIDTH = 460;
    private static final double HEIGHT = 300;
    private static final double LEFT = 58;
    private static final double RIGHT = 16;
    private static final double TOP = 30;
    private static final double BOTTOM = 46;
    private static final double TICK_GAP = 6;
    private static final double TEXT_DROP = 4;
    private static final double LABEL_DROP = 36;
    private static final double TITLE_AT = 16;
    private static final double Y_LABEL_AT = 13;

    private final Markup out;

    SvgPlot(final Markup out) {
        this.out = out;
    }

    void draw(final Plot plot) {
        final Scale x = Scale.of(plot.x(), values(plot, true));
        final Scale y = Scale.of(plot.y(), values(plot, false));
        out.open(
                "svg",
                "xmlns",
                "http://www.w3.org/2000/svg",
                "viewBox",
                "0 0 " + px(WIDTH) + ' ' + px(HEIGHT),
                "role",
                "img",
                "aria-label",
                plot.title() + ": " + plot.y().label() + " by " + plot.x().label());
        out.element("text", plot.title(), "class", "title", "x", px(LEFT), "y", px(TITLE_AT));
        drawGrid(plot, x, y);
        drawLabels(plot);
        plot.series().forEach(series -> drawSeries(plot, series, x, y));
        out.close().newLine();
    }

    /** What one line looks like, for the legend. */
    void drawSample(final int style) {
        out.open(
                "svg",
                "xmlns",
                "http://www.w3.org/2000/svg",
                "viewBox",
                "0 0 28 12",
                "class",
                "sample s" + styleClass(style),
                "aria-hidden",
                "true");
        out.empty("path", "class", "line", "d", "M1 6H27");
        drawMarker(style, 14, 6);
        out.close();
    }

    private static List<Double> values(final Plot plot, final boolean isX) {
        final List<Double> values = new ArrayList<>();
        for (final Series series : plot.series()) {
            for (final Point point : series.points()) {
                if (isX) {
                    values.add(point.x());
                } else {
                    values.addAll(List.of(point.y(), point.low(), point.high()));
                }
            }
        }
        return values;
    }

    private void drawGrid(final Plot plot, final Scale x, final Scale y) {
        out.open("g", "class", "grid");
        for (final double tick : x.ticks()) {
            final String at = px(left(x, tick));
            out.empty("path", "d", "M" + at + ' ' + px(TOP) + 'V' + px(HEIGHT - BOTTOM));
            out.element(
                    "text",
                    plot.x().tickLabel(tick),
                    "x",
                    at,
                    "y",
                    px(HEIGHT - BOTTOM + TICK_GAP + 2 * TEXT_DROP),
                    "text-anchor",
                    "middle");
        }
        for (final double tick : y.ticks()) {
            final double at = top(y, tick);
            out.empty("path", "d", "M" + px(LEFT) + ' ' + px(at) + 'H' + px(WIDTH - RIGHT));
            out.element(
                    "text",
                    plot.y().tickLabel(tick),
                    "x",
                    px(LEFT - TICK_GAP),
                    "y",
                    px(at + TEXT_DROP),
                    "text-anchor",
                    "end");
        }
        out.empty(
                "path",
                "class",
                "frame",
                "d",
                "M" + px(LEFT) + ' ' + px(TOP) + 'V' + px(HEIGHT - BOTTOM) + 'H' + px(WIDTH - RIGHT));
        out.close();
    }

    private void drawLabels(final Plot plot) {
        final double middle = (LEFT + WIDTH - RIGHT) / 2;
        final String middleOfY = px((TOP + HEIGHT - BOTTOM) / 2);
        out.element(
                "text",
                plot.x().label(),
                "class",
                "label",
                "x",
                px(middle),
                "y",
                px(HEIGHT - BOTTOM + LABEL_DROP),
                "text-anchor",
                "middle");
        out.element(
                "text",
                plot.y().label(),
                "class",
                "label",
                "x",
                px(Y_LABEL_AT),
                "y",
                middleOfY,
                "text-anchor",
                "middle",
                "transform",
                "rotate(-90 " + px(Y_LABEL_AT) + ' ' + middleOfY + ')');
    }

    private void drawSeries(final Plot plot, final Series series, final Scale x, final Scale y) {
        out.open("g", "class", "s" + styleClass(series.style()) + (series.isDashed() ? " dashed" : ""));
        final List<Point> points = series.points().stream()
                .filter(point -> isShown(point.x(), x) && isShown(point.y(), y))
                .toList();
        final StringBuilder path = new StringBuilder();
        points.forEach(point -> path.append(path.isEmpty() ? 'M' : 'L')
                .append(px(left(x, point.x())))
                .append(' ')
                .append(px(top(y, point.y()))));
        if (points.size() > 1) {
            out.empty("path", "class", "line", "d", path.toString());
        }
        for (final Point point : points) {
            if (point.isMarked()) {
                drawPoint(plot, series, point, x, y);
            }
        }
        out.close();
    }

    private void drawPoint(final Plot plot, final Series series, final Point point, final Scale x, final Scale y) {
        final double atX = left(x, point.x());
        out.open("g");
        out.element(
                "title",
                series.name() + ", " + plot.x().label() + ' ' + plot.x().tickLabel(point.x()) + ": "
                        + Figures.number(point.y()) + " (" + plot.y().label() + ')'
                        + (point.low() < point.high()
                                ? ", " + Figures.number(point.low()) + " to " + Figures.number(point.high())
                                : ""));
        if (point.low() < point.high()) {
            out.empty(
                    "path",
                    "class",
                    "range",
                    "d",
                    "M" + px(atX) + ' ' + px(top(y, point.low())) + 'V' + px(top(y, point.high())));
        }
        drawMarker(series.style(), atX, top(y, point.y()));
        out.close();
    }

    private static boolean isShown(final double value, final Scale scale) {
        return Double.isFinite(value) && (!scale.isLog() || value > 0);
    }

    /** Shapes that differ without colour. */
    private void drawMarker(final int style, final double x, final double y) {
        final String at = "M" + px(x) + ' ' + px(y);
        final String shape = switch (style % PageStyle.STYLES) {
            case 0 -> "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z";
            case 1 -> "m-3.5 -3.5h7v7h-7z";
            case 2 -> "m0 -4.5l4.5 8h-9z";
            case 3 -> "m0 -5l5 5l-5 5l-5 -5z";
            case 4 -> "m0 4.5l4.5 -8h-9z";
            case 5 -> "m-1.5 -4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z";
            default -> "m-4 -1.5h8v3h-8z";
        };
        out.empty("path", "class", "marker", "d", at + shape);
    }

    private static String styleClass(final int style) {
        return Integer.toString(style % PageStyle.STYLES);
    }

    private static double left(final Scale x, final double value) {
        return LEFT + x.position(value) * (WIDTH - LEFT - RIGHT);
    }

    private static double top(final Scale y, final double value) {
        return HEIGHT - BOTTOM - y.position(value) * (HEIGHT - TOP - BOTTOM);
    }

    private static String px(final double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
