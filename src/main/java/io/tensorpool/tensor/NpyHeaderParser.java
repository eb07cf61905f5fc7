package io.tensorpool.tensor;

import io.tensorpool.Dtype;
import io.tensorpool.MajorOrder;
import io.tensorpool.TensorShape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Strict parser of the one dictionary a {@code .npy} header consists of:
 * {@code {'descr': '<u2', 'fortran_order': False, 'shape': (1024, 1280), }}. Keys in any order, each exactly once;
 * white space and trailing commas as Python allows them; nothing else.
 */
final class NpyHeaderParser {
    private static final int EXCERPT_LENGTH = 24;

    private final String name;
    private final String text;
    private int position;
    private @Nullable NpyDtype dtype;
    private @Nullable Boolean columnMajor;
    private int @Nullable [] dims;

    private NpyHeaderParser(final String name, final String text) {
        this.name = name;
        this.text = text;
    }

    /**
     * Parses a header.
     *
     * @param name what to call the file in errors.
     * @param text the header without the magic and length.
     * @return the shape and whether the bytes must be swapped.
     * @throws NpyFormatException if it is anything but the dictionary expected.
     */
    static NpyHeader parse(final String name, final String text) throws NpyFormatException {
        final NpyHeaderParser parser = new NpyHeaderParser(name, text);
        parser.dictionary();
        return parser.header();
    }

    private NpyHeader header() throws NpyFormatException {
        if (dtype == null || columnMajor == null || dims == null) {
            throw new NpyFormatException(name + ": header lacks "
                    + (dtype == null ? "'descr'" : columnMajor == null ? "'fortran_order'" : "'shape'"));
        }
        final MajorOrder order = columnMajor ? MajorOrder.COLUMN : MajorOrder.ROW;
        final Dtype elements = dtype.dtype();
        try {
            return new NpyHeader(TensorShape.contiguous(elements, order, dims), dtype.bigEndian());
        } catch (final IllegalArgumentException ex) {
            throw new NpyFormatException(name + ": shape " + Arrays.toString(dims) + " of " + elements
                    + " is too large: " + ex.getMessage());
        }
    }

    private void dictionary() throws NpyFormatException {
        expect('{');
        while (peek() != '}') {
            entry(string());
            if (peek() != ',') {
                break;
            }
            position++;
        }
        expect('}');
        if (peek() != 0) {
            throw unexpected("nothing after the dictionary");
        }
    }

    private void entry(final String key) throws NpyFormatException {
        expect(':');
        switch (key) {
            case "descr" -> {
                refuseSecond(key, dtype);
                dtype = descriptor();
            }
            case "fortran_order" -> {
                refuseSecond(key, columnMajor);
                columnMajor = truth();
            }
            case "shape" -> {
                refuseSecond(key, dims);
                dims = shape();
            }
            default ->
                throw new NpyFormatException(name + ": header has the unknown key " + printable(key)
                        + "; expected 'descr', 'fortran_order' and 'shape'");
        }
    }

    private void refuseSecond(final String key, final @Nullable Object earlier) throws NpyFormatException {
        if (earlier != null) {
            throw new NpyFormatException(name + ": header has the key '" + key + "' twice");
        }
    }

    private NpyDtype descriptor() throws NpyFormatException {
        final char next = peek();
        if (next == '[' || next == '(') {
            throw new NpyFormatException(name + ": structured dtype " + excerpt() + " cannot be a tensor");
        }
        return NpyDtype.parse(name, string());
    }

    private boolean truth() throws NpyFormatException {
        peek();
        if (text.startsWith("True", position)) {
            position += "True".length();
            return true;
        }
        if (text.startsWith("False", position)) {
            position += "False".length();
            return false;
        }
        throw unexpected("True or False");
    }

    /** A 0-d array, shape {@code ()}, is a tensor of one dimension with one element: the format has no 0-d tensors. */
    private int[] shape() throws NpyFormatException {
        expect('(');
        final int[] extents = new int[TensorShape.MAX_DIMS];
        int count = 0;
        boolean comma = false;
        while (peek() != ')') {
            if (count > 0 && !comma) {
                throw unexpected("',' or ')' in the shape");
            }
            if (count == TensorShape.MAX_DIMS) {
                throw new NpyFormatException(name + ": the shape has more than " + TensorShape.MAX_DIMS
                        + " dimensions; from the ninth on: " + excerpt());
            }
            extents[count++] = extent();
            comma = peek() == ',';
            position += comma ? 1 : 0;
        }
        if (count == 1 && !comma) {
            throw unexpected("a tuple, '(n,)', as the shape");
        }
        position++;
        return count == 0 ? new int[] {1} : Arrays.copyOf(extents, count);
    }

    private int extent() throws NpyFormatException {
        peek();
        final int start = position;
        long value = 0;
        while (position < text.length() && text.charAt(position) >= '0' && text.charAt(position) <= '9') {
            value = value * 10 + (text.charAt(position) - '0');
            if (value > Integer.MAX_VALUE) {
                position = start;
                throw unexpected("an extent of at most " + Integer.MAX_VALUE);
            }
            position++;
        }
        if (position == start) {
            throw unexpected("a non-negative integer in the shape");
        }
        if (position < text.length() && text.charAt(position) == 'L') {
            position++; // NumPy under Python 2 wrote its long integers so.
        }
        return (int) value;
    }

    private String string() throws NpyFormatException {
        final char quote = peek();
        if (quote != '\'' && quote != '"') {
            throw unexpected("a string");
        }
        final int end = text.indexOf(quote, position + 1);
        if (end < 0) {
            throw unexpected("a closing " + quote);
        }
        final String value = text.substring(position + 1, end);
        position = end + 1;
        return value;
    }

    private void expect(final char expected) throws NpyFormatException {
        if (peek() != expected) {
            throw unexpected("'" + expected + "'");
        }
        position++;
    }

    /** Next character that is not white space, 0 at the end. */
    private char peek() {
        while (position < text.length() && " \t\r\n\f".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        return position < text.length() ? text.charAt(position) : 0;
    }

    private NpyFormatException unexpected(final String expected) {
        return new NpyFormatException(
                name + ": header, character " + position + ": found " + excerpt() + ", expected " + expected);
    }

    private String excerpt() {
        if (position >= text.length()) {
            return "its end";
        }
        return printable(text.substring(position));
    }

    /** At most a few characters of what a file held, fit for a message. */
    static String printable(final String found) {
        final StringBuilder shown = new StringBuilder("'");
        for (int i = 0; i < Math.min(EXCERPT_LENGTH, found.length()); i++) {
            final char c = found.charAt(i);
            shown.append(c < ' ' || c > '~' ? '?' : c);
        }
        return shown.append(found.length() > EXCERPT_LENGTH ? "...'" : "'").toString();
    }
}
