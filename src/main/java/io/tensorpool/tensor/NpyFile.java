package io.tensorpool.tensor;

import io.tensorpool.TensorShape;
import java.lang.foreign.MemorySegment;

/**
 * What a {@code .npy} file held: the elements in little-endian order, without a hole between them.
 *
 * @param shape contiguous shape; {@code fortran_order: True} is column-major order.
 * @param data  exactly {@link TensorShape#lengthBytes()} bytes, owned by the allocator that the reader was given.
 */
public record NpyFile(TensorShape shape, MemorySegment data) {
    /**
     * Checks that the two belong together.
     *
     * @throws IllegalArgumentException if the data is not exactly as long as the shape says.
     */
    public NpyFile {
        if (data.byteSize() != shape.lengthBytes()) {
            throw new IllegalArgumentException(
                    "data: " + data.byteSize() + " bytes; " + shape + " takes " + shape.lengthBytes());
        }
    }
}
