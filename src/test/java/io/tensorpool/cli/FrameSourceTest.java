package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Dtype;
import io.tensorpool.TensorShape;
import io.tensorpool.tensor.NpyWriter;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FrameSourceTest {
    private static final long BUDGET_BYTES = 64 << 20;
    private static final Path DATA =
            Path.of(System.getProperty("tensorpool.shared", "../shared")).resolve("data");

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(Dtype.class)
    void shouldMoveTheTestPictureOfEveryDtype(final Dtype dtype) {
        final FrameSource source = new TestPicture(TensorShape.of(dtype, 64, 48));
        final Set<Long> contents = new HashSet<>();
        for (int seq = 0; seq < source.distinctFrames(); seq++) {
            final MemorySegment frame = filled(source, seq);
            assertThat(source.hash(seq)).isEqualTo(PayloadHash.of(frame, frame.byteSize(), seq));
            assertThat(contents.add(PayloadHash.ofContent(frame, frame.byteSize())))
                    .as("content of frame %s differs from the earlier ones", seq)
                    .isTrue();
        }
    }

    @Test
    void shouldMoveTheTestPictureByOnePixel() {
        final FrameSource source = new TestPicture(TensorShape.of(Dtype.UINT8, 10, 20, 3));

        assertThat(MemorySegment.mismatch(filled(source, 4), 3, 600, filled(source, 5), 0, 597))
                .isEqualTo(-1);
        assertThat(filled(source, 4).mismatch(filled(source, 5))).isBetween(0L, 3L);
    }

    @Test
    void shouldDrawFloatsBetweenZeroAndOneAndBooleansOfBothKinds() {
        final MemorySegment floats = filled(new TestPicture(TensorShape.of(Dtype.FLOAT32, 30, 30)), 9);
        final MemorySegment doubles = filled(new TestPicture(TensorShape.of(Dtype.FLOAT64, 30, 30)), 9);
        final MemorySegment booleans = filled(new TestPicture(TensorShape.of(Dtype.BOOLEAN, 30, 30)), 9);
        final Set<Byte> seen = new HashSet<>();
        for (int i = 0; i < 900; i++) {
            assertThat(floats.getAtIndex(ValueLayout.JAVA_FLOAT, i)).isBetween(0f, 0.99999997f);
            assertThat(doubles.getAtIndex(ValueLayout.JAVA_DOUBLE, i)).isBetween(0d, 0.9999999999d);
            seen.add(booleans.get(ValueLayout.JAVA_BYTE, i));
        }
        assertThat(seen).containsExactlyInAnyOrder((byte) 0, (byte) 1);
    }

    @Test
    void shouldHaveOtherContentInAFrameThatLapsAnother() {
        final FrameSource source = new TestPicture(TensorShape.of(Dtype.UINT8, 32, 32));
        for (int nslots = 1; nslots <= 4096; nslots *= 2) {
            assertThat(filled(source, 5).mismatch(filled(source, 5L + nslots)))
                    .as("laps after %s slots", nslots)
                    .isGreaterThanOrEqualTo(0);
        }
    }

    @Test
    void shouldTakeSequenceNumbersAsUnsigned() {
        final FrameSource source = new TestPicture(TensorShape.of(Dtype.UINT8, 16));
        final MemorySegment frame = filled(source, -1L);

        assertThat(source.hash(-1L)).isEqualTo(PayloadHash.of(frame, 16, -1L));
    }

    @Test
    void shouldFillNoMoreThanTheFrame() {
        final FrameSource source = new TestPicture(TensorShape.of(Dtype.UINT8, 16));
        final MemorySegment destination = MemorySegment.ofArray(new byte[20]);
        destination.fill((byte) 0x7E);

        source.fill(3, destination);

        assertThat(destination.asSlice(16).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0x7E);
    }

    @Test
    void shouldTakeTheGivenFilesInTurn() throws IOException {
        final Path array = npy("a.npy", 2, 3);
        final Path picture = png("b.anything", 4, 5);

        final FrameSource source = FileFrames.load(List.of(picture, array), BUDGET_BYTES);

        assertThat(source.distinctFrames()).isEqualTo(2);
        assertThat(source.shape(0)).isEqualTo(TensorShape.of(Dtype.UINT8, 4, 5));
        assertThat(source.shape(1)).isEqualTo(TensorShape.of(Dtype.FLOAT32, 2, 3));
        assertThat(source.shape(2)).isSameAs(source.shape(0));
        assertThat(source.longestBytes()).isEqualTo(24);
        for (int seq = 0; seq < 4; seq++) {
            final MemorySegment frame = filled(source, seq);
            assertThat(source.hash(seq)).isEqualTo(PayloadHash.of(frame, frame.byteSize(), seq));
        }
    }

    @Test
    void shouldExpandDirectoriesSortedByName() throws IOException {
        npy("frame-3.npy", 3);
        npy("frame-1.npy", 1);
        png("frame-2.PNG", 2, 2);
        npy(".hidden.npy", 9);
        Files.writeString(directory.resolve("README.txt"), "not a frame");
        Files.createDirectory(directory.resolve("below.npy"));

        final FrameSource source = FileFrames.load(List.of(directory), BUDGET_BYTES);

        assertThat(IntStream.range(0, source.distinctFrames()).mapToObj(source::shape))
                .containsExactly(
                        TensorShape.of(Dtype.FLOAT32, 1),
                        TensorShape.of(Dtype.UINT8, 2, 2),
                        TensorShape.of(Dtype.FLOAT32, 3));
    }

    @Test
    void shouldRefuseInputsNamingTheFileAndTheCause() throws IOException {
        final Path missing = directory.resolve("missing.png");
        assertRefused(missing).hasMessage("--input: cannot read " + missing + ": no such file");

        final Path text = Files.writeString(directory.resolve("text.png"), "no picture");
        assertRefused(text).hasMessageContaining(text + " is of no known format; expected PNG, JPEG or NPY");

        final Path empty = Files.createFile(directory.resolve("empty.npy"));
        assertRefused(empty).hasMessageContaining(empty + " is of no known format");

        final Path none = Files.createDirectory(directory.resolve("none"));
        assertRefused(none).hasMessageContaining("directory " + none + " holds no file ending in .png");

        final Path noElements = npy("zero.npy", 0);
        assertRefused(noElements).hasMessageContaining(noElements + " is empty: float32[0]");

        assertRefused(Path.of("/dev/null")).hasMessageContaining("/dev/null is neither a regular file nor");

        assertThatThrownBy(() -> FileFrames.load(List.of(), BUDGET_BYTES)).hasMessageContaining("no file given");
    }

    @Test
    void shouldRefuseDamagedFiles() throws IOException {
        for (final Path file : List.of(npy("a.npy", 100), png("b.png", 100, 100), jpeg("c.jpg"))) {
            final byte[] bytes = Files.readAllBytes(file);
            // Behind the last compressed samples a PNG file has 16 bytes that no sample needs.
            for (final int length : new int[] {60, bytes.length / 2, bytes.length - 40}) {
                Files.write(file, Arrays.copyOf(bytes, length));
                assertThatThrownBy(() -> FileFrames.load(List.of(file), BUDGET_BYTES))
                        .as("%s of %s bytes of %s", length, bytes.length, file)
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining(file.toString());
            }
        }
    }

    @Test
    void shouldRefuseMoreThanTheBudget() throws IOException {
        final Path array = npy("a.npy", 100);

        assertThat(FileFrames.load(List.of(array, array), 800).distinctFrames()).isEqualTo(2);
        assertThatThrownBy(() -> FileFrames.load(List.of(array, array), 799))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("take 800 bytes; expected at most 799");
    }

    @Test
    void shouldReadTheWholeSharedDirectory() throws IOException {
        assumeTrue(Files.isDirectory(DATA), "shared data absent: " + DATA);

        final FrameSource source = FileFrames.load(List.of(DATA), BUDGET_BYTES);

        try (Stream<Path> files = Files.list(DATA)) {
            assertThat(source.distinctFrames()).isEqualTo((int)
                    files.filter(file -> !file.endsWith("SHA256SUMS")).count());
        }
        assertThat(source.longestBytes()).isEqualTo(872 * 1000 * 3);
    }

    private AbstractThrowableAssert<?, ?> assertRefused(final Path input) {
        return assertThatThrownBy(() -> FileFrames.load(List.of(input), BUDGET_BYTES))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("--input: ");
    }

    private static MemorySegment filled(final FrameSource source, final long seq) {
        final MemorySegment frame = Arena.ofAuto().allocate(source.shape(seq).lengthBytes(), 8);
        source.fill(seq, frame);
        return frame;
    }

    private Path npy(final String name, final int... dims) throws IOException {
        final Path file = directory.resolve(name);
        final TensorShape shape = TensorShape.of(Dtype.FLOAT32, dims);
        NpyWriter.write(file, shape, MemorySegment.ofArray(new float[(int) shape.elementCount()]));
        return file;
    }

    private Path png(final String name, final int height, final int width) throws IOException {
        final Path file = directory.resolve(name);
        final TensorShape shape = TensorShape.of(Dtype.UINT8, height, width);
        try (OutputStream out = Files.newOutputStream(file)) {
            ImageFiles.writePng(out, shape, filled(new TestPicture(shape), 0));
        }
        return file;
    }

    private Path jpeg(final String name) throws IOException {
        final Path file = directory.resolve(name);
        final BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_3BYTE_BGR);
        assertThat(ImageIO.write(image, "jpeg", file.toFile())).isTrue();
        return file;
    }
}
