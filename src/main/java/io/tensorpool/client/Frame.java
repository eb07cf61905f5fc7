package io.tensorpool.client;

import io.tensorpool.TensorShape;
import io.tensorpool.protocol.DescriptorProxy;
import io.tensorpool.shm.SlotReader;
import io.tensorpool.shm.SlotView;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A frame in place, in shared memory; used by the consumer's thread. The one that a handler is given is reused, and valid until
 * the consumer's next poll; one that the application made is valid until it is read into again.
 */
public final class Frame {
    /** In place of a publish time: the producer does not send any. */
    public static final long NO_TIMESTAMP = DescriptorProxy.NULL_TIMESTAMP;

    private final SlotView view = new SlotView();
    private @Nullable SlotReader reader;
    private int streamId;
    private long epoch;
    private long publishTimestampNs;
    private long traceId;
    private boolean wasOverwritten;

    /** An empty frame, to be read into by {@link Consumer#read}. */
    public Frame() {}

    SlotView view() {
        return view;
    }

    @SuppressWarnings("ReferenceEquality") // the very reader: a store of a reference costs the collector's barrier
    void wrap(final SlotReader ofReader, final DescriptorBatch descriptor, final int ofStreamId) {
        if (reader != ofReader) {
            reader = ofReader;
        }
        streamId = ofStreamId;
        epoch = descriptor.epoch();
        publishTimestampNs = descriptor.timestampNs();
        traceId = descriptor.traceId();
        wasOverwritten = false;
    }

    /** A frame that no descriptor led to. */
    void wrap(final SlotReader ofReader, final long ofEpoch, final int ofStreamId) {
        reader = ofReader;
        streamId = ofStreamId;
        epoch = ofEpoch;
        publishTimestampNs = NO_TIMESTAMP;
        traceId = 0;
        wasOverwritten = false;
    }

    /** Whether the application found out that it was overwritten while it used the frame. */
    boolean wasOverwritten() {
        return wasOverwritten;
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
     * Sequence number of the frame (wire specification 8.2).
     *
     * @return unsigned, starting at 0 in each epoch.
     */
    public long seq() {
        return view.seq();
    }

    /**
     * Element type, dimensions and strides; the same object for as long as they do not change.
     *
     * @return the shape.
     */
    public TensorShape shape() {
        return view.shape();
    }

    /**
     * The frame's bytes, in the shared pool itself.
     *
     * @return read-only, at least {@code shape().lengthBytes()} long; access throws {@link IllegalStateException} once
     *     its epoch is unmapped, some time after the epoch ended.
     */
    public MemorySegment payload() {
        return view.payload();
    }

    /**
     * Capture time (wire specification 10.2.1).
     *
     * @return on the producer's clock, monotonic unless it says otherwise.
     */
    public long timestampNs() {
        return view.timestampNs();
    }

    /**
     * When the frame was announced.
     *
     * @return on the producer's monotonic clock; {@link #NO_TIMESTAMP} unless the producer publishes with times.
     */
    public long publishTimestampNs() {
        return publishTimestampNs;
    }

    /**
     * Version of the stream's metadata that describes this frame.
     *
     * @return unsigned.
     */
    public int metaVersion() {
        return view.metaVersion();
    }

    /**
     * Trace that this frame belongs to.
     *
     * @return 0 for none.
     */
    public long traceId() {
        return traceId;
    }

    /**
     * Whether the frame has not been overwritten so far: what was read from it before this call is the frame's content,
     * whole. Ask after the last read. If the answer in a handler is false, the frame counts as late.
     *
     * @return false if the producer has claimed the slot for a later frame; what was read is then worthless.
     */
    public boolean isIntact() {
        if (reader == null) {
            throw new IllegalStateException("no frame was polled or read yet");
        }
        final boolean isIntact = !wasOverwritten && reader.isIntact(view.seq());
        wasOverwritten = !isIntact;
        return isIntact;
    }

    @Override
    public String toString() {
        return "frame " + Long.toUnsignedString(view.seq()) + " of epoch " + Long.toUnsignedString(epoch)
                + " of stream " + Integer.toUnsignedString(streamId);
    }
}
