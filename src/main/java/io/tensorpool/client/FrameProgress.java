package io.tensorpool.client;

import io.tensorpool.MajorOrder;
import io.tensorpool.ProgressState;
import io.tensorpool.ProgressUnit;
import io.tensorpool.TensorShape;
import io.tensorpool.shm.PrefixSlices;
import io.tensorpool.shm.SlotReader;
import io.tensorpool.shm.SlotView;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The part that is there of a frame that is being filled, in place (wire specification 10.2.2). One object per consumer,
 * reused; used by the consumer's thread, and valid until its next poll for progress.
 *
 * <p>It is a notice, not the frame: the frame is there when its descriptor comes. It may also be dropped by its producer, and
 * then no descriptor ever comes.
 */
public final class FrameProgress {
    private final SlotView view = new SlotView();
    private @Nullable SlotReader reader;
    private @Nullable PrefixSlices prefixes;
    private int streamId;
    private long epoch;
    private ProgressState state = ProgressState.STARTED;
    private long filledBytes;
    private long safeBytes;

    FrameProgress() {}

    SlotView view() {
        return view;
    }

    void wrap(final SlotReader ofReader, final PrefixSlices ofPrefixes, final int ofStreamId, final long ofEpoch) {
        reader = ofReader;
        prefixes = ofPrefixes;
        streamId = ofStreamId;
        epoch = ofEpoch;
    }

    void wrap(final ProgressState newState, final long newFilledBytes) {
        state = newState;
        filledBytes = newFilledBytes;
        safeBytes = safeBytes(view.shape(), newFilledBytes);
    }

    /**
     * Bytes from the first one that are elements, whole ones of a major-aligned unit where there is padding between them. Where
     * the payload has holes and no unit that follows the major order, nothing is said of what is there.
     */
    static long safeBytes(final TensorShape shape, final long filledBytes) {
        if (shape.isContiguous() || filledBytes >= shape.lengthBytes()) {
            return filledBytes;
        }
        return isMajorAligned(shape) ? filledBytes - filledBytes % shape.progressStrideBytes() : 0;
    }

    /** Whether a unit is what the payload consists of, one behind the other: rows in row order, columns in column order. */
    static boolean isMajorAligned(final TensorShape shape) {
        if (shape.progressUnit() == ProgressUnit.ROWS) {
            return shape.order() == MajorOrder.ROW || shape.ndims() == 1;
        }
        if (shape.progressUnit() == ProgressUnit.NONE || shape.order() == MajorOrder.ROW) {
            return false;
        }
        for (int i = 2; i < shape.ndims(); i++) {
            if (shape.strideBytes(i) != (long) shape.strideBytes(i - 1) * shape.dim(i - 1)) {
                return false; // there is more between two planes than columns
            }
        }
        return true;
    }

    /**
     * Stream of the frame.
     *
     * @return unsigned 32-bit id.
     */
    public int streamId() {
        return streamId;
    }

    /**
     * Epoch of the frame.
     *
     * @return unsigned 64-bit number.
     */
    public long epoch() {
        return epoch;
    }

    /**
     * Sequence number that the frame is going to have.
     *
     * @return unsigned, starting at 0 in each epoch.
     */
    public long seq() {
        return view.seq();
    }

    /**
     * How far the frame is. STARTED can be missing, and so can COMPLETE.
     *
     * @return the state; it never goes back within a frame.
     */
    public ProgressState state() {
        return state;
    }

    /**
     * Element type, dimensions and strides; the same object for as long as they do not change.
     *
     * @return the shape of the whole frame.
     */
    public TensorShape shape() {
        return view.shape();
    }

    /**
     * Length of the whole payload.
     *
     * @return bytes.
     */
    public long lengthBytes() {
        return view.lengthBytes();
    }

    /**
     * What the producer says is there.
     *
     * @return bytes from the first one, at most {@link #lengthBytes()}; it never goes back within a frame. The part that may
     *     be read can be shorter.
     */
    public long filledBytes() {
        return filledBytes;
    }

    /**
     * Rows or columns that are wholly there, where the shape's progress unit follows its major order.
     *
     * @return 0 to the number of rows or columns; 0 if the shape has no such unit.
     */
    public long completeUnits() {
        final TensorShape shape = view.shape();
        if (!isMajorAligned(shape)) {
            return 0;
        }
        long units = shape.dim(shape.progressUnit() == ProgressUnit.ROWS ? 0 : 1);
        for (int i = 2; i < shape.ndims() && shape.progressUnit() == ProgressUnit.COLUMNS; i++) {
            units *= shape.dim(i);
        }
        return filledBytes >= shape.lengthBytes() ? units : Math.min(units, filledBytes / shape.progressStrideBytes());
    }

    /**
     * The bytes that are there, in the shared pool itself, and no others. Where elements lie without holes, these are all that
     * are filled; else whole rows or columns, if the shape's progress unit follows its major order; else none.
     *
     * @return read-only; access throws {@link IllegalStateException} once its epoch is unmapped, some time after the epoch
     *     ended.
     */
    public MemorySegment payload() {
        if (prefixes == null) {
            throw new IllegalStateException("no progress was polled yet");
        }
        return prefixes.get(view.payload(), safeBytes);
    }

    /**
     * Whether the slot still holds this frame: what was read of {@link #payload()} before this call is its content. Ask
     * after the last read.
     *
     * @return false if the producer has claimed the slot for a later frame; what was read is then worthless.
     */
    public boolean isIntact() {
        return reader().holds(view.seq());
    }

    /**
     * Whether the frame is committed by now. COMPLETE does not say so (wire specification 10.2.2).
     *
     * @return true if the whole frame is there and still is.
     */
    public boolean isCommitted() {
        return reader().isIntact(view.seq());
    }

    private SlotReader reader() {
        if (reader == null) {
            throw new IllegalStateException("no progress was polled yet");
        }
        return reader;
    }

    @Override
    public String toString() {
        return state + " of frame " + Long.toUnsignedString(view.seq()) + " of epoch " + Long.toUnsignedString(epoch)
                + " of stream " + Integer.toUnsignedString(streamId) + ", " + filledBytes + " bytes";
    }
}
