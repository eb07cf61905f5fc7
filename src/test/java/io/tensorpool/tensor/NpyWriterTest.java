package io.tensorpool.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.Dtype;
import io.tensorpool.MajorOrder;
import io.tensorpool.TensorShape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NpyWriterTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void shouldReadBackEveryDtypeInBothOrders(final Dtype dtype) throws IOException {
        for (final MajorOrder order : MajorOrder.values()) {
            final TensorShape shape = TensorShape.contiguous(dtype, order, 3, 4, 5);
            final MemorySegment data = random(shape.lengthBytes());
            final Path file = directory.resolve("array.npy");

            NpyWriter.write(file, shape, data);

            final NpyFile npy = NpyReader.read(file);
            final Dtype expected = dtype == Dtype.BYTES || dtype == Dtype.BIT ? Dtype.UINT8 : dtype;
            assertThat(npy.shape()).isEqualTo(TensorShape.contiguous(expected, order, 3, 4, 5));
            assertThat(npy.data().mismatch(data)).isEqualTo(-1);
        }
    }

    @Test
    void shouldWriteTheHeaderOfNumPy() throws IOException {
        final byte[] file =
                written(TensorShape.of(Dtype.UINT16, 1024, 1280), Arena.ofAuto().allocate(1024 * 1280 * 2));

        assertThat(new String(file, 0, 128, StandardCharsets.ISO_8859_1))
                .isEqualTo("\u0093NUMPY\u0001\u0000\u0076\u0000"
                        + "{'descr': '<u2', 'fortran_order': False, 'shape': (1024, 1280), }"
                        + " ".repeat(52) + "\n");
        assertThat(file).hasSize(128 + 1024 * 1280 * 2);
    }

    @Test
    void shouldWriteOneDimensionAsATuple() throws IOException {
        final byte[] file =
                written(TensorShape.of(Dtype.FLOAT64, 3), Arena.ofAuto().allocate(24));

        assertThat(new String(file, 0, 128, StandardCharsets.ISO_8859_1)).contains("'shape': (3,), }");
    }

    @Test
    void shouldLeaveOutPaddingBetweenRows() throws IOException {
        final TensorShape padded =
                TensorShape.strided(Dtype.UINT8, MajorOrder.ROW, new int[] {2, 3}, new int[] {64, 1});
        final MemorySegment data = Arena.ofAuto().allocate(padded.lengthBytes());
        data.fill((byte) 0x55);
        MemorySegment.copy(new byte[] {1, 2, 3}, 0, data, ValueLayout.JAVA_BYTE, 0, 3);
        MemorySegment.copy(new byte[] {4, 5, 6}, 0, data, ValueLayout.JAVA_BYTE, 64, 3);

        final NpyFile npy = writtenAndRead(padded, data);

        assertThat(npy.shape()).isEqualTo(TensorShape.of(Dtype.UINT8, 2, 3));
        assertThat(npy.data().toArray(ValueLayout.JAVA_BYTE)).containsExactly(1, 2, 3, 4, 5, 6);
    }

    @Test
    void shouldResolveAnyStridesInAnyOrder() throws IOException {
        final long seed = System.nanoTime();
        System.out.println("NpyWriterTest seed " + seed);
        final Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            final TensorShape shape = randomShape(random);
            final MemorySegment data = random(shape.lengthBytes());

            final NpyFile npy = writtenAndRead(shape, data);

            final int[] dims = dims(shape);
            assertThat(npy.shape()).isEqualTo(TensorShape.contiguous(shape.dtype(), shape.order(), dims));
            assertSameElements(shape, data, npy);
        }
    }

    @Test
    void shouldWriteMoreThanOneChunk() throws IOException {
        final TensorShape shape =
                TensorShape.strided(Dtype.UINT8, MajorOrder.ROW, new int[] {3, 300_001}, new int[] {300_032, 1});
        final MemorySegment data = random(shape.lengthBytes());

        final NpyFile npy = writtenAndRead(shape, data);

        for (int row = 0; row < 3; row++) {
            assertThat(MemorySegment.mismatch(
                            npy.data(),
                            row * 300_001L,
                            (row + 1) * 300_001L,
                            data,
                            row * 300_032L,
                            row * 300_032L + 300_001L))
                    .isEqualTo(-1);
        }
    }

    @Test
    void shouldWriteAnEmptyTensor() throws IOException {
        final NpyFile npy = writtenAndRead(TensorShape.of(Dtype.INT32, 4, 0, 2), MemorySegment.NULL);

        assertThat(npy.shape()).isEqualTo(TensorShape.of(Dtype.INT32, 4, 0, 2));
    }

    @Test
    void shouldRefuseDataShorterThanItsShapeBeforeTouchingTheFile() {
        final Path file = directory.resolve("short.npy");

        assertThatThrownBy(() -> NpyWriter.write(
                        file, TensorShape.of(Dtype.UINT16, 10), Arena.ofAuto().allocate(19)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("data: 19 bytes; uint16[10] takes 20");
        assertThat(file).doesNotExist();
    }

    private static void assertSameElements(final TensorShape shape, final MemorySegment data, final NpyFile npy) {
        final int[] index = new int[shape.ndims()];
        for (long n = 0; n < shape.elementCount(); n++) {
            assertThat(MemorySegment.mismatch(
                            data,
                            offset(shape, index),
                            offset(shape, index) + shape.dtype().sizeBytes(),
                            npy.data(),
                            offset(npy.shape(), index),
                            offset(npy.shape(), index) + shape.dtype().sizeBytes()))
                    .as("element %s of %s", Arrays.toString(index), shape)
                    .isEqualTo(-1);
            for (int i = 0; i < index.length && ++index[i] == shape.dim(i); i++) {
                index[i] = 0;
            }
        }
    }

    private static long offset(final TensorShape shape, final int[] index) {
        long offset = 0;
        for (int i = 0; i < index.length; i++) {
            offset += (long) index[i] * shape.strideBytes(i);
        }
        return offset;
    }

    private static int[] dims(final TensorShape shape) {
        final int[] dims = new int[shape.ndims()];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = shape.dim(i);
        }
        return dims;
    }

    private static TensorShape randomShape(final Random random) {
        final Dtype dtype = new Dtype[] {Dtype.UINT8, Dtype.INT16, Dtype.FLOAT32, Dtype.UINT64}[random.nextInt(4)];
        final MajorOrder order = MajorOrder.values()[random.nextInt(2)];
        final int[] dims = new int[1 + random.nextInt(4)];
        final int[] strides = new int[dims.length];
        int least = dtype.sizeBytes();
        for (int n = 0; n < dims.length; n++) {
            final int i = order == MajorOrder.ROW ? dims.length - 1 - n : n;
            dims[i] = 1 + random.nextInt(5);
            strides[i] = least + (random.nextBoolean() ? 0 : random.nextInt(9));
            least = strides[i] * dims[i];
        }
        return TensorShape.strided(dtype, order, dims, strides);
    }

    private static MemorySegment random(final long length) {
        final byte[] bytes = new byte[(int) length];
        new Random(length).nextBytes(bytes);
        return MemorySegment.ofArray(bytes);
    }

    private NpyFile writtenAndRead(final TensorShape shape, final MemorySegment data) throws IOException {
        final Path file = directory.resolve("array.npy");
        NpyWriter.write(file, shape, data);
        return NpyReader.read(file);
    }

    private static byte[] written(final TensorShape shape, final MemorySegment data) throws IOException {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        NpyWriter.write(out, shape, data);
        return out.toByteArray();
    }
}
