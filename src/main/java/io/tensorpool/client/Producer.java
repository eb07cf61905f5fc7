package io.tensorpool.client;

import io.aeron.Publication;
import io.tensorpool.Dtype;
import io.tensorpool.TensorPoolException;
import io.tensorpool.TensorShape;
import java.lang.foreign.MemorySegment;
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
    /** Nobody was told how far a frame is: no consumer wants to hear at present, or it is too soon. */
    public static final long NOT_TOLD = 0;
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

    private final int streamId;
    private final ProducerControl control;
    private final SourceMetadata metadata;
    private final FrameClaims claims;
    private final AttachmentStatus attachment = new AttachmentStatus();
    private final FrameClaim offerClaim = new FrameClaim();
    private @Nullable TensorShape lengthShape;
    private volatile boolean isConnected;

    /** What a producer asks of the client that made it. */
    interface ProducerControl {
        void closeProducer(Producer producer);

        boolean await(java.util.function.BooleanSupplier condition, long timeoutNs);
    }

    Producer(final ProducerOptions options, final NanoClock clock, final ProducerControl control) {
        this.streamId = options.streamId();
        this.control = control;
        this.metadata = new SourceMetadata(clock);
        this.claims = new FrameClaims(options, clock, metadata);
    }

    /** Conductor: what to publish with from now on; null for nothing. */
    void bind(final @Nullable ProducerBinding next) {
        claims.handover().give(next);
    }

    /** Whether there is an epoch to publish in; any thread. */
    boolean isBound() {
        return claims.handover().get() != null;
    }

    /** Conductor: whether some consumer has mapped the current epoch. */
    void connected(final boolean connected) {
        isConnected = connected;
    }

    /** Conductor: the producer ends, for a reason of the client's. */
    void markClosed() {
        claims.handover().close();
    }

    /** Conductor: the binding whose memory faulted, or whose numbers are used up, once. */
    @Nullable
    ProducerBinding takeFaulted() {
        return claims.handover().takeFaulted();
    }

    /** Conductor: says whether the application's thread is announcing a frame at this moment. */
    UseMark useMark() {
        return claims.useMark();
    }

    /** Conductor: where it puts the publications for single consumers. */
    ConsumerPublications consumerPublications() {
        return claims.consumerPublications();
    }

    /** Conductor: where it says who wants to hear how far frames are. */
    ProgressAnnouncer progress() {
        return claims.progress();
    }

    /** Conductor: the sequence number to be claimed next in an epoch. */
    long currentSeq(final long epoch) {
        return claims.nextSeqIn(epoch);
    }

    /**
     * Where this producer stands with its stream. Applications may watch it, and need not.
     *
     * @return a live view; any thread.
     */
    public AttachmentStatus attachment() {
        return attachment;
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
        return claims.claim(shape, claim);
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
        return claims.claimAt(seq, shape, claim);
    }

    /**
     * Opens all slots of the ring at once, for a library that wants to know its buffers beforehand. While the pool is open,
     * this producer makes no other claims. Frames that are in the ring are gone from here on.
     *
     * @param shape of every frame.
     * @param pool  to be opened; a new one.
     * @return the first sequence number, at least 0; or {@link #CLOSED}, {@link #NO_EPOCH}, {@link #TOO_LARGE}, and then
     *     the pool can be given again.
     * @throws IllegalStateException if a claim or pool of this producer is open, or the given one was open before.
     */
    public long tryClaimAll(final TensorShape shape, final FixedPool pool) {
        return claims.claimAll(shape, pool);
    }

    /**
     * Smallest sequence number that can be claimed.
     *
     * @return unsigned, one above the last that was claimed; 0 where the next claim is the first of an epoch. Above 2^63 - 1
     *     when the numbers of the epoch are used up.
     */
    public long nextSeq() {
        return claims.nextSeq();
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
        return result < 0 ? result : claims.copyAndCommit(source, offerClaim);
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
                : claims.copyAndCommit(
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
        return control.await(() -> isConnected || claims.handover().isClosed(), timeout.toNanos()) && isConnected;
    }

    /**
     * What the stream is about: name, summary, attributes and blobs (wire specification 10.3).
     *
     * @return to be changed by any thread.
     */
    public SourceMetadata metadata() {
        return metadata;
    }

    /**
     * What became of the frames that were claimed.
     *
     * @return live counts; any thread.
     */
    public ProducerCounts counts() {
        return claims.counts();
    }

    /**
     * How consumers are served on streams of their own (wire specification 5).
     *
     * @return as of now; any thread.
     */
    public ConsumerStreamCounts consumerStreams() {
        return claims.consumerPublications().snapshot();
    }

    /**
     * Whether this producer has ended.
     *
     * @return true after {@link #close()}, or when the client was closed.
     */
    public boolean isClosed() {
        return claims.handover().isClosed();
    }

    /** Gives the lease back; an open claim is dropped. Any thread; does nothing the second time. */
    @Override
    public void close() {
        if (!claims.handover().isClosed()) {
            markClosed();
            control.closeProducer(this);
        }
    }

    @Override
    public String toString() {
        return "producer of stream " + Integer.toUnsignedString(streamId);
    }
}
