package io.tensorpool.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.Dtype;
import io.tensorpool.MajorOrder;
import io.tensorpool.TensorShape;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyReaderTest {
    private static final SegmentAllocator HEAP = (size, alignment) -> MemorySegment.ofArray(new byte[(int) size]);
    private static final Path SHARED = Path.of(System.getProperty("tensorpool.shared", "../shared"));

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "|u1,UINT8",
        "<u1,UINT8",
        "|i1,INT8",
        "<u2,UINT16",
        "=u2,UINT16",
        "|u2,UINT16",
        "<i2,INT16",
        "<u4,UINT32",
        "<i4,INT32",
        "<u8,UINT64",
        "<i8,INT64",
        "<f4,FLOAT32",
        "=f4,FLOAT32",
        "<f8,FLOAT64",
        "|b1,BOOLEAN"
    })
    void shouldReadEveryDtypeOfLittleEndianOrder(final String descriptor, final Dtype dtype) throws IOException {
        final byte[] data = counting(2 * dtype.sizeBytes());

        final NpyFile npy =
                read(npy(1, "{'descr': '" + descriptor + "', 'fortran_order': False, 'shape': (2,), }\n", data));

        assertThat(npy.shape()).isEqualTo(TensorShape.of(dtype, 2));
        assertThat(npy.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(data);
    }

    @Test
    void shouldTurnBigEndianElementsRound() throws IOException {
        assertThat(read(bigEndian(
                                ">u2",
                                ByteBuffer.allocate(4).putShort((short) 0x1234).putShort((short) -2)))
                        .data()
                        .toArray(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN)))
                .containsExactly((short) 0x1234, (short) -2);
        assertThat(read(bigEndian(">f4", ByteBuffer.allocate(8).putFloat(1.5f).putFloat(-0.25f)))
                        .data()
                        .toArray(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN)))
                .containsExactly(1.5f, -0.25f);
        assertThat(read(bigEndian(">i8", ByteBuffer.allocate(16).putLong(7).putLong(Long.MIN_VALUE)))
                        .data()
                        .toArray(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN)))
                .containsExactly(7L, Long.MIN_VALUE);
        assertThat(read(bigEndian(">u1", ByteBuffer.allocate(2).put((byte) 1).put((byte) 2)))
                        .data()
                        .toArray(ValueLayout.JAVA_BYTE))
                .containsExactly(1, 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldReadEveryVersion(final int version) throws IOException {
        final byte[] file =
                npy(version, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }   \n", counting(12));

        final NpyFile npy = read(file);

        assertThat(npy.shape()).isEqualTo(TensorShape.contiguous(Dtype.INT16, MajorOrder.COLUMN, 2, 3));
        assertThat(npy.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(counting(12));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'shape': (2, 3), 'fortran_order': False, 'descr': '|u1'}",
                "{ \"descr\" :\t'|u1' ,\n'fortran_order':False,'shape':( 2 , 3 , ) , }  \n",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 3L)}"
            })
    void shouldAcceptEveryWayToWriteTheDictionary(final String header) throws IOException {
        assertThat(read(npy(1, header, new byte[6])).shape()).isEqualTo(TensorShape.of(Dtype.UINT8, 2, 3));
    }

    @Test
    void shouldReadZeroDimensionsAsOneElement() throws IOException {
        final byte[] file = npy(1, "{'descr': '<u4', 'fortran_order': False, 'shape': ()}", counting(4));

        assertThat(read(file).shape()).isEqualTo(TensorShape.of(Dtype.UINT32, 1));
    }

    @Test
    void shouldReadAnEmptyExtentAndEightDimensions() throws IOException {
        assertThat(read(npy(1, "{'descr': '<u4', 'fortran_order': False, 'shape': (3, 0)}", new byte[0]))
                        .shape())
                .isEqualTo(TensorShape.of(Dtype.UINT32, 3, 0));
        assertThat(read(npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,2,1,2,1,2,1,2)}", new byte[16]))
                        .shape())
                .isEqualTo(TensorShape.of(Dtype.UINT8, 1, 2, 1, 2, 1, 2, 1, 2));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}; object (pickled) dtype '|O'",
                "{'descr': '<U4', 'fortran_order': False, 'shape': (1,)}; string dtype '<U4'",
                "{'descr': '|S4', 'fortran_order': False, 'shape': (1,)}; byte string dtype '|S4'",
                "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}; complex dtype '<c8'",
                "{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}; floating-point dtype '<f2'",
                "{'descr': [('x', '<u2')], 'fortran_order': False, 'shape': (1,)}; structured dtype",
                "{'descr': '?b1', 'fortran_order': False, 'shape': (1,)}; unknown dtype '?b1'",
                "{'descr': '', 'fortran_order': False, 'shape': (1,)}; unknown dtype ''",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}; more than 8 dimensions",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967297,)}; at most 2147483647",
                "{'descr': '<u8', 'fortran_order': False, 'shape': (65536, 65536, 65536, 65536)}; too large",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}; non-negative integer",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (1)}; a tuple",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (1 1)}; ',' or ')'",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}; non-negative integer",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (1,; non-negative integer",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999999,)}; at most 2147483647",
                "{'descr': '|u1', 'fortran_order': 0, 'shape': (1,)}; True or False",
                "{'descr': '|u1', 'fortran_order': False}; lacks 'shape'",
                "{'descr': '|u1', 'shape': (1,)}; lacks 'fortran_order'",
                "{'fortran_order': False, 'shape': (1,)}; lacks 'descr'",
                "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}; 'descr' twice",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'more': 1}; unknown key 'more'",
                "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} + 1; nothing after the dictionary",
                "{'descr': '|u1 ; a closing '",
                "__import__('os'); expected '{'",
                "``; found its end",
            })
    void shouldRefuseAHeaderNamingItsFault(final String header, final String cause) {
        assertRefused(header == null ? "" : header, new byte[1]).hasMessageContaining(cause);
    }

    @Test
    void shouldRefuseWhatIsNoNpyFile() throws IOException {
        assertFileRefused(new byte[0]).hasMessageContaining("not a .npy file");
        assertFileRefused("PNG and so on".getBytes(StandardCharsets.US_ASCII)).hasMessageContaining("not a .npy file");
        final byte[] future = npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", new byte[1]);
        future[6] = 4;
        assertFileRefused(future).hasMessageContaining("version 4.0");
    }

    @Test
    void shouldRefuseAHeaderLongerThanTheFileOrThanSensible() throws IOException {
        final byte[] short1 = npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", new byte[1]);
        short1[9] = 0x7F;
        assertFileRefused(short1).hasMessageContaining("ends within its header");
        final byte[] huge = npy(2, "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)}", new byte[1]);
        huge[11] = (byte) 0xFF;
        assertFileRefused(huge).hasMessageContaining("expected at most 65535");
    }

    @Test
    void shouldRefuseDataShorterOrLongerThanItsShape() throws IOException {
        final String header = "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 3)}";
        assertFileRefused(npy(1, header, new byte[11])).hasMessageContaining("takes 12 bytes of data; found 11");
        assertFileRefused(npy(1, header, new byte[13])).hasMessageContaining("takes 12 bytes of data; found 13");
        assertRefused(header, new byte[11]).hasMessageContaining("takes 12 bytes of data; found 11");
        assertRefused(header, new byte[13]).hasMessageContaining("takes 12 bytes of data; found more");
    }

    @Test
    void shouldTakeNoMemoryForDataThatIsNotThere() throws IOException {
        final byte[] file =
                npy(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2147483647, 2000000000)}", new byte[8]);
        final SegmentAllocator none = (size, alignment) -> {
            throw new AssertionError("asked for " + size + " bytes");
        };

        assertThatThrownBy(() -> NpyReader.read(write(file), none)).hasMessageContaining("found 8");
        assertThatThrownBy(() -> NpyReader.read(new ByteArrayInputStream(file), "stream", none))
                .hasMessageContaining("stream: uint8[2147483647x2000000000]")
                .hasMessageContaining("found 8");
    }

    @Test
    void shouldNameAFileThatIsMissingOrADirectory() {
        final Path missing = directory.resolve("missing.npy");
        assertThatThrownBy(() -> NpyReader.read(missing))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining(missing.toString());
        assertThatThrownBy(() -> NpyReader.read(directory)).hasMessage(directory + ": not a regular file");
    }

    @Test
    void shouldAnswerDamagedFilesWithATensorOrAFormatErrorAndNothingElse() throws IOException {
        final long seed = System.nanoTime();
        System.out.println("NpyReaderTest seed " + seed);
        final Random random = new Random(seed);
        final byte[] intact =
                npy(1, "{'descr': '<u2', 'fortran_order': False, 'shape': (4, 3), }        \n", counting(24));
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            final byte[] damaged = intact.clone();
            for (int n = 0; n <= random.nextInt(3); n++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            try {
                final NpyFile npy = read(damaged);
                assertThat(npy.data().byteSize()).isEqualTo(24);
            } catch (final NpyFormatException ex) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(1000);
    }

    @ParameterizedTest
    @CsvSource({
        "bw_text_skeleton.npy,UINT8,333x516",
        "chessboard_GRAY_U8.npy,UINT8,200x200",
        "chessboard_RGB_U8.npy,UINT8,200x200x3",
        "lab_array_f64.npy,FLOAT64,5x1x3"
    })
    void shouldReadTheSharedArrays(final String file, final Dtype dtype, final String dims) throws IOException {
        final Path path = SHARED.resolve("data").resolve(file);
        assumeTrue(Files.exists(path), "shared data absent: " + path);

        final NpyFile npy = NpyReader.read(path);

        assertThat(npy.shape().toString()).isEqualToIgnoringCase(dtype + "[" + dims + "]");
        final byte[] whole = Files.readAllBytes(path);
        final byte[] tail = npy.data().toArray(ValueLayout.JAVA_BYTE);
        assertThat(tail).isEqualTo(Arrays.copyOfRange(whole, whole.length - tail.length, whole.length));
        if (dtype == Dtype.FLOAT64) {
            assertThat(npy.data().get(ValueLayout.JAVA_DOUBLE, 0)).isBetween(53.23, 53.24);
        }
    }

    private NpyFile read(final byte[] file) throws IOException {
        final NpyFile streamed = NpyReader.read(new ByteArrayInputStream(file), "stream", HEAP);
        final NpyFile mapped = NpyReader.read(write(file), Arena.ofAuto());
        assertThat(mapped.shape()).isEqualTo(streamed.shape());
        assertThat(mapped.data().mismatch(streamed.data())).isEqualTo(-1);
        return mapped;
    }

    private Path write(final byte[] file) throws IOException {
        return Files.write(directory.resolve("array.npy"), file);
    }

    private AbstractThrowableAssert<?, ?> assertFileRefused(final byte[] file) throws IOException {
        final Path path = write(file);
        return assertThatThrownBy(() -> NpyReader.read(path, HEAP))
                .isInstanceOf(NpyFormatException.class)
                .hasMessageStartingWith(path + ": ");
    }

    private static AbstractThrowableAssert<?, ?> assertRefused(final String header, final byte[] data) {
        return assertThatThrownBy(() -> NpyReader.read(new ByteArrayInputStream(npy(1, header, data)), "stream", HEAP))
                .isInstanceOf(NpyFormatException.class)
                .hasMessageStartingWith("stream: ");
    }

    private static byte[] bigEndian(final String descriptor, final ByteBuffer data) {
        return npy(1, "{'descr': '" + descriptor + "', 'fortran_order': False, 'shape': (2,), }", data.array());
    }

    static byte[] npy(final int version, final String header, final byte[] data) {
        final byte[] text = header.getBytes(StandardCharsets.UTF_8);
        final ByteBuffer file =
                ByteBuffer.allocate(12 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
        file.put((byte) version).put((byte) 0);
        if (version == 1) {
            file.putShort((short) text.length);
        } else {
            file.putInt(text.length);
        }
        file.put(text).put(data);
        return Arrays.copyOf(file.array(), file.position());
    }

    private static byte[] counting(final int length) {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 37 + 1);
        }
        return bytes;
    }
}
