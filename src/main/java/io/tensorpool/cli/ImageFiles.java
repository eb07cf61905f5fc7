package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Dtype;
import io.tensorpool.TensorShape;
import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferUShort;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.FileImageInputStream;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * Pictures as tensors and back, sample for sample: no colour is converted. One channel is {@code [HxW]}, three and four
 * are {@code [HxWx3]} and {@code [HxWx4]}, of UINT8 or, from PNG files of 16 bits, UINT16.
 */
final class ImageFiles {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int DECODED_PIXEL_BYTES = 8;
    private static final int GRAY = 1;
    private static final int RGB = 3;
    private static final int RGBA = 4;

    private ImageFiles() {}

    /**
     * Reads a picture. Palettes and pictures of fewer than 8 bits are expanded: to one channel if all colours are gray
     * and opaque, else to three, or four with transparency; gray with transparency becomes four channels.
     *
     * @param file   to read.
     * @param format {@code png} or {@code jpeg}.
     * @return shape and samples.
     * @throws ConfigurationException if the file is damaged, too large for the heap, or of a kind not known.
     * @throws IOException            if it cannot be read.
     */
    static InputFrame read(final Path file, final String format) throws IOException {
        final ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
        try (ImageInputStream in = new FileImageInputStream(file.toFile())) {
            reader.setInput(in, true, true);
            final long decodedBytes = (long) reader.getWidth(0) * reader.getHeight(0) * DECODED_PIXEL_BYTES;
            final long allowedBytes = Math.min(Runtime.getRuntime().maxMemory() / 2, Integer.MAX_VALUE);
            if (decodedBytes > allowedBytes) {
                throw new ConfigurationException(
                        "--input: " + file + ": " + reader.getWidth(0) + " x " + reader.getHeight(0)
                                + " pixels may take " + decodedBytes + " bytes; expected at most " + allowedBytes);
            }
            final List<String> warnings = new ArrayList<>();
            reader.addIIOReadWarningListener((source, warning) -> warnings.add(warning));
            final BufferedImage image = reader.read(0);
            if (!warnings.isEmpty()) {
                // A file that ends too early is a warning to the decoders, and a half-gray picture.
                throw new ConfigurationException(
                        "--input: " + file + " is a damaged " + format + " file: " + warnings.getFirst());
            }
            return frame(file, image);
        } catch (final IllegalArgumentException | IndexOutOfBoundsException | IllegalStateException ex) {
            // What the decoders throw, beside IOException, for a damaged file.
            throw new ConfigurationException("--input: " + file + " is a damaged " + format + " file: " + ex, ex);
        } finally {
            reader.dispose();
        }
    }

