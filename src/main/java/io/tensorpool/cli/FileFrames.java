package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import io.tensorpool.TensorShape;
import io.tensorpool.tensor.NpyFile;
import io.tensorpool.tensor.NpyReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The PNG, JPEG and NPY files of {@code --input}, in turn. All are read before the first frame. */
final class FileFrames implements FrameSource {
    private static final byte[] PNG_MAGIC = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final byte[] JPEG_MAGIC = {(byte) 0xFF, (byte) 0xD8, (byte) 0xFF};
    private static final byte[] NPY_MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final List<String> SUFFIXES = List.of(".png", ".jpg", ".jpeg", ".npy");

    private final List<InputFrame> frames;
    private final long[] contentHashes;

    private FileFrames(final List<InputFrame> frames) {
        this.frames = List.copyOf(frames);
        this.contentHashes = frames.stream()
                .mapToLong(frame ->
                        PayloadHash.ofContent(frame.data(), frame.shape().lengthBytes()))
                .toArray();
    }

    /**
     * Reads all inputs.
     *
     * @param inputs      files, told apart by their content, and directories, which stand for the files in them whose
     *                    names end in .png, .jpg, .jpeg or .npy, sorted by name.
     * @param budgetBytes most memory that the frames may take together.
     * @return the source.
     * @throws ConfigurationException if an input is missing, unreadable, empty or of another format, or all together
     *                                are too large; the message names it.
     */
    static FileFrames load(final List<Path> inputs, final long budgetBytes) {
        final List<InputFrame> frames = new ArrayList<>();
        long totalBytes = 0;
        for (final Path input : inputs) {
            for (final Path file : expand(input)) {
                final InputFrame frame = loadFile(file);
                totalBytes += frame.shape().lengthBytes();
                if (totalBytes > budgetBytes) {
                    throw new ConfigurationException("--input: up to " + file + " the frames take " + totalBytes
                            + " bytes; expected at most " + budgetBytes + ": give fewer files or a larger heap (-Xmx)");
                }
                frames.add(frame);
            }
        }
        if (frames.isEmpty()) {
            throw new ConfigurationException("--input: no file given; expected PNG, JPEG or NPY files or directories");
        }
        return new FileFrames(frames);
    }

    private static List<Path> expand(final Path input) {
        if (!Files.isDirectory(input)) {
            return List.of(input);
        }
        try (Stream<Path> entries = Files.list(input)) {
            final List<Path> files = entries.filter(FileFrames::hasKnownSuffix)
                    .filter(Files::isRegularFile)
                    .sorted(Comparator.comparing(file -> file.getFileName().toString()))
                    .toList();
            if (files.isEmpty()) {
                throw new ConfigurationException(
                        "--input: directory " + input + " holds no file ending in " + String.join(", ", SUFFIXES));
            }
            return files;
        } catch (final IOException ex) {
            throw unreadable(input, ex);
        }
    }

    private static boolean hasKnownSuffix(final Path file) {
        final String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return !name.startsWith(".") && SUFFIXES.stream().anyMatch(name::endsWith);
    }

    private static InputFrame loadFile(final Path file) {
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw new ConfigurationException("--input: " + file + " is neither a regular file nor a directory");
            }
            final byte[] start;
            try (InputStream in = Files.newInputStream(file)) {
                start = in.readNBytes(PNG_MAGIC.length);
            }
            if (startsWith(start, PNG_MAGIC)) {
                return ImageFiles.read(file, "png");
            }
            if (startsWith(start, JPEG_MAGIC)) {
                return ImageFiles.read(file, "jpeg");
            }
            if (startsWith(start, NPY_MAGIC)) {
                final NpyFile npy = NpyReader.read(file);
                if (npy.shape().lengthBytes() == 0) {
                    throw new ConfigurationException("--input: " + file + " is empty: " + npy.shape());
                }
                return new InputFrame(npy.shape(), npy.data());
            }
        } catch (final IOException ex) {
            throw unreadable(file, ex);
        }
        throw new ConfigurationException(
                "--input: " + file + " is of no known format; expected PNG, JPEG or NPY by its first bytes");
    }

    private static boolean startsWith(final byte[] bytes, final byte[] magic) {
        return bytes.length >= magic.length && Arrays.equals(bytes, 0, magic.length, magic, 0, magic.length);
    }

    /** The bare exceptions of the file system carry the path only. */
    private static ConfigurationException unreadable(final Path file, final IOException ex) {
        final String cause = switch (ex) {
            case NoSuchFileException missing -> "no such file";
            case AccessDeniedException denied -> "permission denied";
            default -> String.valueOf(ex.getMessage());
        };
        return new ConfigurationException("--input: cannot read " + file + ": " + cause, ex);
    }

    @Override
    public TensorShape shape(final long seq) {
        return frames.get(index(seq)).shape();
    }

    @Override
    public void fill(final long seq, final MemorySegment destination) {
        final InputFrame frame = frames.get(index(seq));
        MemorySegment.copy(frame.data(), 0, destination, 0, frame.shape().lengthBytes());
    }

    @Override
    public long hash(final long seq) {
        return PayloadHash.withSeq(contentHashes[index(seq)], seq);
    }

    @Override
    public int distinctFrames() {
        return frames.size();
    }

    private int index(final long seq) {
        return (int) Long.remainderUnsigned(seq, frames.size());
    }
}
