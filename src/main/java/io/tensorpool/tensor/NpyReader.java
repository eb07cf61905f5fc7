package io.tensorpool.tensor;

import io.tensorpool.Dtype;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Reads {@code .npy} files, versions 1.0 to 3.0, of the numeric dtypes and booleans. Big-endian elements are turned
 * round; {@code fortran_order: True} becomes column-major order; a 0-d array becomes one dimension of one element.
 * Nothing in the file is believed before it is checked: a shape takes memory only when the bytes for it are there.
 *
 * <p>No state: any thread may call.
 */
public final class NpyReader {
    private static final int HEADER_LENGTH_MAX = 65_535;
    private static final int CHUNK_BYTES = 1 << 20;
    private static final long DATA_ALIGNMENT = 64;
    private static final ValueLayout.OfShort SHORT_BE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT_LE =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT_BE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT_LE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG_BE = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG_LE =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private NpyReader() {}

    /**
     * Reads a file into memory that lives as long as it is reachable.
     *
     * @param file a regular file.
     * @return its shape and elements.
     * @throws NpyFormatException if it is not a tensor in this format, or is shorter or longer than its shape.
     * @throws IOException        if it cannot be read.
     */
    public static NpyFile read(final Path file) throws IOException {
        return read(file, Arena.ofAuto());
    }

    /**
     * Reads a file into memory of the caller's.
     *
     * @param file      a regular file.
     * @param allocator gives the memory, native or on the heap, once the file's length has been checked.
     * @return its shape and elements.
     * @throws NpyFormatException if it is not a tensor in this format, or is shorter or longer than its shape.
     * @throws IOException        if it cannot be read.
     */
    public static NpyFile read(final Path file, final SegmentAllocator allocator) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new NpyFormatException(file + ": not a regular file");
        }
        try (InputStream in = Files.newInputStream(file)) {
            final String name = file.toString();
            final Header header = readHeader(in, name);
            final long length = header.npy.shape().lengthBytes();
            final long available = Files.size(file) - header.totalBytes;
            if (available != length) {
                throw lengthMismatch(name, header.npy, Long.toString(available));
            }
            final MemorySegment data =
                    allocator.allocate(length, DATA_ALIGNMENT).asSlice(0, length);
            final byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, length)];
            for (long offset = 0; offset < length; ) {
                final int count = in.readNBytes(chunk, 0, (int) Math.min(chunk.length, length - offset));
                if (count == 0) {
                    throw lengthMismatch(name, header.npy, offset + " (it shrank while being read)");
                }
                MemorySegment.copy(chunk, 0, data, ValueLayout.JAVA_BYTE, offset, count);
                offset += count;
            }
            return finished(header.npy, data);
        }
    }

    /**
     * Reads a stream to its end. The elements are buffered until all have come, because a stream does not say how long
     * it is; for files prefer {@link #read(Path, SegmentAllocator)}.
     *
     * @param in        read to its end, not closed.
     * @param name      what to call the stream in errors.
     * @param allocator gives the memory, native or on the heap, once all elements have come.
     * @return the shape and elements.
     * @throws NpyFormatException if it is not a tensor in this format, or is shorter or longer than its shape.
     * @throws IOException        if it cannot be read.
     */
    public static NpyFile read(final InputStream in, final String name, final SegmentAllocator allocator)
            throws IOException {
        final NpyHeader header = readHeader(in, name).npy;
        final long length = header.shape().lengthBytes();
        final List<byte[]> chunks = new ArrayList<>();
        for (long received = 0; received < length; ) {
            final byte[] chunk = in.readNBytes((int) Math.min(CHUNK_BYTES, length - received));
            if (chunk.length == 0) {
                throw lengthMismatch(name, header, Long.toString(received));
            }
            chunks.add(chunk);
            received += chunk.length;
        }
        if (in.read() >= 0) {
            throw lengthMismatch(name, header, "more");
        }
        final MemorySegment data = allocator.allocate(length, DATA_ALIGNMENT).asSlice(0, length);
        long offset = 0;
        for (final byte[] chunk : chunks) {
            MemorySegment.copy(chunk, 0, data, ValueLayout.JAVA_BYTE, offset, chunk.length);
            offset += chunk.length;
        }
        return finished(header, data);
    }

    private record Header(NpyHeader npy, long totalBytes) {}

    private static Header readHeader(final InputStream in, final String name) throws IOException {
        final byte[] prefix = in.readNBytes(NpyHeader.PREFIX_LENGTH);
        if (prefix.length < NpyHeader.PREFIX_LENGTH
                || !Arrays.equals(Arrays.copyOf(prefix, NpyHeader.MAGIC.length), NpyHeader.MAGIC)) {
            throw new NpyFormatException(name + ": not a .npy file: it does not start with \\x93NUMPY and a version");
        }
        final int major = prefix[NpyHeader.MAGIC.length] & 0xFF;
        final int minor = prefix[NpyHeader.MAGIC.length + 1] & 0xFF;
        if (major < 1 || major > 3 || minor != 0) {
            throw new NpyFormatException(name + ": .npy version " + major + "." + minor + "; expected 1.0, 2.0 or 3.0");
        }
        long length =
                (prefix[NpyHeader.MAGIC.length + 2] & 0xFFL) | ((prefix[NpyHeader.MAGIC.length + 3] & 0xFFL) << 8);
        long prefixLength = NpyHeader.PREFIX_LENGTH;
        if (major > 1) {
            final byte[] upper = readExactly(in, name, Short.BYTES);
            length |= ((upper[0] & 0xFFL) << 16) | ((upper[1] & 0xFFL) << 24);
            prefixLength += Short.BYTES;
        }
        if (length > HEADER_LENGTH_MAX) {
            throw new NpyFormatException(
                    name + ": header of " + length + " bytes; expected at most " + HEADER_LENGTH_MAX);
        }
        final byte[] dictionary = readExactly(in, name, (int) length);
        final String text = new String(dictionary, major < 3 ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
        return new Header(NpyHeaderParser.parse(name, text), prefixLength + length);
    }

    private static byte[] readExactly(final InputStream in, final String name, final int length) throws IOException {
        final byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new NpyFormatException(
                    name + ": ends within its header: " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    private static NpyFile finished(final NpyHeader header, final MemorySegment data) {
        if (header.bigEndian()) {
            swap(header.shape().dtype(), data);
        }
        return new NpyFile(header.shape(), data);
    }

    private static void swap(final Dtype dtype, final MemorySegment data) {
        final long length = data.byteSize();
        switch (dtype.sizeBytes()) {
            case Short.BYTES -> {
                for (long i = 0; i < length; i += Short.BYTES) {
                    data.set(SHORT_LE, i, data.get(SHORT_BE, i));
                }
            }
            case Integer.BYTES -> {
                for (long i = 0; i < length; i += Integer.BYTES) {
                    data.set(INT_LE, i, data.get(INT_BE, i));
                }
            }
            case Long.BYTES -> {
                for (long i = 0; i < length; i += Long.BYTES) {
                    data.set(LONG_LE, i, data.get(LONG_BE, i));
                }
            }
            default -> {} // single bytes have no order
        }
    }

    private static NpyFormatException lengthMismatch(final String name, final NpyHeader header, final String found) {
        return new NpyFormatException(name + ": " + header.shape() + " takes "
                + header.shape().lengthBytes() + " bytes of data; found " + found);
    }
}
