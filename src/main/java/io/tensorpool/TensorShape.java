package io.tensorpool;

import java.util.Arrays;
import java.util.Locale;

/**
 * Element type, dimensions and strides of a dense tensor. Immutable; make one per kind of frame and reuse it: claims
 * compare it by identity first.
 *
 * <p>The rules are those of the wire specification, section 8.2: 1 to 8 dimensions; strides in bytes, the innermost at
 * least the element's size, each one at least the next inner one times its extent, so that elements never overlap.
 */
public final class TensorShape {
    /** Most dimensions that a tensor can have (wire specification 8.2). */
    public static final int MAX_DIMS = 8;

    private final Dtype dtype;
    private final MajorOrder order;
    private final int[] dims;
    private final int[] strides;
    private final ProgressUnit progressUnit;
    private final long lengthBytes;

    private TensorShape(
            final Dtype dtype,
            final MajorOrder order,
            final int[] dims,
            final int[] strides,
            final ProgressUnit progressUnit) {
        this.dtype = dtype;
        this.order = order;
        this.dims = dims;
        this.strides = strides;
        this.progressUnit = progressUnit;
        this.lengthBytes = checkedLengthBytes(dtype, order, dims, strides);
    }

    /**
     * A contiguous row-major shape.
     *
     * @param dtype element type.
     * @param dims  1 to 8 extents, each at least 0, outermost first (height, width, channels).
     * @return the shape.
     * @throws IllegalArgumentException if the extents are not usable.
     */
    public static TensorShape of(final Dtype dtype, final int... dims) {
        return contiguous(dtype, MajorOrder.ROW, dims);
    }

    /**
     * A contiguous shape in either order.
     *
     * @param dtype element type.
     * @param order which dimension is innermost.
     * @param dims  1 to 8 extents, each at least 0.
     * @return the shape.
     * @throws IllegalArgumentException if the extents are not usable, or a stride would pass 2^31 - 1 bytes.
     */
    public static TensorShape contiguous(final Dtype dtype, final MajorOrder order, final int... dims) {
        return new TensorShape(
                dtype, order, dims.clone(), filledStrides(dtype, order, dims, new int[dims.length]), ProgressUnit.NONE);
    }

    /**
     * A shape with strides of its own, for instance rows padded to a cache line.
     *
     * @param dtype   element type.
     * @param order   which dimension is innermost.
     * @param dims    1 to 8 extents, each at least 0.
     * @param strides one stride per extent, in bytes; 0 is filled in as contiguous.
     * @return the shape.
     * @throws IllegalArgumentException if elements would overlap or the strides contradict the order.
     */
    public static TensorShape strided(
            final Dtype dtype, final MajorOrder order, final int[] dims, final int[] strides) {
        if (strides.length != dims.length) {
            throw new IllegalArgumentException(
                    "strides: " + strides.length + " given for " + dims.length + " dimensions");
        }
        return new TensorShape(
                dtype, order, dims.clone(), filledStrides(dtype, order, dims, strides), ProgressUnit.NONE);
    }

    /**
     * The same shape, declared to fill up in rows or columns.
     *
     * @param unit ROWS needs at least one dimension, COLUMNS at least two.
     * @return the shape.
     * @throws IllegalArgumentException if the shape has no such dimension.
     */
    public TensorShape withProgress(final ProgressUnit unit) {
        if (unit == ProgressUnit.COLUMNS && dims.length < 2) {
            throw new IllegalArgumentException("progress unit COLUMNS needs two dimensions; the shape is " + this);
        }
        return new TensorShape(dtype, order, dims, strides, unit);
    }

    private static int[] filledStrides(
            final Dtype dtype, final MajorOrder order, final int[] dims, final int[] strides) {
        if (dims.length < 1 || dims.length > MAX_DIMS) {
            throw new IllegalArgumentException("dimensions: " + dims.length + " given; expected 1 to " + MAX_DIMS);
        }
        final int[] filled = strides.clone();
        long contiguousBytes = dtype.sizeBytes();
        for (int n = 0; n < dims.length; n++) {
            final int i = order == MajorOrder.ROW ? dims.length - 1 - n : n;
            if (dims[i] < 0) {
                throw new IllegalArgumentException("dimension " + i + ": " + dims[i] + " is negative");
            }
            if (strides[i] < 0) {
                throw new IllegalArgumentException("stride " + i + ": " + strides[i] + " is negative");
            }
            if (filled[i] == 0) {
                if (contiguousBytes > Integer.MAX_VALUE) {
                    throw new IllegalArgumentException("stride " + i + ": " + contiguousBytes
                            + " bytes do not fit the format's 31 bits; dims " + Arrays.toString(dims));
                }
                filled[i] = (int) contiguousBytes;
            }
            contiguousBytes = (long) filled[i] * Math.max(dims[i], 1);
        }
        return filled;
    }

