package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Dtype;
import io.tensorpool.TensorShape;

/** The {@code --shape} and {@code --dtype} options together: {@code 480x640x3} of {@code uint8}. */
final class ShapeOption {
    /** A payload's length travels in 32 bits (wire specification 8.2). */
    private static final long LENGTH_MAX_BYTES = 0xFFFF_FFFFL;

    private static final String EXPECTED = "expected HxW[xC]: 1 to " + TensorShape.MAX_DIMS
            + " positive extents joined by 'x', outermost first, such as 480x640x3";

    private ShapeOption() {}

    /**
     * Shape of the two options.
     *
     * @param shape text of {@code --shape}.
     * @param dtype text of {@code --dtype}, a name of {@link Dtype} in any letter case.
     * @return a contiguous row-major shape.
     * @throws ConfigurationException if either says nothing usable; the message names it and what was expected.
     */
    static TensorShape parse(final String shape, final String dtype) {
        return parse(shape, parseDtype(dtype));
    }

    private static Dtype parseDtype(final String dtype) {
        try {
            return Dtype.parse(dtype);
        } catch (final ConfigurationException ex) {
            throw new ConfigurationException("--dtype: " + ex.getMessage(), ex);
        }
    }

    private static TensorShape parse(final String text, final Dtype dtype) {
        final String[] extents = text.split("[xX]", -1);
        if (extents.length > TensorShape.MAX_DIMS) {
            throw refused(text, extents.length + " extents; " + EXPECTED);
        }
        final int[] dims = new int[extents.length];
        long lengthBytes = dtype.sizeBytes();
        for (int i = 0; i < dims.length; i++) {
            dims[i] = extent(text, extents[i]);
            // Both factors are below 2^32, so that this cannot overflow before it is refused.
            lengthBytes *= dims[i];
            if (lengthBytes > LENGTH_MAX_BYTES) {
                throw refused(text, "more than the " + LENGTH_MAX_BYTES + " bytes that a payload can have");
            }
        }
        try {
            return TensorShape.of(dtype, dims);
        } catch (final IllegalArgumentException ex) {
            throw refused(text, String.valueOf(ex.getMessage()));
        }
    }

    private static int extent(final String text, final String extent) {
        if (!extent.matches("[0-9]{1,10}") || Long.parseLong(extent) == 0) {
            throw refused(text, "'" + extent + "' is not a positive extent; " + EXPECTED);
        }
        final long value = Long.parseLong(extent);
        if (value > Integer.MAX_VALUE) {
            throw refused(text, "extent " + extent + " exceeds " + Integer.MAX_VALUE);
        }
        return (int) value;
    }

    private static ConfigurationException refused(final String text, final String cause) {
        return new ConfigurationException("--shape '" + text + "': " + cause);
    }
}
