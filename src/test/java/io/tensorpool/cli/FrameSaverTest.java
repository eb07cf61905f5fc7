package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Dtype;
import io.tensorpool.TensorPoolException;
import io.tensorpool.TensorShape;
import io.tensorpool.tensor.NpyFile;
import io.tensorpool.tensor.NpyReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FrameSaverTest {
    private static final TensorShape SHAPE = TensorShape.of(Dtype.UINT8, 4, 4);

    @TempDir
    Path directory;

    private final MemorySegment payload = MemorySegment.ofArray("0123456789abcdef".getBytes());

    @Test
    void shouldSaveAsNpyUnderTheSequenceNumber() throws IOException {
        final FrameSaver saver = new FrameSaver(directory.resolve("new/below"), FrameSaver.Format.NPY);

        assertThat(saver.save(42, SHAPE, payload, () -> true)).isTrue();
        assertThat(saver.save(-1, SHAPE, payload, () -> true)).isTrue();

        assertThat(names("new/below")).containsExactly("frame-00000042.npy", "frame-18446744073709551615.npy");
        final NpyFile npy = NpyReader.read(directory.resolve("new/below/frame-00000042.npy"));
        assertThat(npy.shape()).isEqualTo(SHAPE);
        assertThat(npy.data().mismatch(payload)).isEqualTo(-1);
    }

    @Test
    void shouldSaveAsPng() throws IOException {
        new FrameSaver(directory, FrameSaver.Format.PNG).save(123_456_789, SHAPE, payload, () -> true);

        assertThat(names(".")).containsExactly("frame-123456789.png");
        final InputFrame frame = ImageFiles.read(directory.resolve("frame-123456789.png"), "png");
        assertThat(frame.shape()).isEqualTo(SHAPE);
        assertThat(frame.data().mismatch(payload)).isEqualTo(-1);
    }

    @Test
    void shouldKeepNothingOfAFrameThatWasOverwrittenMeanwhile() throws IOException {
        final FrameSaver saver = new FrameSaver(directory, FrameSaver.Format.NPY);

        assertThat(saver.save(1, SHAPE, payload, () -> false)).isFalse();

        assertThat(names(".")).isEmpty();
    }

    @Test
    void shouldAskWhetherTheFrameIsIntactAfterReadingIt() throws IOException {
        final FrameSaver saver = new FrameSaver(directory, FrameSaver.Format.NPY);

        saver.save(1, SHAPE, payload, () -> {
            payload.fill((byte) 0);
            return true;
        });

        assertThat(NpyReader.read(directory.resolve("frame-00000001.npy"))
                        .data()
                        .get(ValueLayout.JAVA_BYTE, 0))
                .isEqualTo((byte) '0');
    }

    @Test
    void shouldReplaceAFileOfTheSameNumber() throws IOException {
        final FrameSaver saver = new FrameSaver(directory, FrameSaver.Format.NPY);
        saver.save(1, TensorShape.of(Dtype.UINT8, 2), payload, () -> true);
        saver.save(1, SHAPE, payload, () -> true);

        assertThat(NpyReader.read(directory.resolve("frame-00000001.npy")).shape())
                .isEqualTo(SHAPE);
    }

    @Test
    void shouldLeaveNothingBehindWhenTheShapeIsNoPicture() throws IOException {
        final FrameSaver saver = new FrameSaver(directory, FrameSaver.Format.PNG);

        assertThatThrownBy(() -> saver.save(1, TensorShape.of(Dtype.FLOAT32, 2, 2), payload, () -> true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("float32");
        assertThat(names(".")).isEmpty();
    }

    @Test
    void shouldNameADirectoryThatCannotBeMade() throws IOException {
        final Path file = Files.createFile(directory.resolve("file"));

        assertThatThrownBy(() -> new FrameSaver(file.resolve("below"), FrameSaver.Format.NPY))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("--save: cannot make directory " + file.resolve("below"));
    }

    @Test
    void shouldNameTheFileThatCannotBeWritten() throws IOException {
        final FrameSaver saver = new FrameSaver(directory.resolve("gone"), FrameSaver.Format.NPY);
        Files.delete(directory.resolve("gone"));

        assertThatThrownBy(() -> saver.save(7, SHAPE, payload, () -> true))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("cannot save " + directory.resolve("gone/frame-00000007.npy"));
    }

    private Stream<String> names(final String below) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(below))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList().stream();
        }
    }
}
