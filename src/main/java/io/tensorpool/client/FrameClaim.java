package io.tensorpool.client;

import io.tensorpool.TensorShape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A slot of the pool, open for writing. Made once by the application and given to each
 * {@link Producer#tryClaim(TensorShape, FrameClaim)}; it ends with {@link #commit} or {@link #abort}. Used by the
 * producer's thread.
 */
public final class FrameClaim {
    private @Nullable Producer producer;
    private @Nullable ProducerBinding binding;
    private @Nullable MemorySegment payload;
    private @Nullable TensorShape shape;
    private int poolIndex;
    private long seq;
    private long timestampNs;
    private int metaVersion;
    private long traceId;

    /** A claim that is not open. */
    public FrameClaim() {}

    void open(
            final Producer owner,
            final ProducerBinding ofBinding,
            final TensorShape ofShape,
            final int ofPoolIndex,
            final long ofSeq,
            final long claimTimeNs,
            final MemorySegment ofPayload) {
        producer = owner;
        binding = ofBinding;
        shape = ofShape;
        poolIndex = ofPoolIndex;
        seq = ofSeq;
        timestampNs = claimTimeNs;
        payload = ofPayload;
        metaVersion = 0;
        traceId = 0;
    }

    void close() {
        producer = null;
        binding = null;
        payload = null;
    }

    /**
     * Whether the claim is open.
     *
     * @return true from a successful claim to its commit or abort.
     */
    public boolean isOpen() {
        return producer != null;
    }

    /**
     * The slot's payload: a slice of the shared pool with exactly the claimed length. It holds whatever the slot's last
     * frame left there.
     *
     * @return valid until commit or abort; access after the epoch was unmapped throws {@link IllegalStateException}.
     * @throws IllegalStateException if the claim is not open.
     */
    public MemorySegment payload() {
        if (payload == null) {
            throw notOpen();
        }
        return payload;
    }

    /**
     * Sequence number that the frame is going to have.
     *
     * @return unsigned, from 0 in each epoch.
     */
    public long seq() {
        return seq;
    }

    /**
     * Capture time (wire specification 10.2.1).
     *
     * @param captureTimeNs on the monotonic clock; the time of the claim if it is not given.
     * @return this.
     */
    public FrameClaim timestampNs(final long captureTimeNs) {
        this.timestampNs = captureTimeNs;
        return this;
    }

    /**
     * Version of the stream's metadata that describes this frame.
     *
     * @param version unsigned; 0 if it is not given.
     * @return this.
     */
    public FrameClaim metaVersion(final int version) {
        this.metaVersion = version;
        return this;
    }

    /**
     * Trace that this frame belongs to.
     *
     * @param id 0, the default, for none.
     * @return this.
     */
    public FrameClaim traceId(final long id) {
        this.traceId = id;
        return this;
    }

    /**
     * Publishes the frame in the shape that was claimed.
     *
     * @return a position at least 0; or {@link Producer#BACK_PRESSURED} or {@link Producer#MAX_POSITION_EXCEEDED}: the
     *     frame is in the ring but not announced; or {@link Producer#EPOCH_CHANGED} or {@link Producer#CLOSED}: dropped.
     * @throws IllegalStateException if the claim is not open.
     */
    public long commit() {
        return owner().commit(this, shape());
    }

    /**
     * Publishes the frame in another shape than was claimed, which may be shorter: for frames whose size or kind is known
     * only when they have been written. The payload ends where the shape does.
     *
     * @param actual best the same object each time.
     * @return as {@link #commit()}.
     * @throws IllegalArgumentException if the shape takes more bytes than were claimed; the claim stays open.
     * @throws IllegalStateException    if the claim is not open.
     */
    public long commit(final TensorShape actual) {
        final Producer owner = owner();
        if (actual.lengthBytes() > payload().byteSize()) {
            throw new IllegalArgumentException(actual + " takes " + actual.lengthBytes() + " bytes; the claim has "
                    + payload().byteSize());
        }
        return owner.commit(this, actual);
    }

    /**
     * Drops the frame; consumers see a gap. Does nothing if the claim is not open.
     */
    public void abort() {
        if (producer != null) {
            producer.drop(this);
        }
    }

    private Producer owner() {
        if (producer == null) {
            throw notOpen();
        }
        return producer;
    }

    private static IllegalStateException notOpen() {
        return new IllegalStateException("this claim is not open: it was not made, or was committed or aborted");
    }

    ProducerBinding binding() {
        if (binding == null) {
            throw notOpen();
        }
        return binding;
    }

    TensorShape shape() {
        if (shape == null) {
            throw notOpen();
        }
        return shape;
    }

    int poolIndex() {
        return poolIndex;
    }

    long timestampNs() {
        return timestampNs;
    }

    int metaVersion() {
        return metaVersion;
    }

    long traceId() {
        return traceId;
    }
}
