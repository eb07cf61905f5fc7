package io.tensorpool.tensor;

import io.tensorpool.MajorOrder;
import io.tensorpool.TensorShape;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The part of a {@code .npy} file before its elements.
 *
 * <pre>
 *   0        6       8            10 (version 1)  12 (versions 2, 3)
 *  +--------+---+---+------------+------------------------------+
 *  | \x93NUMPY |maj|min| length, u16 or u32 | dictionary, spaces, line end |
 *  +--------+---+---+------------+------------------------------+
 * </pre>
 *
 * @param shape     contiguous shape of the elements.
 * @param bigEndian whether the elements must be swapped.
 */
record NpyHeader(TensorShape shape, boolean bigEndian) {
    static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    /** Magic, version, and the shorter form of the length. */
    static final int PREFIX_LENGTH = MAGIC.length + 2 + Short.BYTES;

    private static final int ALIGNMENT = 64;
    /** NumPy leaves room for this many digits of the slowest extent, so that a file can be appended to in place. */
    private static final int GROWTH_DIGITS = 21;

    /** Header of version 1.0 for a shape, written as contiguous whatever its strides. */
    static byte[] encode(final TensorShape shape) {
        final boolean columnMajor = shape.order() == MajorOrder.COLUMN;
        final StringBuilder text = new StringBuilder("{'descr': '")
                .append(NpyDtype.descriptor(shape.dtype()))
                .append("', 'fortran_order': ")
                .append(columnMajor ? "True" : "False")
                .append(", 'shape': (");
        for (int i = 0; i < shape.ndims(); i++) {
            text.append(i == 0 ? "" : " ").append(shape.dim(i)).append(i + 1 < shape.ndims() || i == 0 ? "," : "");
        }
        text.append("), }");
        final int slowest = shape.dim(columnMajor ? shape.ndims() - 1 : 0);
        text.append(" ".repeat(GROWTH_DIGITS - Integer.toString(slowest).length()));

        final int unpadded = PREFIX_LENGTH + text.length() + 1;
        final int length = (unpadded + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        final byte[] header = new byte[length];
        Arrays.fill(header, (byte) ' ');
        System.arraycopy(MAGIC, 0, header, 0, MAGIC.length);
        header[MAGIC.length] = 1;
        header[MAGIC.length + 1] = 0;
        final int dictionaryLength = length - PREFIX_LENGTH;
        header[MAGIC.length + 2] = (byte) dictionaryLength;
        header[MAGIC.length + 3] = (byte) (dictionaryLength >>> 8);
        final byte[] dictionary = text.toString().getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(dictionary, 0, header, PREFIX_LENGTH, dictionary.length);
        header[length - 1] = '\n';
        return header;
    }
}
