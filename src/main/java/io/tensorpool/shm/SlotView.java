package io.tensorpool.shm;

import io.tensorpool.TensorShape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What {@link SlotReader#read} accepted last: the header fields as copied, and the payload in place. To be made once and
 * reused. Single-threaded. Valid until the next read into it; the payload until its mapping is closed, and its bytes for
 * as long as {@link SlotReader#isIntact} says so.
 */
public final class SlotView {
    private long seq;
    private long timestampNs;
    private int metaVersion;
    private int poolIndex;
    private int poolId;
    private int slot;
    private long lengthBytes;
    private @Nullable TensorShape shape;
    private @Nullable PayloadSlices payloads;

    /** Holds nothing yet. */
    public SlotView() {}

    void frame(final long newSeq, final long newTimestampNs, final int newMetaVersion) {
        seq = newSeq;
        timestampNs = newTimestampNs;
        metaVersion = newMetaVersion;
    }

    /** References are only stored when they change: a store costs the collector's barrier. */
    @SuppressWarnings("ReferenceEquality") // the very objects
    void payload(
            final int newPoolIndex,
            final int newPoolId,
            final TensorShape newShape,
            final PayloadSlices newPayloads,
            final int newSlot,
            final long newLengthBytes) {
        poolIndex = newPoolIndex;
        poolId = newPoolId;
        slot = newSlot;
        lengthBytes = newLengthBytes;
        if (shape != newShape) {
            shape = newShape;
        }
        if (payloads != newPayloads) {
            payloads = newPayloads;
        }
    }

    /**
     * Sequence number.
     *
     * @return unsigned, starting at 0 in each epoch.
     */
    public long seq() {
        return seq;
    }

    /**
     * Capture time.
     *
     * @return ns, unsigned, in the clock of the producer.
     */
    public long timestampNs() {
        return timestampNs;
    }

    /**
     * Version of the metadata that describes the frame.
     *
     * @return unsigned 32-bit number.
     */
    public int metaVersion() {
        return metaVersion;
    }

    /**
     * Index of the pool that holds the payload, in the description of the epoch.
     *
     * @return 0 to {@code poolCount() - 1}.
     */
    public int poolIndex() {
        return poolIndex;
    }

    /**
     * Id of the pool that holds the payload.
     *
     * @return unsigned 16-bit id.
     */
    public int poolId() {
        return poolId;
    }

    /**
     * Shape of the tensor; the same object for as long as it does not change.
     *
     * @return the shape.
     * @throws IllegalStateException if nothing was read yet.
     */
    public TensorShape shape() {
        if (shape == null) {
            throw new IllegalStateException("nothing was read into this view yet");
        }
        return shape;
    }

    /**
     * Length of the payload, at least {@code shape().lengthBytes()}.
     *
     * @return bytes; 0 if nothing was read yet.
     */
    public long lengthBytes() {
        return lengthBytes;
    }

    /**
     * The payload in shared memory.
     *
     * @return a read-only slice of exactly the payload's length, starting on a multiple of 64.
     * @throws IllegalStateException if nothing was read yet.
     */
    public MemorySegment payload() {
        if (payloads == null) {
            throw new IllegalStateException("nothing was read into this view yet");
        }
        return payloads.get(poolIndex, slot, lengthBytes);
    }
}
