package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Dtype;
import io.tensorpool.MajorOrder;
import io.tensorpool.TensorShape;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ImageFilesTest {
    private static final Path DATA =
            Path.of(System.getProperty("tensorpool.shared", "../shared")).resolve("data");

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"UINT8,1", "UINT8,3", "UINT8,4", "UINT16,1", "UINT16,3", "UINT16,4"})
    void shouldReadBackEverySample(final Dtype dtype, final int channels) throws IOException {
        final TensorShape shape =
                channels == 1 ? TensorShape.of(dtype, 17, 23) : TensorShape.of(dtype, 17, 23, channels);
        final MemorySegment samples = randomSamples(shape);

        final InputFrame frame = writtenAndRead(shape, samples);

        assertThat(frame.shape()).isEqualTo(shape);
        assertThat(frame.data().mismatch(samples)).isEqualTo(-1);
    }

    @Test
    void shouldWriteASingleChannelGivenAsThirdDimension() throws IOException {
        final TensorShape shape = TensorShape.of(Dtype.UINT8, 5, 6, 1);
        final MemorySegment samples = randomSamples(shape);

        final InputFrame frame = writtenAndRead(shape, samples);

        assertThat(frame.shape()).isEqualTo(TensorShape.of(Dtype.UINT8, 5, 6));
        assertThat(frame.data().mismatch(samples)).isEqualTo(-1);
    }

    @Test
    void shouldResolveColumnMajorOrderAndPaddingWhenWriting() throws IOException {
        final TensorShape shape =
                TensorShape.strided(Dtype.UINT16, MajorOrder.COLUMN, new int[] {2, 3, 3}, new int[] {2, 64, 256});
        final MemorySegment samples = randomSamples(shape);

        final InputFrame frame = writtenAndRead(shape, samples);

        assertThat(frame.shape()).isEqualTo(TensorShape.of(Dtype.UINT16, 2, 3, 3));
        for (int i = 0; i < 18; i++) {
            final long offset = i / 9 * 2L + i / 3 % 3 * 64L + i % 3 * 256L;
            assertThat(frame.data().get(ValueLayout.JAVA_SHORT_UNALIGNED, i * 2L))
                    .as("sample %s", i)
                    .isEqualTo(samples.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset));
        }
    }

    /** Sample values written by hand, chunk by chunk: what a colour conversion on both ways would hide shows here. */
    @Test
    void shouldReadSamplesAsTheFileHasThem() throws IOException {
        assertThat(bytesOf(readPng(8, 0, null, new byte[] {0, 1, (byte) 128, (byte) 255})))
                .containsExactly(0, 1, 128, 255);
        assertThat(bytesOf(readPng(16, 0, null, new byte[] {0x12, 0x34, (byte) 0x80, 1})))
                .containsExactly(0x34, 0x12, 1, 0x80);
        assertThat(bytesOf(readPng(8, 2, null, new byte[] {10, 20, 30, 40, 50, 60})))
                .containsExactly(10, 20, 30, 40, 50, 60);
        assertThat(bytesOf(readPng(8, 6, null, new byte[] {10, 20, 30, 0, 50, 60, 70, 80})))
                .containsExactly(10, 20, 30, 0, 50, 60, 70, 80);
    }

    @Test
    void shouldSpreadGrayWithTransparencyOverFourChannels() throws IOException {
        final InputFrame frame = readPng(8, 4, null, new byte[] {10, 20, 30, 40});

        assertThat(frame.shape()).isEqualTo(TensorShape.of(Dtype.UINT8, 1, 2, 4));
        assertThat(bytesOf(frame)).containsExactly(10, 10, 10, 20, 30, 30, 30, 40);
    }

    @Test
    void shouldExpandOneBitGray() throws IOException {
        final InputFrame frame = readPng(1, 0, null, new byte[] {(byte) 0b1010_0000}, 4);

        assertThat(frame.shape()).isEqualTo(TensorShape.of(Dtype.UINT8, 1, 4));
        assertThat(bytesOf(frame)).containsExactly(255, 0, 255, 0);
    }

    @Test
    void shouldExpandAPalette() throws IOException {
        final InputFrame frame = readPng(8, 3, new byte[] {1, 2, 3, 4, 5, 6}, new byte[] {1, 0, 1});

        assertThat(frame.shape()).isEqualTo(TensorShape.of(Dtype.UINT8, 1, 3, 3));
        assertThat(bytesOf(frame)).containsExactly(4, 5, 6, 1, 2, 3, 4, 5, 6);
    }

    @Test
    void shouldExpandAPaletteWithTransparencyToFourChannels() throws IOException {
        final byte[] red = {9, 8};
        final BufferedImage image = new BufferedImage(
                2, 1, BufferedImage.TYPE_BYTE_INDEXED, new IndexColorModel(8, 2, red, red, red, new byte[] {-1, 5}));
        image.getRaster().setPixels(0, 0, 2, 1, new int[] {1, 0});
        final Path file = directory.resolve("palette.png");
        assertThat(ImageIO.write(image, "png", file.toFile())).isTrue();

        final InputFrame frame = ImageFiles.read(file, "png");

        assertThat(frame.shape()).isEqualTo(TensorShape.of(Dtype.UINT8, 1, 2, 4));
        assertThat(bytesOf(frame)).containsExactly(8, 8, 8, 5, 9, 9, 9, 255);
    }

    @ParameterizedTest
    @EnumSource(
            value = Dtype.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"UINT8", "UINT16"})
    void shouldRefuseToWriteOtherDtypesNamingThem(final Dtype dtype) {
        final TensorShape shape = TensorShape.of(dtype, 4, 4);
        final String name = dtype.name().toLowerCase(Locale.ROOT);

        assertThatThrownBy(() -> ImageFiles.writePng(
                        OutputStream.nullOutputStream(), shape, MemorySegment.ofArray(new byte[128])))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("cannot save " + name + "[4x4] as PNG: dtype " + name);
    }

    @Test
    void shouldRefuseToWriteWhatIsNoPicture() {
        for (final int[] dims : new int[][] {{4}, {4, 4, 2}, {4, 4, 5}, {2, 2, 2, 3}, {0, 4}}) {
            final TensorShape shape = TensorShape.of(Dtype.UINT8, dims);
            assertThatThrownBy(() -> ImageFiles.writePng(
                            OutputStream.nullOutputStream(), shape, MemorySegment.ofArray(new byte[128])))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageStartingWith("cannot save " + shape + " as PNG: expected HxW or HxWxC");
        }
    }

    @Test
    void shouldRefuseAPictureThatWouldNotFitTheHeap() throws IOException {
        final Path file = Files.write(directory.resolve("huge.png"), png(8, 0, null, new byte[1], 100_000, 100_000));

        assertThatThrownBy(() -> ImageFiles.read(file, "png"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("100000 x 100000");
    }

    @ParameterizedTest
    @CsvSource({
        "camera.png,png,512x512",
        "moon.png,png,512x512",
        "motorcycle_left.png,png,500x741x3",
        "hubble_deep_field.jpg,jpeg,872x1000x3"
    })
    void shouldReadTheSharedPictures(final String name, final String format, final String dims) throws IOException {
        final Path file = DATA.resolve(name);
        assumeTrue(Files.exists(file), "shared data absent: " + file);

        final InputFrame frame = ImageFiles.read(file, format);

        assertThat(frame.shape()).hasToString("uint8[" + dims + "]");
        final InputFrame again = writtenAndRead(frame.shape(), frame.data());
        assertThat(again.shape()).isEqualTo(frame.shape());
        assertThat(again.data().mismatch(frame.data())).isEqualTo(-1);
        final BufferedImage image = ImageIO.read(file.toFile());
        final int last = (int) frame.shape().lengthBytes() - 1;
        assertThat(frame.data().get(ValueLayout.JAVA_BYTE, last)).isEqualTo((byte) image.getRaster()
                .getSample(
                        image.getWidth() - 1,
                        image.getHeight() - 1,
                        image.getRaster().getNumBands() - 1));
    }

    private InputFrame writtenAndRead(final TensorShape shape, final MemorySegment samples) throws IOException {
        final Path file = directory.resolve("picture.png");
        try (OutputStream out = Files.newOutputStream(file)) {
            ImageFiles.writePng(out, shape, samples);
        }
        return ImageFiles.read(file, "png");
    }

    private InputFrame readPng(final int bits, final int colourType, final byte[] palette, final byte[] samples)
            throws IOException {
        final int channels = new int[] {1, 0, 3, 1, 2, 0, 4}[colourType];
        return readPng(bits, colourType, palette, samples, samples.length * 8 / bits / channels);
    }

    private InputFrame readPng(
            final int bits, final int colourType, final byte[] palette, final byte[] samples, final int width)
            throws IOException {
        final Path file = directory.resolve("made.png");
        Files.write(file, png(bits, colourType, palette, samples, width, 1));
        return ImageFiles.read(file, "png");
    }

    private static byte[] png(
            final int bits,
            final int colourType,
            final byte[] palette,
            final byte[] samples,
            final int width,
            final int height)
            throws IOException {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
        final ByteArrayOutputStream header = new ByteArrayOutputStream();
        writeInt(header, width);
        writeInt(header, height);
        header.write(new byte[] {(byte) bits, (byte) colourType, 0, 0, 0});
        writeChunk(out, "IHDR", header.toByteArray());
        if (palette != null) {
            writeChunk(out, "PLTE", palette);
        }
        final ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (OutputStream deflater = new DeflaterOutputStream(compressed)) {
            deflater.write(0);
            deflater.write(samples);
        }
        writeChunk(out, "IDAT", compressed.toByteArray());
        writeChunk(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private static void writeChunk(final ByteArrayOutputStream out, final String type, final byte[] data)
            throws IOException {
        final byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        writeInt(out, data.length);
        out.write(name);
        out.write(data);
        final CRC32 crc = new CRC32();
        crc.update(name);
        crc.update(data);
        writeInt(out, (int) crc.getValue());
    }

    private static void writeInt(final ByteArrayOutputStream out, final int value) {
        out.write(value >>> 24);
        out.write(value >>> 16);
        out.write(value >>> 8);
        out.write(value);
    }

    private static int[] bytesOf(final InputFrame frame) {
        final int[] values = new int[(int) frame.data().byteSize()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Byte.toUnsignedInt(frame.data().get(ValueLayout.JAVA_BYTE, i));
        }
        return values;
    }

    private static MemorySegment randomSamples(final TensorShape shape) {
        final byte[] bytes = new byte[(int) shape.lengthBytes()];
        new Random(shape.hashCode()).nextBytes(bytes);
        return MemorySegment.ofArray(bytes);
    }
}
