package io.tensorpool.client;

import io.tensorpool.ProgressState;
import io.tensorpool.TensorShape;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.FaultPoint;
import java.lang.foreign.MemorySegment;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Claims slots and commits them, in whatever epoch the conductor has handed over last. {@link Producer} and {@link FixedPool}
 * are its faces; the codes are theirs. Producer's thread only, except for the handover and the mark.
 */
final class FrameClaims {
    private final int streamId;
    private final @Nullable PayloadFlush flush;
    private final NanoClock clock;
    private final SourceMetadata metadata;
    private final ProducerCounts counts = new ProducerCounts();
    private final Handover<ProducerBinding> handover = new Handover<>();
    private final FrameAnnouncer announcer;
    private final ProgressAnnouncer progress;
    private final EpochSeq nextSeq = new EpochSeq();

    private @Nullable ProducerBinding current;
    private @Nullable TensorShape lastShape;
    private int lastPoolIndex;
    /** What was opened last: a claim or a fixed pool. */
    private @Nullable Object opened;

    private boolean isOpen;

    FrameClaims(final ProducerOptions options, final NanoClock clock, final SourceMetadata metadata) {
        this.streamId = options.streamId();
        this.flush = options.flush();
        this.clock = clock;
        this.metadata = metadata;
        this.announcer = new FrameAnnouncer(options, clock, handover, counts);
        this.progress =
                new ProgressAnnouncer(options.streamId(), announcer.useMark(), announcer.consumerPublications());
    }

    Handover<ProducerBinding> handover() {
        return handover;
    }

    ProducerCounts counts() {
        return counts;
    }

    ProgressAnnouncer progress() {
        return progress;
    }

    UseMark useMark() {
        return announcer.useMark();
    }

    /** Where single consumers are told of frames, inside the mark. */
    ConsumerPublications consumerPublications() {
        return announcer.consumerPublications();
    }

    /** Any thread: the number to be claimed next in an epoch. */
    long nextSeqIn(final long epoch) {
        return nextSeq.in(epoch);
    }

    long nextSeq() {
        final ProducerBinding next = handover.get();
        return next == null || next != current ? 0 : nextSeq.get();
    }

    long claim(final TensorShape shape, final FrameClaim claim) {
        requireNoneOpen(claim);
        final ProducerBinding with = follow();
        return with == null ? withoutEpoch() : claim(with, nextSeq.get(), shape, claim);
    }

    long claimAt(final long seq, final TensorShape shape, final FrameClaim claim) {
        requireNoneOpen(claim);
        final ProducerBinding with = follow();
        if (with == null) {
            return withoutEpoch();
        }
        final long least = nextSeq.get();
        if (least >= 0 && seq < least) {
            throw new IllegalArgumentException("stream " + Integer.toUnsignedString(streamId) + ": sequence number "
                    + Long.toUnsignedString(seq) + ": expected " + least + " to " + Long.MAX_VALUE + " in this epoch");
        }
        return claim(with, least < 0 ? least : seq, shape, claim);
    }

    long claimAll(final TensorShape shape, final FixedPool pool) {
        requireNoneOpen(null);
        final ProducerBinding with = follow();
        return with == null ? withoutEpoch() : pool.open(this, with, nextSeq.get(), shape);
    }

    /** Opens a claim of a fixed pool again, under the smallest number for its slot above all that were claimed. */
    long queue(final FrameClaim claim) {
        drop(claim);
        final ProducerBinding with = claim.binding();
        if (handover.get() != with) {
            return withoutItsEpoch();
        }
        final long least = nextSeq.get();
        final long seq = least + ((claim.seq() - least) & (with.mapping().nslots() - 1));
        final long result = claim(with, seq, claim.shape(), claim);
        return result == Producer.NO_EPOCH ? Producer.EPOCH_CHANGED : result;
    }

    private void requireNoneOpen(final @Nullable FrameClaim claim) {
        if (isOpen || (claim != null && claim.isOpen())) {
            throw new IllegalStateException("stream " + Integer.toUnsignedString(streamId)
                    + (isOpen && opened instanceof FixedPool
                            ? ": close the fixed pool first"
                            : ": commit or abort the open claim first"));
        }
        if (claim != null && claim.pool() != null) {
            throw new IllegalStateException("a claim of a fixed pool is opened by its pool alone");
        }
    }

    /** What to publish with; null for nothing. */
    private @Nullable ProducerBinding follow() {
        final ProducerBinding next = handover.get();
        if (next != null && next != current) {
            current = next;
            lastShape = null;
            nextSeq.begin(next.mapping().epoch());
        }
        return next;
    }

    private long withoutEpoch() {
        return handover.isClosed() ? Producer.CLOSED : Producer.NO_EPOCH;
    }

    private long withoutItsEpoch() {
        return handover.isClosed() ? Producer.CLOSED : Producer.EPOCH_CHANGED;
    }

