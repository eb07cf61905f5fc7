package io.tensorpool.bench;

import java.util.ArrayDeque;
import java.util.Deque;

/** Writes well-formed markup: what is opened is closed, and no text or attribute can become markup. */
final class Markup {
    private static final char REPLACEMENT = '\uFFFD';

    private final StringBuilder out = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();

    /** Opens an element; attributes are names and values in turn. */
    Markup open(final String element, final String... attributes) {
        start(element, attributes);
        out.append('>');
        open.push(element);
        return this;
    }

    /** Closes the element that was opened last. */
    Markup close() {
        out.append("</").append(open.pop()).append('>');
        return this;
    }

    Markup newLine() {
        out.append('\n');
        return this;
    }

    /** An element that cannot hold anything. */
    Markup empty(final String element, final String... attributes) {
        start(element, attributes);
        out.append("/>");
        return this;
    }

    /** An element that holds a text. */
    Markup element(final String element, final String text, final String... attributes) {
        return open(element, attributes).text(text).close();
    }

    Markup text(final String text) {
        text.codePoints().forEach(this::escape);
        return this;
    }

    /** A style sheet, which is ours and not escaped. */
    Markup style(final String sheet) {
        out.append("<style>").append(sheet).append("</style>");
        return this;
    }

    private void start(final String element, final String... attributes) {
        out.append('<').append(element);
        for (int i = 0; i < attributes.length; i += 2) {
            out.append(' ').append(attributes[i]).append("=\"");
            text(attributes[i + 1]);
            out.append('"');
        }
    }

    private void escape(final int codePoint) {
        switch (codePoint) {
            case '&' -> out.append("&amp;");
            case '<' -> out.append("&lt;");
            case '>' -> out.append("&gt;");
            case '"' -> out.append("&quot;");
            case '\'' -> out.append("&#39;");
            default -> {
                if (isAllowed(codePoint)) {
                    out.appendCodePoint(codePoint);
                } else {
                    out.append(REPLACEMENT);
                }
            }
        }
    }

    /** XML has no way to write the others. */
    private static boolean isAllowed(final int codePoint) {
        return codePoint == '\t'
                || codePoint == '\n'
                || (codePoint >= ' '
                        && codePoint != 0xFFFE
                        && codePoint != 0xFFFF
                        && !(codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE));
    }

    /** All that was written; every element has to be closed. */
    @Override
    public String toString() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("still open: " + open);
        }
        return out.toString();
    }
}
