package io.tensorpool.tensor;

import io.tensorpool.MajorOrder;
import io.tensorpool.TensorShape;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes tensors as {@code .npy} files of version 1.0, with the header that NumPy itself would write. Strides are
 * resolved: padding between rows does not reach the file. BYTES and BIT become unsigned bytes.
 *
 * <p>The elements are copied out of the segment before they are written, so that it may be shared memory. No state: any
 * thread may call.
 */
public final class NpyWriter {
    private static final int CHUNK_BYTES = 1 << 18;

    private final OutputStream out;
    private final MemorySegment data;
    private final byte[] chunk;
    private int filled;

    private NpyWriter(final OutputStream out, final TensorShape shape, final MemorySegment data) {
        this.out = out;
        this.data = data;
        this.chunk = new byte[(int) Math.min(CHUNK_BYTES, shape.lengthBytes())];
    }

    /**
     * Writes a file, replacing one that is there.
     *
     * @param file  to write.
     * @param shape any shape.
     * @param data  at least {@link TensorShape#lengthBytes()} bytes.
     * @throws IOException              if it cannot be written.
     * @throws IllegalArgumentException if the data is shorter than the shape.
     */
    public static void write(final Path file, final TensorShape shape, final MemorySegment data) throws IOException {
        checkLength(shape, data);
        try (OutputStream out = Files.newOutputStream(file)) {
            write(out, shape, data);
        }
    }

    /**
     * Writes to a stream.
     *
     * @param out   neither flushed nor closed.
     * @param shape any shape.
     * @param data  at least {@link TensorShape#lengthBytes()} bytes.
     * @throws IOException              if it cannot be written.
     * @throws IllegalArgumentException if the data is shorter than the shape.
     */
    public static void write(final OutputStream out, final TensorShape shape, final MemorySegment data)
            throws IOException {
        checkLength(shape, data);
        out.write(NpyHeader.encode(shape));
        if (shape.lengthBytes() > 0) {
            new NpyWriter(out, shape, data).writeElements(shape);
        }
    }

    private static void checkLength(final TensorShape shape, final MemorySegment data) {
        if (data.byteSize() < shape.lengthBytes()) {
            throw new IllegalArgumentException(
                    "data: " + data.byteSize() + " bytes; " + shape + " takes " + shape.lengthBytes());
        }
    }

    /** Walks the dimensions outside the largest block without a hole, slowest first, and writes block after block. */
    private void writeElements(final TensorShape shape) throws IOException {
        final int ndims = shape.ndims();
        final boolean columnMajor = shape.order() == MajorOrder.COLUMN;
        long blockBytes = shape.dtype().sizeBytes();
        int outer = ndims;
        while (outer > 0) {
            final int i = columnMajor ? ndims - outer : outer - 1;
            if (shape.dim(i) != 1 && shape.strideBytes(i) != blockBytes) {
                break;
            }
            blockBytes *= shape.dim(i);
            outer--;
        }
        final int[] index = new int[outer];
        int advanced;
        do {
            long offset = 0;
            for (int n = 0; n < outer; n++) {
                offset += (long) index[n] * shape.strideBytes(columnMajor ? ndims - 1 - n : n);
            }
            writeBlock(offset, blockBytes);
            advanced = outer - 1;
            while (advanced >= 0 && ++index[advanced] == shape.dim(columnMajor ? ndims - 1 - advanced : advanced)) {
                index[advanced--] = 0;
            }
        } while (advanced >= 0);
        out.write(chunk, 0, filled);
    }

    private void writeBlock(final long offset, final long length) throws IOException {
        for (long done = 0; done < length; ) {
            final int count = (int) Math.min(chunk.length - filled, length - done);
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, offset + done, chunk, filled, count);
            done += count;
            filled += count;
            if (filled == chunk.length) {
                out.write(chunk, 0, filled);
                filled = 0;
            }
        }
    }
}
