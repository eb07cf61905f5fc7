package io.tensorpool.shm;

import io.tensorpool.Dtype;
import io.tensorpool.MajorOrder;
import io.tensorpool.ProgressUnit;
import io.tensorpool.TensorShape;
import io.tensorpool.layout.SlotLayout;
import io.tensorpool.layout.TensorHeaderLayout;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the embedded tensor header out of a local copy of a slot. The shape of the last accepted header is kept, and
 * reused for as long as the bytes do not change. Single-threaded.
 */
final class TensorHeaderDecoder {
    /** Words of the header up to the last stride: what decides. The pad behind may hold anything. */
    private static final int WORDS = (int) ((TensorHeaderLayout.PAD_OFFSET + Long.BYTES - 1) / Long.BYTES);

    private static final long LAST_WORD_MASK = (1L << (TensorHeaderLayout.PAD_OFFSET % Long.BYTES * Byte.SIZE)) - 1;

    private final long[] accepted = new long[WORDS];
    private final int[] dims = new int[TensorShape.MAX_DIMS];
    private final int[] strides = new int[TensorShape.MAX_DIMS];
    private @Nullable TensorShape shape;

    TensorHeaderDecoder() {}

    /** Shape of the last header that was accepted. */
    TensorShape shape() {
        if (shape == null) {
            throw new IllegalStateException("no tensor header was accepted yet");
        }
        return shape;
    }

    /**
     * Whether a slot has the header that was accepted last, so that {@link #shape()} is its shape. Not with
     * {@link MemorySegment#mismatch}: what that compiles to ends the JVM where memory lies behind the end of its file.
     *
     * @param slots  memory with slots, which others may be writing to.
     * @param offset of the slot.
     */
    boolean isAsAccepted(final MemorySegment slots, final long offset) {
        if (shape == null
                || (int) SlotLayout.HEADER_BYTES_LENGTH_VH.get(slots, offset) != SlotLayout.HEADER_BYTES_LENGTH) {
            return false;
        }
        final long at = offset + SlotLayout.TENSOR_HEADER_OFFSET;
        long difference = (word(slots, at, WORDS - 1) ^ accepted[WORDS - 1]) & LAST_WORD_MASK;
        for (int i = 0; i < WORDS - 1; i++) {
            difference |= word(slots, at, i) ^ accepted[i];
        }
        return difference == 0;
    }

    private static long word(final MemorySegment segment, final long at, final int index) {
        return (long) TensorHeaderLayout.WORD_VH.get(segment, at + (long) index * Long.BYTES);
    }

    /**
     * Decodes and checks.
     *
     * @param copy local copy of a slot, from the length of the header on.
     * @return null if the header is acceptable; then {@link #shape()} is its shape.
     */
    @Nullable
    Rejection decode(final MemorySegment copy) {
        if (isAsAccepted(copy, 0L)) { // the slot was written to while it was looked at
            return null;
        }
        if ((int) SlotLayout.HEADER_BYTES_LENGTH_VH.get(copy, 0L) != SlotLayout.HEADER_BYTES_LENGTH) {
            return Rejection.HEADER_LENGTH;
        }
        final long at = SlotLayout.TENSOR_HEADER_OFFSET;
        if (!hasExpectedMessageHeader(copy, at)) {
            return Rejection.MESSAGE_HEADER;
        }
        final Dtype dtype = Dtype.fromCode((short) TensorHeaderLayout.DTYPE_VH.get(copy, at));
        if (dtype == null) {
            return Rejection.DTYPE;
        }
        final MajorOrder order = MajorOrder.fromCode((short) TensorHeaderLayout.MAJOR_ORDER_VH.get(copy, at));
        if (order == null) {
            return Rejection.MAJOR_ORDER;
        }
        final int ndims = Byte.toUnsignedInt((byte) TensorHeaderLayout.NDIMS_VH.get(copy, at));
        if (ndims < 1 || ndims > TensorShape.MAX_DIMS) {
            return Rejection.NDIMS;
        }
        final Rejection geometry = decodeGeometry(copy, at, dtype, order, ndims);
        return geometry != null ? geometry : accept(copy, at, dtype, order, ndims);
    }

    private static boolean hasExpectedMessageHeader(final MemorySegment copy, final long at) {
        return (short) TensorHeaderLayout.BLOCK_LENGTH_VH.get(copy, at) == TensorHeaderLayout.BLOCK_LENGTH
                && (short) TensorHeaderLayout.TEMPLATE_ID_VH.get(copy, at) == TensorHeaderLayout.TEMPLATE_ID
                && (short) TensorHeaderLayout.SCHEMA_ID_VH.get(copy, at) == TensorHeaderLayout.SCHEMA_ID
                && (short) TensorHeaderLayout.VERSION_VH.get(copy, at) == TensorHeaderLayout.VERSION;
    }

    /** Dimensions and strides, with a stride of 0 filled in as contiguous. Indices from ndims on are not looked at. */
    private @Nullable Rejection decodeGeometry(
            final MemorySegment copy, final long at, final Dtype dtype, final MajorOrder order, final int ndims) {
        for (int i = 0; i < ndims; i++) {
            dims[i] = (int) TensorHeaderLayout.DIMS_VH.get(copy, at, (long) i);
            strides[i] = (int) TensorHeaderLayout.STRIDES_VH.get(copy, at, (long) i);
            if (dims[i] < 0) {
                return Rejection.DIMS;
            }
        }
        long leastBytes = dtype.sizeBytes();
        for (int n = 0; n < ndims; n++) {
            final int i = order == MajorOrder.ROW ? ndims - 1 - n : n;
            final long strideBytes = strides[i] == 0 ? leastBytes : strides[i];
            if (strideBytes < leastBytes || strideBytes > Integer.MAX_VALUE) {
                return Rejection.STRIDES;
            }
            strides[i] = (int) strideBytes;
            leastBytes = strideBytes * Math.max(dims[i], 1);
        }
        return null;
    }

    private @Nullable Rejection accept(
            final MemorySegment copy, final long at, final Dtype dtype, final MajorOrder order, final int ndims) {
        final ProgressUnit unit =
                ProgressUnit.fromCode(Byte.toUnsignedInt((byte) TensorHeaderLayout.PROGRESS_UNIT_VH.get(copy, at)));
        if (unit == null) {
            return Rejection.PROGRESS_UNIT;
        }
        if (unit != ProgressUnit.NONE) {
            final int axis = unit == ProgressUnit.ROWS ? 0 : 1;
            final int progressStrideBytes = (int) TensorHeaderLayout.PROGRESS_STRIDE_BYTES_VH.get(copy, at);
            if (axis >= ndims || progressStrideBytes != strides[axis]) {
                return Rejection.PROGRESS_STRIDE;
            }
        }
        // Past every check that TensorShape makes too: it cannot throw.
        final TensorShape plain =
                TensorShape.strided(dtype, order, Arrays.copyOf(dims, ndims), Arrays.copyOf(strides, ndims));
        shape = unit == ProgressUnit.NONE ? plain : plain.withProgress(unit);
        for (int i = 0; i < WORDS; i++) {
            accepted[i] = word(copy, at, i);
        }
        return null;
    }
}
