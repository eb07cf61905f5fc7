package io.tensorpool.client;

import io.tensorpool.ProgressState;
import io.tensorpool.TensorShape;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A slot of the ring, open for writing. Made once by the application and given to each
 * {@link Producer#tryClaim(TensorShape, FrameClaim)}; it ends with {@link #commit} or {@link #abort}. Used by the
 * producer's thread. The claims of a {@link FixedPool} are made by the pool, and opened again by
 * {@link FixedPool#queueClaim}.
 */
public final class FrameClaim {
    private final @Nullable FixedPool pool;
    private final ClaimProgress progress = new ClaimProgress();
    private @Nullable FrameClaims owner;
    private @Nullable ProducerBinding binding;
    private @Nullable TensorShape shape;
    private boolean isOpen;
    private boolean hasPayload;
    private int poolIndex;
    private long seq;
    private long timestampNs;
    private int metaVersion;
    private long traceId;

    /** A claim that is not open. */
    public FrameClaim() {
        this.pool = null;
    }

    /** A claim of a fixed pool. */
    FrameClaim(final FixedPool ofPool) {
        this.pool = ofPool;
    }

    /** References are only stored when they change: a store costs the collector's barrier. */
    @SuppressWarnings("ReferenceEquality") // the very objects
    void open(
            final FrameClaims by,
            final ProducerBinding ofBinding,
            final TensorShape ofShape,
            final int ofPoolIndex,
            final long ofSeq,
            final long claimTimeNs) {
        if (owner != by) {
            owner = by;
        }
        if (binding != ofBinding) {
            binding = ofBinding;
        }
        if (shape != ofShape) {
            shape = ofShape;
        }
        poolIndex = ofPoolIndex;
        seq = ofSeq;
        timestampNs = claimTimeNs;
        metaVersion = 0;
        traceId = 0;
        progress.reset();
        isOpen = true;
        hasPayload = true;
    }

    /** The frame is committed or dropped. A buffer of a pool stays where it is. */
    void close() {
        isOpen = false;
        hasPayload = pool != null;
    }

    /** A buffer of a pool lets go of the memory. */
    void release() {
        isOpen = false;
        hasPayload = false;
        owner = null;
        binding = null;
    }

    /** The fixed pool that this claim belongs to; null if it is an ordinary one. */
    @Nullable
    FixedPool pool() {
        return pool;
    }

    /**
     * Whether the claim is open.
     *
     * @return true from a successful claim to its commit or abort.
     */
    public boolean isOpen() {
        return isOpen;
    }

    /**
     * The slot's payload: a slice of the shared pool with exactly the claimed length. It holds whatever the slot's last
     * frame left there.
     *
     * @return valid until commit or abort, in a fixed pool until that is closed; access after the epoch was unmapped throws
     *     {@link IllegalStateException}.
     * @throws IllegalStateException if the claim is not open; in a fixed pool, if that is closed.
     */
    public MemorySegment payload() {
        if (!hasPayload) {
            throw notOpen();
        }
        return binding().writer().payload(seq, poolIndex, shape().lengthBytes());
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
     * @param version unsigned; by default the one that was current at the claim, see {@link SourceMetadata#version}.
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
     *     frame is in the ring but not announced; or {@link Producer#EPOCH_CHANGED} or {@link Producer#CLOSED}: dropped. In a
     *     fixed pool also {@link FixedPool#OUT_OF_ORDER} and {@link FixedPool#POOL_CLOSED}.
     * @throws IllegalStateException if the claim is not open; in a fixed pool, if another thread is using that.
     */
    public long commit() {
        return pool == null ? owner().commit(this, shape()) : pool.commit(this, shape());
    }

    /**
     * Publishes the frame in another shape than was claimed, which may be shorter: for frames whose size or kind is known
     * only when they have been written. The payload ends where the shape does.
     *
     * @param actual best the same object each time.
     * @return as {@link #commit()}.
     * @throws IllegalArgumentException if the shape takes more bytes than were claimed, or progress was told of another
     *     shape; the claim stays open.
     * @throws IllegalStateException    if the claim is not open.
     */
    public long commit(final TensorShape actual) {
        return pool == null ? owner().commit(this, actual) : pool.commit(this, actual);
    }

    /**
     * Says how far the frame is, to consumers that want to hear: first {@link ProgressState#STARTED}, then any number of
     * times {@link ProgressState#PROGRESS}, then {@link ProgressState#COMPLETE}; or none of it (wire specification
     * 10.2.2). Call it as often as you like: messages of {@code PROGRESS} are sent as rarely as consumers wish, within the
     * producer's {@link ProgressLimits}. From the first that is sent on, the shape cannot be changed any more.
     *
     * @param state       not behind the one before.
     * @param filledBytes of the payload, from the first one; not less than before, at most the claimed length.
     * @return a position, more than 0, if somebody was told; or {@link Producer#NOT_TOLD}; or
     *     {@link Producer#BACK_PRESSURED}: nobody could be told; or {@link Producer#EPOCH_CHANGED} or
     *     {@link Producer#CLOSED}: the frame cannot be committed any more. In a fixed pool also
     *     {@link FixedPool#POOL_CLOSED}.
     * @throws IllegalArgumentException if the number of bytes is less than before or more than was claimed.
     * @throws IllegalStateException    if the claim is not open, or the state does not follow the one before; in a fixed
     *     pool, if another thread is using that.
     */
    public long offerProgress(final ProgressState state, final long filledBytes) {
        return pool == null ? owner().tell(this, state, filledBytes) : pool.tell(this, state, filledBytes);
    }

    /**
     * Drops the frame; consumers see a gap. Does nothing if the claim is not open.
     */
    public void abort() {
        if (pool != null) {
            pool.abort(this);
        } else if (isOpen) {
            owner().drop(this);
        }
    }

    private FrameClaims owner() {
        if (owner == null || !isOpen) {
            throw notOpen();
        }
        return owner;
    }

    void requireOpen() {
        if (!isOpen()) {
            throw notOpen();
        }
    }

    void requireOpenFor(final TensorShape actual) {
        requireOpen();
        if (progress.isTold() && !actual.equals(shape())) {
            throw new IllegalArgumentException(
                    actual + ": progress was told of " + shape() + ", so that the frame has to have that shape");
        }
        if (actual.lengthBytes() > shape().lengthBytes()) {
            throw new IllegalArgumentException(
                    actual + " takes " + actual.lengthBytes() + " bytes; the claim has " + shape().lengthBytes());
        }
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

    ClaimProgress progress() {
        return progress;
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