    private static InputFrame frame(final Path file, final BufferedImage image) {
        if (image.getColorModel() instanceof IndexColorModel palette) {
            return expanded(image.getRaster(), palette);
        }
        final Raster raster = image.getRaster();
        final int bands = raster.getNumBands();
        final int bits = image.getColorModel().getComponentSize(0);
        if (bands > RGBA || (bits != Byte.SIZE && bits != Short.SIZE)) {
            throw new ConfigurationException("--input: " + file + ": " + bands + " channels of " + bits
                    + " bits; expected 1 to 4 channels of at most 8, or of 16 bits");
        }
        final Dtype dtype = bits == Byte.SIZE ? Dtype.UINT8 : Dtype.UINT16;
        // Gray with transparency is spread over four channels.
        final int[] bandOfChannel = bands == 2 ? new int[] {0, 0, 0, 1} : null;
        final int channels = bands == 2 ? RGBA : bands;
        final TensorShape shape = shape(dtype, raster, channels);
        final MemorySegment data = MemorySegment.ofArray(new byte[(int) shape.lengthBytes()]);
        final int[] row = new int[raster.getWidth() * bands];
        long offset = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, raster.getWidth(), 1, row);
            for (int i = 0; i < raster.getWidth() * channels; i++) {
                final int sample = row[bandOfChannel == null ? i : i / channels * bands + bandOfChannel[i % channels]];
                if (dtype == Dtype.UINT8) {
                    data.set(ValueLayout.JAVA_BYTE, offset, (byte) sample);
                } else {
                    data.set(SHORT, offset, (short) sample);
                }
                offset += dtype.sizeBytes();
            }
        }
        return new InputFrame(shape, data);
    }

    private static InputFrame expanded(final Raster raster, final IndexColorModel palette) {
        final int channels = palette.hasAlpha() ? RGBA : isGray(palette) ? GRAY : RGB;
        final TensorShape shape = shape(Dtype.UINT8, raster, channels);
        final byte[] data = new byte[(int) shape.lengthBytes()];
        final int[] row = new int[raster.getWidth()];
        int at = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, row.length, 1, row);
            for (final int index : row) {
                final int argb = palette.getRGB(index);
                data[at++] = (byte) (argb >>> 16);
                if (channels >= RGB) {
                    data[at++] = (byte) (argb >>> 8);
                    data[at++] = (byte) argb;
                }
                if (channels == RGBA) {
                    data[at++] = (byte) (argb >>> 24);
                }
            }
        }
        return new InputFrame(shape, MemorySegment.ofArray(data));
    }

    private static boolean isGray(final IndexColorModel palette) {
        for (int i = 0; i < palette.getMapSize(); i++) {
            if (palette.getRed(i) != palette.getGreen(i) || palette.getRed(i) != palette.getBlue(i)) {
                return false;
            }
        }
        return true;
    }

    private static TensorShape shape(final Dtype dtype, final Raster raster, final int channels) {
        return channels == GRAY
                ? TensorShape.of(dtype, raster.getHeight(), raster.getWidth())
                : TensorShape.of(dtype, raster.getHeight(), raster.getWidth(), channels);
    }

    /**
     * Writes a PNG file.
     *
     * @param out   neither flushed nor closed.
     * @param shape {@code [HxW]} or {@code [HxWxC]} with 1, 3 or 4 channels, of UINT8 or UINT16, in any order and with
     *              any strides.
     * @param data  at least as long as the shape.
     * @throws ConfigurationException if the shape is no picture; the message says which would be.
     * @throws IOException            if it cannot be written.
     */
    static void writePng(final OutputStream out, final TensorShape shape, final MemorySegment data) throws IOException {
        final BufferedImage image = image(shape, data);
        try (ImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            if (!ImageIO.write(image, "png", stream)) {
                throw new IOException("this Java runtime has no PNG encoder for " + shape);
            }
        }
    }

    private static BufferedImage image(final TensorShape shape, final MemorySegment data) {
        final int channels = checkedChannels(shape);
        final boolean deep = shape.dtype() == Dtype.UINT16;
        final boolean alpha = channels == RGBA;
        final ComponentColorModel model = new ComponentColorModel(
                ColorSpace.getInstance(channels == GRAY ? ColorSpace.CS_GRAY : ColorSpace.CS_sRGB),
                alpha,
                false,
                alpha ? Transparency.TRANSLUCENT : Transparency.OPAQUE,
                deep ? DataBuffer.TYPE_USHORT : DataBuffer.TYPE_BYTE);
        final WritableRaster raster = model.createCompatibleWritableRaster(shape.dim(1), shape.dim(0));
        final byte[] bytes = deep ? new byte[0] : ((DataBufferByte) raster.getDataBuffer()).getData();
        final short[] shorts = deep ? ((DataBufferUShort) raster.getDataBuffer()).getData() : new short[0];
        final long channelStride = shape.ndims() > 2 ? shape.strideBytes(2) : 0;
        int at = 0;
        for (int y = 0; y < shape.dim(0); y++) {
            for (int x = 0; x < shape.dim(1); x++) {
                long offset = (long) y * shape.strideBytes(0) + (long) x * shape.strideBytes(1);
                for (int channel = 0; channel < channels; channel++) {
                    if (deep) {
                        shorts[at++] = data.get(SHORT, offset);
                    } else {
                        bytes[at++] = data.get(ValueLayout.JAVA_BYTE, offset);
                    }
                    offset += channelStride;
                }
            }
        }
        return new BufferedImage(model, raster, false, null);
    }

    private static int checkedChannels(final TensorShape shape) {
        if (shape.dtype() != Dtype.UINT8 && shape.dtype() != Dtype.UINT16) {
            throw new ConfigurationException("cannot save " + shape + " as PNG: dtype "
                    + shape.dtype().name().toLowerCase(Locale.ROOT) + "; expected uint8 or uint16 (npy takes any)");
        }
        final int channels = shape.ndims() == 2 ? GRAY : shape.ndims() == 3 ? shape.dim(2) : 0;
        final long samples = shape.elementCount();
        if ((channels != GRAY && channels != RGB && channels != RGBA)
                || samples == 0
                || samples > Integer.MAX_VALUE - 8) {
            throw new ConfigurationException("cannot save " + shape
                    + " as PNG: expected HxW or HxWxC, not empty, with 1, 3 or 4 channels (npy takes any)");
        }
        return channels;
    }
}