    @SuppressWarnings("ReferenceEquality") // an equal shape that is another object only costs the search
    long claim(final ProducerBinding with, final long seq, final TensorShape shape, final FrameClaim claim) {
        final EpochMapping mapping = with.mapping();
        if (shape != lastShape) {
            lastPoolIndex = mapping.poolIndexFor(shape.lengthBytes());
            lastShape = shape;
        }
        if (lastPoolIndex < 0) {
            counts.onTooLarge();
            return Producer.TOO_LARGE;
        }
        if (seq < 0) {
            handover.fault(with); // its numbers are used up: the conductor attaches again, for another epoch
            return Producer.NO_EPOCH;
        }
        try {
            with.writer().open(seq, lastPoolIndex, shape.lengthBytes());
            nextSeq.set(seq + 1);
            claim.open(this, with, shape, lastPoolIndex, seq, clock.nanoTime());
            begin(claim.pool() == null ? claim : claim.pool()); // what fails before leaves nothing open
            claim.metaVersion(metadata.version());
            return seq;
        } catch (final InternalError fault) {
            return onFault(with, claim, fault, Producer.NO_EPOCH);
        } catch (final IllegalStateException unmapped) {
            rethrowUnlessClosed(mapping, unmapped);
            return Producer.NO_EPOCH;
        }
    }

    /** A reference is only stored when it changes: a store costs the collector's barrier. */
    @SuppressWarnings("ReferenceEquality") // the very object
    private void begin(final Object claimOrPool) {
        if (opened != claimOrPool) {
            opened = claimOrPool;
        }
        isOpen = true;
    }

    long copyAndCommit(final MemorySegment source, final FrameClaim claim) {
        final ProducerBinding with = claim.binding();
        try {
            final MemorySegment payload = claim.payload();
            MemorySegment.copy(source, 0L, payload, 0L, payload.byteSize());
            return commit(claim, claim.shape());
        } catch (final InternalError fault) {
            return onFault(with, claim, fault, Producer.EPOCH_CHANGED);
        } catch (final IllegalStateException unmapped) {
            drop(claim);
            rethrowUnlessClosed(with.mapping(), unmapped);
            return Producer.EPOCH_CHANGED;
        } catch (final RuntimeException ex) {
            drop(claim); // for instance a source that belongs to another thread
            throw ex;
        }
    }

    /**
     * The catch encloses everything, because a fault of the application's own writes to the payload can be raised as soon as
     * this begins.
     */
    long commit(final FrameClaim claim, final TensorShape shape) {
        claim.requireOpenFor(shape);
        final ProducerBinding with = claim.binding();
        try {
            if (handover.get() != with) {
                drop(claim);
                return withoutItsEpoch();
            }
            write(with, claim, shape);
            end(claim);
            return announcer.announce(with, claim);
        } catch (final InternalError fault) {
            return onFault(with, claim, fault, Producer.EPOCH_CHANGED);
        } catch (final IllegalStateException unmapped) {
            drop(claim);
            rethrowUnlessClosed(with.mapping(), unmapped);
            return Producer.EPOCH_CHANGED;
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

    /** Says how far a frame is. The header goes into the slot before the first who is told can look there. */
    long tell(final FrameClaim claim, final ProgressState state, final long filledBytes) {
        claim.requireOpen();
        claim.progress().advance(state, filledBytes, claim.shape().lengthBytes());
        final ProducerBinding with = claim.binding();
        if (handover.get() != with) {
            return withoutItsEpoch();
        }
        final long nowNs = clock.nanoTime();
        if (!progress.isDue(claim, nowNs)) {
            return Producer.NOT_TOLD;
        }
        try {
            if (flush != null && filledBytes > 0) {
                flush.flush(claim.payload(), filledBytes);
            }
            if (!claim.progress().isTold()) {
                describe(with, claim);
            }
            FaultPoint.pass();
            final long result = progress.tell(with, claim);
            if (result > 0) {
                claim.progress().onTold(nowNs);
            }
            return result;
        } catch (final InternalError fault) {
            return onFault(with, claim, fault, Producer.EPOCH_CHANGED);
        } catch (final IllegalStateException unmapped) {
            drop(claim);
            rethrowUnlessClosed(with.mapping(), unmapped);
            return Producer.EPOCH_CHANGED;
        } catch (final RuntimeException | Error ex) {
            drop(claim); // of the flush hook
            throw ex;
        }
    }

    private static void describe(final ProducerBinding with, final FrameClaim claim) {
        final TensorShape shape = claim.shape();
        with.writer()
                .describe(
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
        if (opened == claim) {
            isOpen = false;
        }
        claim.close();
    }

    /** The fixed pool is closed. */
    void leave(final FixedPool pool) {
        if (opened == pool) {
            isOpen = false;
        }
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

    @Override
    public String toString() {
        return "producer of stream " + Integer.toUnsignedString(streamId);
    }
}
