package io.tensorpool.client;

import io.aeron.Publication;
import io.tensorpool.Dtype;
import io.tensorpool.TensorPoolException;
import io.tensorpool.TensorShape;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.FaultPoint;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Publishes frames on one stream, from one thread of the application. Claim and commit neither allocate nor lock nor call
 * the system, except to read the clock.
 *
 * <p>When the driver ends the lease, or starts again, the client attaches again by itself; until then claims answer
 * {@link #NO_EPOCH}. Sequence numbers start at 0 with each epoch. A claimed number is used up, whatever becomes of it.
 */
public final class Producer implements AutoCloseable {
    /** The frame is in the ring but was not announced: a reader of descriptors, or Aeron, holds up the stream; counted. */
    public static final long BACK_PRESSURED = Publication.BACK_PRESSURED;
    /** This producer, or the client, or the media driver is closed. */
    public static final long CLOSED = Publication.CLOSED;
    /** The descriptor stream has reached its end after 2^31 terms; the frame is in the ring but was not announced. */
    public static final long MAX_POSITION_EXCEEDED = Publication.MAX_POSITION_EXCEEDED;
    /** There is no lease at present; the client is getting one. */
    public static final long NO_EPOCH = -10;
    /** The shape is larger than every pool of the stream. */
    public static final long TOO_LARGE = -11;
    /** The epoch ended between claim and commit; the frame is dropped. */
    public static final long EPOCH_CHANGED = -12;

    private static final VarHandle NEXT_SEQ_VH;
    private static final VarHandle CLAIMED_EPOCH_VH;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            CLAIMED_EPOCH_VH = lookup.findVarHandle(Producer.class, "claimedEpoch", long.class);
            NEXT_SEQ_VH = lookup.findVarHandle(Producer.class, "nextSeq", long.class);
        } catch (final ReflectiveOperationException ex) {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final int streamId;
    private final @Nullable PayloadFlush flush;
    private final NanoClock clock;
    private final ProducerControl control;
    private final ProducerCounts counts = new ProducerCounts();
    private final Handover<ProducerBinding> handover = new Handover<>();
    private final FrameAnnouncer announcer;
    private volatile boolean isConnected;

    private @Nullable ProducerBinding current;
    private @Nullable TensorShape lastShape;
    private int lastPoolIndex;
    private long nextSeq;

    @SuppressWarnings("UnusedVariable") // through CLAIMED_EPOCH_VH
    private long claimedEpoch;

    private @Nullable TensorShape lengthShape;
    private @Nullable FrameClaim openClaim;
    private final FrameClaim offerClaim = new FrameClaim();

    /** What a producer asks of the client that made it. */
    interface ProducerControl {
        void closeProducer(Producer producer);

        boolean await(java.util.function.BooleanSupplier condition, long timeoutNs);
    }

    Producer(final ProducerOptions options, final NanoClock clock, final ProducerControl control) {
        this.streamId = options.streamId();
        this.flush = options.flush();
        this.clock = clock;
        this.control = control;
        this.announcer = new FrameAnnouncer(options, clock, handover, counts);
    }

    /** Conductor: what to publish with from now on; null for nothing. */
    void bind(final @Nullable ProducerBinding next) {
        handover.give(next);
    }

    /** Whether there is an epoch to publish in; any thread. */
    boolean isBound() {
        return handover.get() != null;
    }

    /** Conductor: whether some consumer has mapped the current epoch. */
    void connected(final boolean connected) {
        isConnected = connected;
    }

    /** Conductor: the producer ends, for a reason of the client's. */
    void markClosed() {
        handover.close();
    }

    /** Conductor: the binding whose memory faulted, or whose numbers are used up, once. */
    @Nullable
    ProducerBinding takeFaulted() {
        return handover.takeFaulted();
    }

    /** Conductor: says whether the application's thread is announcing a frame at this moment. */
    UseMark useMark() {
        return announcer.useMark();
    }

    /** Conductor: the sequence number to be claimed next in an epoch. */
    long currentSeq(final long epoch) {
        return (long) CLAIMED_EPOCH_VH.getAcquire(this) == epoch ? (long) NEXT_SEQ_VH.getOpaque(this) : 0;
    }

    /**
     * Stream that this producer publishes on.
     *
     * @return unsigned 32-bit id.
     */
    public int streamId() {
        return streamId;
    }

    /**
     * Opens a slot for a frame, in the smallest pool that it fits into (wire specification 9).
     *
     * @param shape of the frame; best the same object each time.
     * @param claim to be opened; one may be open at a time.
     * @return the frame's sequence number, at least 0; or {@link #CLOSED}, {@link #NO_EPOCH}, {@link #TOO_LARGE}.
     * @throws IllegalStateException if another claim of this producer, or the given one, is still open.
     */
    public long tryClaim(final TensorShape shape, final FrameClaim claim) {
        requireNoneOpen(claim);
        final ProducerBinding with = follow();
        return with == null ? withoutEpoch() : claim(with, nextSeq, shape, claim);
    }

    /**
     * Opens a slot for a frame of a length, whose shape is told at the commit: {@link FrameClaim#commit(TensorShape)}.
     * Without one it is a vector of {@link Dtype#BYTES}.
     *
     * @param lengthBytes most bytes that the frame can have, at least 0; best the same each time.
     * @param claim       to be opened; one may be open at a time.
     * @return as {@link #tryClaim(TensorShape, FrameClaim)}.
     * @throws IllegalArgumentException if the length is negative.
     * @throws IllegalStateException    if another claim of this producer, or the given one, is still open.
     */
    public long tryClaim(final int lengthBytes, final FrameClaim claim) {
        TensorShape shape = lengthShape;
        if (shape == null || shape.lengthBytes() != lengthBytes) {
            shape = TensorShape.of(Dtype.BYTES, lengthBytes);
            lengthShape = shape;
        }
        return tryClaim(shape, claim);
    }

    /**
     * Opens the slot of a given sequence number, for those who publish again what has a number already. The numbers between
     * are skipped: consumers see a gap. {@link #tryClaim} goes on behind it.
     *
     * <p>Numbers go up to 2^63 - 1, since a slot holds no larger one (wire specification 8.3), and do not wrap around. When
     * they are used up, claims answer {@link #NO_EPOCH} until the client has got a new epoch, which begins at 0.
     *
     * @param seq   sequence number, {@link #nextSeq()} to 2^63 - 1.
     * @param shape of the frame; best the same object each time.
     * @param claim to be opened; one may be open at a time.
     * @return as {@link #tryClaim(TensorShape, FrameClaim)}.
     * @throws IllegalArgumentException if the number is not above all that were claimed in this epoch, or too large.
     * @throws IllegalStateException    if another claim of this producer, or the given one, is still open.
     */
    public long tryClaimAt(final long seq, final TensorShape shape, final FrameClaim claim) {
        requireNoneOpen(claim);
        final ProducerBinding with = follow();
        if (with == null) {
            return withoutEpoch();
        }
        if (nextSeq >= 0 && (seq < nextSeq || seq < 0)) {
            throw new IllegalArgumentException(this + ": sequence number " + Long.toUnsignedString(seq) + ": expected "
                    + nextSeq + " to " + Long.MAX_VALUE + " in this epoch");
        }
        return claim(with, nextSeq < 0 ? nextSeq : seq, shape, claim);
    }

    /**
     * Smallest sequence number that can be claimed.
     *
     * @return unsigned, one above the last that was claimed; 0 where the next claim is the first of an epoch. Above 2^63 - 1
     *     when the numbers of the epoch are used up.
     */
    public long nextSeq() {
        final ProducerBinding next = handover.get();
        return next == null || next != current ? 0 : nextSeq;
    }

    private void requireNoneOpen(final FrameClaim claim) {
        if (openClaim != null || claim.isOpen()) {
            throw new IllegalStateException(
                    "stream " + Integer.toUnsignedString(streamId) + ": commit or abort the open claim first");
        }
    }

    /** What to publish with; null for nothing. */
    private @Nullable ProducerBinding follow() {
        final ProducerBinding next = handover.get();
        if (next != null && next != current) {
            current = next;
            lastShape = null;
            NEXT_SEQ_VH.setOpaque(this, 0L);
            CLAIMED_EPOCH_VH.setRelease(this, next.mapping().epoch());
        }
        return next;
    }

    private long withoutEpoch() {
        return handover.isClosed() ? CLOSED : NO_EPOCH;
    }

    @SuppressWarnings("ReferenceEquality") // an equal shape that is another object only costs the search
    private long claim(final ProducerBinding with, final long seq, final TensorShape shape, final FrameClaim claim) {
        final EpochMapping mapping = with.mapping();
        if (shape != lastShape) {
            lastPoolIndex = mapping.poolIndexFor(shape.lengthBytes());
            lastShape = shape;
        }
        if (lastPoolIndex < 0) {
            counts.onTooLarge();
            return TOO_LARGE;
        }
        if (seq < 0) {
            handover.fault(with); // its numbers are used up: the conductor attaches again, for another epoch
            return NO_EPOCH;
        }
        try {
            final MemorySegment payload = with.writer().claim(seq, lastPoolIndex, shape.lengthBytes());
            NEXT_SEQ_VH.setOpaque(this, seq + 1);
            openClaim = claim;
            claim.open(this, with, shape, lastPoolIndex, seq, clock.nanoTime(), payload);
            return seq;
        } catch (final InternalError fault) {
            return onFault(with, claim, fault, NO_EPOCH);
        } catch (final IllegalStateException unmapped) {
            rethrowUnlessClosed(mapping, unmapped);
            return NO_EPOCH;
        }
    }

    /**
     * Publishes a frame by copying it.
     *
     * @param shape  of the frame.
     * @param source at least as long as the shape; the first bytes are taken. Heap or native.
     * @return as {@link FrameClaim#commit()}, or as {@link #tryClaim} if it fails.
     * @throws IllegalArgumentException if the source is shorter than the shape.
     * @throws IllegalStateException    if a claim is open.
     */
    public long offer(final TensorShape shape, final MemorySegment source) {
        requireLength(shape, source);
        final long result = tryClaim(shape, offerClaim);
        return result < 0 ? result : copyAndCommit(source, offerClaim);
    }

    /**
     * Publishes a frame by copying it, with what is known of it.
     *
     * @param shape       of the frame.
     * @param source      at least as long as the shape; the first bytes are taken. Heap or native.
     * @param timestampNs capture time, as {@link FrameClaim#timestampNs(long)}.
     * @param metaVersion as {@link FrameClaim#metaVersion(int)}.
     * @param traceId     as {@link FrameClaim#traceId(long)}.
     * @return as {@link #offer(TensorShape, MemorySegment)}.
     */
    public long offer(
            final TensorShape shape,
            final MemorySegment source,
            final long timestampNs,
            final int metaVersion,
            final long traceId) {
        requireLength(shape, source);
        final long result = tryClaim(shape, offerClaim);
        return result < 0
                ? result
                : copyAndCommit(
                        source,
                        offerClaim
                                .timestampNs(timestampNs)
                                .metaVersion(metaVersion)
                                .traceId(traceId));
    }

    private static void requireLength(final TensorShape shape, final MemorySegment source) {
        if (source.byteSize() < shape.lengthBytes()) {
            throw new IllegalArgumentException(
                    "source has " + source.byteSize() + " bytes; " + shape + " takes " + shape.lengthBytes());
        }
    }

    private long copyAndCommit(final MemorySegment source, final FrameClaim claim) {
        final ProducerBinding with = claim.binding();
        try {
            final MemorySegment payload = claim.payload();
            MemorySegment.copy(source, 0, payload, 0, payload.byteSize());
        } catch (final InternalError fault) {
            return onFault(with, claim, fault, EPOCH_CHANGED);
        } catch (final IllegalStateException unmapped) {
            drop(claim);
            rethrowUnlessClosed(with.mapping(), unmapped);
            return EPOCH_CHANGED;
        } catch (final RuntimeException ex) {
            drop(claim); // for instance a source that belongs to another thread
            throw ex;
        }
        return commit(claim, claim.shape());
    }

    /**
     * The catch encloses everything, because a fault of the application's own writes to the payload can be raised as soon as
     * this begins.
     */
    long commit(final FrameClaim claim, final TensorShape shape) {
        final ProducerBinding with = claim.binding();
        try {
            if (handover.get() != with) {
                drop(claim);
                return handover.isClosed() ? CLOSED : EPOCH_CHANGED;
            }
            write(with, claim, shape);
            end(claim);
            return announcer.announce(with, claim);
        } catch (final InternalError fault) {
            return onFault(with, claim, fault, EPOCH_CHANGED);
        } catch (final IllegalStateException unmapped) {
            drop(claim);
            rethrowUnlessClosed(with.mapping(), unmapped);
            return EPOCH_CHANGED;
        } catch (final RuntimeException | Error ex) {
            drop(claim); // of the flush hook
            throw ex;
        }
    }

    private void write(final ProducerBinding with, final FrameClaim claim, final TensorShape shape) {
        if (flush != null) {
            flush.flush(claim.payload(), shape.lengthBytes());
        }
        with.writer()
                .commit(
                        claim.seq(),
                        claim.poolIndex(),
                        shape.lengthBytes(),
                        shape,
                        claim.timestampNs(),
                        claim.metaVersion());
    }

    /** The frame of an open claim comes to nothing. */
    void drop(final FrameClaim claim) {
        if (claim.isOpen()) {
            counts.onDropped();
            end(claim);
        }
    }

    /** Ends a claim; what it says of its frame can still be read. */
    private void end(final FrameClaim claim) {
        openClaim = null;
        claim.close();
    }

    /** A file of the epoch was truncated: the conductor attaches again, for other memory. */
    private long onFault(
            final ProducerBinding with, final FrameClaim claim, final InternalError fault, final long result) {
        drop(claim);
        if (!FaultPoint.isFault(fault)) {
            throw fault;
        }
        System.getLogger(Producer.class.getName())
                .log(System.Logger.Level.DEBUG, () -> with.mapping() + ": " + fault.getMessage());
        handover.fault(with);
        return result;
    }

    private static void rethrowUnlessClosed(final EpochMapping mapping, final IllegalStateException cause) {
        if (!mapping.isClosed()) {
            throw cause;
        }
    }

    /**
     * Whether some consumer has mapped the current epoch and reads: derived from the consumers' hellos and reports, so it
     * is up to three report intervals late in noticing one that vanished.
     *
     * @return false while nobody would receive a frame.
     */
    public boolean isConnected() {
        return isConnected;
    }

    /**
     * Waits until a consumer reads; frames published before that reach nobody. In invoker mode this drives the client.
     *
     * @param timeout at most so long.
     * @return false if nobody came in time, or this producer was closed.
     * @throws TensorPoolException if the thread is interrupted; it stays interrupted.
     */
    public boolean awaitConnected(final Duration timeout) {
        return control.await(() -> isConnected || handover.isClosed(), timeout.toNanos()) && isConnected;
    }

    /**
     * What became of the frames that were claimed.
     *
     * @return live counts; any thread.
     */
    public ProducerCounts counts() {
        return counts;
    }

    /**
     * Whether this producer has ended.
     *
     * @return true after {@link #close()}, or when the client was closed.
     */
    public boolean isClosed() {
        return handover.isClosed();
    }

    /** Gives the lease back; an open claim is dropped. Any thread; does nothing the second time. */
    @Override
    public void close() {
        if (!handover.isClosed()) {
            markClosed();
            control.closeProducer(this);
        }
    }

    @Override
    public String toString() {
        return "producer of stream " + Integer.toUnsignedString(streamId);
    }
}
