package io.tensorpool.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.Dtype;
import io.tensorpool.MajorOrder;
import io.tensorpool.TensorShape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against NumPy itself, in a process of its own; skipped where python3 has no NumPy. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class NumPyTest {
    @TempDir
    Path directory;

    @BeforeEach
    void needNumPy() throws Exception {
        final String refusal = python("import numpy");
        assumeTrue(refusal.isEmpty(), "needs python3 with numpy (Debian: python3-numpy): " + refusal);
    }

    @Test
    void shouldReadWhatNumPyWrites() throws Exception {
        assertThat(python("""
            import numpy as np
            from numpy.lib import format
            for version in (1, 0), (2, 0), (3, 0):
                for descr in 'u1 i1 u2 i2 u4 i4 u8 i8 f4 f8 ?'.split():
                    for byte_order in '<', '>':
                        for order in 'C', 'F':
                            dtype = np.dtype(descr).newbyteorder(byte_order)
                            a = (np.arange(24) * 5 - 3).astype(np.dtype(descr))
                            a = a.reshape((2, 3, 4)).astype(dtype, order=order)
                            name = f'{version[0]}_{a.dtype.str[1:]}_{"big" if byte_order == ">" else "lit"}_{order}'
                            with open(name + '.npy', 'wb') as f:
                                format.write_array(f, a, version=version)
                            a.astype(dtype.newbyteorder('<')).tofile(name + '.c_order')
            """)).isEmpty();
        final List<Path> arrays = files(".npy");
        assertThat(arrays).hasSize(3 * 11 * 2 * 2);

        for (final Path array : arrays) {
            final NpyFile npy = NpyReader.read(array);

            final boolean columnMajor = array.toString().endsWith("_F.npy");
            assertThat(npy.shape().order()).isEqualTo(columnMajor ? MajorOrder.COLUMN : MajorOrder.ROW);
            final Path values = Path.of(array.toString().replace(".npy", ".c_order"));
            assertThat(rowMajor(npy)).as(array.toString()).isEqualTo(Files.readAllBytes(values));
        }
    }

    @Test
    void shouldWriteWhatNumPyReads() throws Exception {
        for (final Dtype dtype : Dtype.values()) {
            for (final MajorOrder order : MajorOrder.values()) {
                final boolean row = order == MajorOrder.ROW;
                final int size = dtype.sizeBytes();
                final int[] strides = row ? new int[] {3 * 64, 64, size} : new int[] {size, 64, 3 * 64};
                final TensorShape shape = TensorShape.strided(dtype, order, new int[] {4, 3, 4}, strides);
                final MemorySegment data = Arena.ofAuto().allocate(shape.lengthBytes());
                for (int i = 0; i < 48; i++) {
                    final int[] at = {i / 12, i / 4 % 3, i % 4};
                    final long offset =
                            (long) at[0] * strides[0] + (long) at[1] * strides[1] + (long) at[2] * strides[2];
                    data.set(ValueLayout.JAVA_BYTE, offset, (byte) (dtype == Dtype.BOOLEAN ? i & 1 : i));
                }
                NpyWriter.write(directory.resolve(dtype + "_" + order + ".npy"), shape, data);
            }
        }

        assertThat(python("""
            import glob, numpy as np
            names = {'BYTES': 'UINT8', 'BIT': 'UINT8', 'BOOLEAN': 'BOOL'}
            count = 0
            for file in glob.glob('*.npy'):
                name, order = file[:-4].split('_')
                a = np.load(file)
                assert a.dtype == np.dtype(names.get(name, name).lower()), (file, a.dtype)
                assert a.flags['F_CONTIGUOUS' if order == 'COLUMN' else 'C_CONTIGUOUS'], file
                expected = np.arange(48, dtype='u8').reshape(4, 3, 4)
                low = np.ascontiguousarray(a).view('u1').reshape(4, 3, 4, -1)[..., 0]
                assert (low == (expected & 1 if name == 'BOOLEAN' else expected)).all(), file
                if order == 'ROW':
                    import io
                    again = io.BytesIO()
                    np.save(again, a)
                    assert again.getvalue() == open(file, 'rb').read(), 'not the bytes of numpy: ' + file
                count += 1
            assert count == 26, count
            """)).isEmpty();
    }

    /** The elements in C order, as {@code tofile} writes them. */
    private static byte[] rowMajor(final NpyFile npy) {
        final int size = npy.shape().dtype().sizeBytes();
        final byte[] bytes = new byte[24 * size];
        for (int i = 0; i < 24; i++) {
            final TensorShape shape = npy.shape();
            final long offset = (long) (i / 12) * shape.strideBytes(0)
                    + (long) (i / 4 % 3) * shape.strideBytes(1)
                    + (long) (i % 4) * shape.strideBytes(2);
            MemorySegment.copy(npy.data(), ValueLayout.JAVA_BYTE, offset, bytes, i * size, size);
        }
        return bytes;
    }

    private List<Path> files(final String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    /** Runs a script in the test's directory and returns its output, with the exit code when that is not 0. */
    private String python(final String script) throws IOException, InterruptedException {
        final Process process;
        try {
            process = new ProcessBuilder(Arrays.asList("python3", "-c", script))
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .start();
        } catch (final IOException noPython) {
            return noPython.toString();
        }
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? output : output + "exit code " + process.exitValue();
    }
}