    private static long checkedLengthBytes(
            final Dtype dtype, final MajorOrder order, final int[] dims, final int[] strides) {
        long leastBytes = dtype.sizeBytes();
        long lastByte = dtype.sizeBytes();
        boolean empty = false;
        for (int n = 0; n < dims.length; n++) {
            final int i = order == MajorOrder.ROW ? dims.length - 1 - n : n;
            if (strides[i] < leastBytes) {
                throw new IllegalArgumentException("stride " + i + ": " + strides[i] + " bytes let elements overlap; "
                        + order + " order of " + Arrays.toString(dims) + " needs at least " + leastBytes);
            }
            leastBytes = (long) strides[i] * Math.max(dims[i], 1);
            empty |= dims[i] == 0;
            lastByte += (long) strides[i] * Math.max(dims[i] - 1, 0);
        }
        return empty ? 0 : lastByte;
    }

    /**
     * Element type.
     *
     * @return the type.
     */
    public Dtype dtype() {
        return dtype;
    }

    /**
     * Which dimension is innermost.
     *
     * @return the order.
     */
    public MajorOrder order() {
        return order;
    }

    /**
     * Number of dimensions.
     *
     * @return 1 to 8.
     */
    public int ndims() {
        return dims.length;
    }

    /**
     * Extent of a dimension.
     *
     * @param i 0 to {@code ndims() - 1}.
     * @return at least 0.
     */
    public int dim(final int i) {
        return dims[i];
    }

    /**
     * Stride of a dimension, filled in if it was given as 0.
     *
     * @param i 0 to {@code ndims() - 1}.
     * @return bytes from one index to the next, at least 1.
     */
    public int strideBytes(final int i) {
        return strides[i];
    }

    /**
     * Steps in which the payload fills up.
     *
     * @return NONE unless declared.
     */
    public ProgressUnit progressUnit() {
        return progressUnit;
    }

    /**
     * Bytes of one step of progress: the stride of dimension 0 for ROWS, of dimension 1 for COLUMNS.
     *
     * @return 0 for NONE.
     */
    public int progressStrideBytes() {
        return switch (progressUnit) {
            case NONE -> 0;
            case ROWS -> strides[0];
            case COLUMNS -> strides[1];
        };
    }

    /**
     * Bytes from the first to the end of the last element, padding between rows included.
     *
     * @return at least 0; 0 if an extent is 0.
     */
    public long lengthBytes() {
        return lengthBytes;
    }

    /**
     * Number of elements.
     *
     * @return the product of the extents.
     */
    public long elementCount() {
        long count = 1;
        for (final int dim : dims) {
            count *= dim;
        }
        return count;
    }

    /**
     * Whether the elements lie without a hole between them.
     *
     * @return true also for an empty shape.
     */
    public boolean isContiguous() {
        return lengthBytes == elementCount() * dtype.sizeBytes();
    }

    @Override
    public boolean equals(final Object other) {
        return this == other
                || (other instanceof TensorShape shape
                        && dtype == shape.dtype
                        && order == shape.order
                        && progressUnit == shape.progressUnit
                        && Arrays.equals(dims, shape.dims)
                        && Arrays.equals(strides, shape.strides));
    }

    @Override
    public int hashCode() {
        return (dtype.hashCode() * 31 + Arrays.hashCode(dims)) * 31 + Arrays.hashCode(strides);
    }

    /** For instance {@code uint16[1024x1280]}; column-major order and padded strides are added when they apply. */
    @Override
    public String toString() {
        final StringBuilder text = new StringBuilder(dtype.name().toLowerCase(Locale.ROOT)).append('[');
        for (int i = 0; i < dims.length; i++) {
            text.append(i == 0 ? "" : "x").append(dims[i]);
        }
        text.append(']');
        if (order == MajorOrder.COLUMN) {
            text.append(" column-major");
        }
        if (!isContiguous()) {
            text.append(" strides ").append(Arrays.toString(strides));
        }
        return text.toString();
    }
}
