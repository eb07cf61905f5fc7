package io.tensorpool.cli;

import io.tensorpool.TensorShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A diagonal gradient with grain that moves by one pixel per frame. It is drawn once, a little longer than a frame; each
 * frame is a copy from another place in it, as fast as memory allows.
 *
 * <p>The picture repeats after a prime number of frames. Slots are a power of two, so a frame that laps another one in
 * its slot has other content, and the grain makes that show in every few bytes.
 */
final class TestPicture implements FrameSource {
    private static final int POSITIONS = 251;
    private static final int CHANNELS_MAX = 4;
    private static final int GRAIN_BITS_OF_BYTE = 4;
    private static final long GRAIN_MULTIPLIER = 0x9E3779B97F4A7C15L;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final TensorShape shape;
    private final long stepBytes;
    private final MemorySegment drawing;
    /** 0 where not known yet. Threads may race to set one: they set the same. */
    private final long[] contentHashes = new long[POSITIONS];

    /**
     * Draws the picture.
     *
     * @param shape contiguous, without an empty extent.
     */
    TestPicture(final TensorShape shape) {
        this.shape = shape;
        final int channels = channels(shape);
        this.stepBytes = (long) channels * shape.dtype().sizeBytes();
        final long lengthBytes = shape.lengthBytes() + (POSITIONS - 1) * stepBytes;
        this.drawing = Arena.ofAuto().allocate(lengthBytes, Long.BYTES);
        draw(channels, shape.dim(shape.ndims() > 1 ? 1 : 0));
    }

    private static int channels(final TensorShape shape) {
        final boolean coloured = shape.ndims() == 3 && shape.dim(2) <= CHANNELS_MAX;
        return coloured ? shape.dim(2) : 1;
    }

    private void draw(final int channels, final int width) {
        final int sizeBytes = shape.dtype().sizeBytes();
        final long count = drawing.byteSize() / sizeBytes;
        for (long i = 0; i < count; i++) {
            final long pixel = i / channels;
            final long level = (pixel % width + pixel / width + i % channels * 64) & 0xFF;
            drawElement(i * sizeBytes, level, grain(i));
        }
    }

    /** 56 bits that look random and depend on the element's place in the drawing. */
    private static long grain(final long i) {
        final long product = (i + 1) * GRAIN_MULTIPLIER;
        return ((product ^ (product >>> 32)) * GRAIN_MULTIPLIER) >>> 8;
    }

    private void drawElement(final long offset, final long level, final long grain) {
        final long value = (level << 56) | grain;
        switch (shape.dtype()) {
            case BOOLEAN -> drawing.set(ValueLayout.JAVA_BYTE, offset, (byte) (grain & 1));
            case UINT8, INT8, BYTES, BIT ->
                drawing.set(ValueLayout.JAVA_BYTE, offset, (byte) (level + (grain & ((1 << GRAIN_BITS_OF_BYTE) - 1))));
            case UINT16, INT16 -> drawing.set(SHORT, offset, (short) (value >>> 48));
            case UINT32, INT32 -> drawing.set(INT, offset, (int) (value >>> 32));
            case UINT64, INT64 -> drawing.set(LONG, offset, value);
            case FLOAT32 -> drawing.set(INT, offset, Float.floatToRawIntBits((value >>> 40) * 0x1p-24f));
            case FLOAT64 -> drawing.set(LONG, offset, Double.doubleToRawLongBits((value >>> 11) * 0x1p-53));
        }
    }

    @Override
    public TensorShape shape(final long seq) {
        return shape;
    }

    @Override
    public void fill(final long seq, final MemorySegment destination) {
        MemorySegment.copy(drawing, position(seq) * stepBytes, destination, 0, shape.lengthBytes());
    }

    @Override
    public long hash(final long seq) {
        final int position = position(seq);
        long contentHash = contentHashes[position];
        if (contentHash == 0) {
            contentHash = PayloadHash.ofContent(drawing.asSlice(position * stepBytes), shape.lengthBytes());
            contentHashes[position] = contentHash;
        }
        return PayloadHash.withSeq(contentHash, seq);
    }

    @Override
    public int distinctFrames() {
        return POSITIONS;
    }

    private static int position(final long seq) {
        return (int) Long.remainderUnsigned(seq, POSITIONS);
    }
}
