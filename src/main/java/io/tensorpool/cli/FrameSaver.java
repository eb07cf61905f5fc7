package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import io.tensorpool.TensorPoolException;
import io.tensorpool.TensorShape;
import io.tensorpool.tensor.NpyWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * Saves frames into a directory as {@code frame-00000042.npy} or {@code .png}. A file appears under its name only when it
 * is whole: it is written beside under a hidden name and moved. A file that is there already is replaced, so each run
 * (and each epoch, since sequence numbers start again) wants a directory of its own.
 */
final class FrameSaver {
    /** What to save as; the name in lower case is the file's suffix. */
    enum Format {
        NPY,
        PNG
    }

    private final Path directory;
    private final Format format;

    /**
     * Creates the directory if it is missing.
     *
     * @param directory where to save.
     * @param format    as what.
     * @throws ConfigurationException if there is no such directory and none can be made, or it cannot be written.
     */
    FrameSaver(final Path directory, final Format format) {
        this.directory = directory;
        this.format = format;
        try {
            Files.createDirectories(directory);
        } catch (final IOException ex) {
            throw new ConfigurationException("--save: cannot make directory " + directory + ": " + ex, ex);
        }
        if (!Files.isWritable(directory)) {
            throw new ConfigurationException("--save: directory " + directory + " is not writable");
        }
    }

    /**
     * Saves a frame.
     *
     * @param seq     sequence number, unsigned.
     * @param shape   any for NPY; one or more bytes per pixel for PNG, see {@link ImageFiles#writePng}.
     * @param payload at least as long as the shape.
     * @param intact  asked once all has been read; false means it was overwritten meanwhile and is not kept.
     * @return whether the frame was kept.
     * @throws ConfigurationException if the shape is no picture and the format is PNG.
     * @throws TensorPoolException    if it cannot be written.
     */
    boolean save(final long seq, final TensorShape shape, final MemorySegment payload, final BooleanSupplier intact) {
        final String name = name(seq);
        final Path partial = directory.resolve("." + name + ".partial");
        boolean kept = false;
        try {
            try {
                write(partial, shape, payload);
                kept = intact.getAsBoolean();
                if (kept) {
                    Files.move(
                            partial,
                            directory.resolve(name),
                            StandardCopyOption.ATOMIC_MOVE,
                            StandardCopyOption.REPLACE_EXISTING);
                }
            } finally {
                Files.deleteIfExists(partial);
            }
        } catch (final IOException ex) {
            throw new TensorPoolException("cannot save " + directory.resolve(name) + ": " + ex.getMessage(), ex);
        }
        return kept;
    }

    private void write(final Path file, final TensorShape shape, final MemorySegment payload) throws IOException {
        switch (format) {
            case NPY -> NpyWriter.write(file, shape, payload);
            case PNG -> {
                try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
                    ImageFiles.writePng(out, shape, payload);
                }
            }
        }
    }

    private String name(final long seq) {
        final String digits = Long.toUnsignedString(seq);
        return "frame-" + "0".repeat(Math.max(0, 8 - digits.length())) + digits + "."
                + format.name().toLowerCase(Locale.ROOT);
    }
}
