package io.tensorpool.client;

import io.tensorpool.protocol.DescriptorProxy;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.FaultPoint;
import io.tensorpool.shm.Rejection;
import io.tensorpool.shm.SlotReader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * Turns a consumer's descriptors into frames, and counts what became of each (wire specification 10.2.1, 11, 15.3, 15.4 and
 * 15.18). Consumer's thread only, except where it says otherwise.
 */
final class FrameIntake {
    private static final VarHandle LAST_SEQ_VH;
    private static final VarHandle FOLLOWED_EPOCH_VH;
    private static final int UNMAPPED = -1;
    /** A poll ends after so many visits to the stream, however many frames of others it finds there. */
    private static final int MAX_TAKES = 16;
    /** What waits after so many visits came while it was looked for the newest; it can wait for the next time. */
    private static final int MAX_TAKES_TO_LATEST = 64;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            FOLLOWED_EPOCH_VH = lookup.findVarHandle(FrameIntake.class, "followedEpoch", long.class);
            LAST_SEQ_VH = lookup.findVarHandle(FrameIntake.class, "lastSeq", long.class);
        } catch (final ReflectiveOperationException ex) {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final int streamId;
    private final long maxGap;
    private final NanoClock clock;
    private final DescriptorFeeds feeds;
    private final DescriptorBatch newest;
    private final RateGate rateGate = new RateGate();
    private final ConsumerCounts counts = new ConsumerCounts();
    private final Handover<ConsumerBinding> handover = new Handover<>();
    private final Frame frame = new Frame();
    private volatile long rateIntervalNs;
    private volatile boolean isDraining;
    private volatile boolean hasDrained;

    private @Nullable ConsumerBinding current;
    private long followedEpoch;
    private boolean hasSeenSeq;
    private boolean hasJoined;
    private boolean isFarBehind;
    private long lastSeq;

    FrameIntake(final ConsumerOptions options, final NanoClock clock) {
        this.streamId = options.streamId();
        this.maxGap = options.maxOutstandingSeqGap();
        this.clock = clock;
        this.feeds = new DescriptorFeeds(streamId);
        this.newest = new DescriptorBatch(streamId);
    }

    /** Where the conductor says where descriptors come from. */
    DescriptorFeeds feeds() {
        return feeds;
    }

    /** Where the conductor says what to read. */
    Handover<ConsumerBinding> handover() {
        return handover;
    }

    /** Any thread: what became of the frames. */
    ConsumerCounts counts() {
        return counts;
    }

    /** Conductor: least time between two frames; 0 for all. */
    void rateIntervalNs(final long intervalNs) {
        rateIntervalNs = intervalNs;
    }

    /** Any thread: newest sequence number seen in an epoch; 0 before the first. */
    long lastSeqSeen(final long epoch) {
        return (long) FOLLOWED_EPOCH_VH.getAcquire(this) == epoch ? (long) LAST_SEQ_VH.getOpaque(this) : 0;
    }

    /** Hands on what was announced, in order. */
    int poll(final FrameHandler handler, final int limit) {
        int handedOn = 0;
        for (int takes = 0; handedOn < limit; ) {
            if (feeds.batch().isEmpty() && (takes++ == MAX_TAKES || take(limit - handedOn) == 0)) {
                break;
            }
            handedOn += handOn(handler, limit - handedOn);
            if (isFarBehind) {
                counts.onResync();
                handedOn += handOnNewest(handler, true);
            }
        }
        return handedOn;
    }

    private int take(final int limit) {
        final boolean wasDraining = isDraining;
        final int fragments = feeds.take(limit, followedEpoch, lastSeq, hasSeenSeq);
        if (wasDraining && fragments == 0) {
            hasDrained = true;
        }
        return fragments;
    }

    /** Conductor: whether it wants to know when there is nothing left of what was announced until now. */
    void drain(final boolean isWanted) {
        hasDrained = false;
        isDraining = isWanted;
    }

    /** Conductor: whether there was nothing left since it asked. */
    boolean hasDrained() {
        return hasDrained;
    }

    /**
     * The fault of a truncated file is raised at a fault point: in the reader, or behind the handler. The catch encloses
     * them all, so the fault costs the rest of the handler and this frame.
     */
    private int handOn(final FrameHandler handler, final int limit) {
        final DescriptorBatch batch = feeds.batch();
        int handedOn = 0;
        try {
            while (handedOn < limit && batch.next()) {
                final ConsumerBinding with = isNew(batch);
                if (isFarBehind) {
                    newest.hold(batch);
                    return handedOn;
                }
                if (with != null && isToHandOn(with, batch)) {
                    handedOn++;
                    handle(handler, with.mapping());
                }
            }
        } catch (final InternalError fault) {
            onFault(fault);
        }
        return handedOn;
    }

    /** Hands on the newest frame that was announced; those before it are counted as skipped. */
    int pollLatest(final FrameHandler handler) {
        newest.clear();
        return handOnNewest(handler, false);
    }

    /** Those before the newest one are a gap where the consumer drops them because it is too far behind. */
    private int handOnNewest(final FrameHandler handler, final boolean isGap) {
        for (int takes = 0; takes < MAX_TAKES_TO_LATEST; takes++) {
            if (feeds.batch().isEmpty() && take(DescriptorBatch.CAPACITY) == 0) {
                break;
            }
            try {
                sift(isGap);
            } catch (final InternalError fault) {
                onFault(fault);
            }
        }
        isFarBehind = false;
        if (!newest.next()) {
            return 0;
        }
        try {
            final ConsumerBinding with = bindingOf(newest.epoch());
            if (with == null) {
                counts.onOtherEpoch();
            } else if (isToHandOn(with, newest)) {
                handle(handler, with.mapping());
                return 1;
            }
        } catch (final InternalError fault) {
            onFault(fault);
        } finally {
            newest.clear();
        }
        return 0;
    }

    private void sift(final boolean isGap) {
        final DescriptorBatch batch = feeds.batch();
        while (batch.next()) {
            if (isNew(batch) != null) {
                if (!newest.isEmpty()) {
                    countPassedOver(isGap);
                }
                newest.hold(batch);
            }
        }
    }

    private void countPassedOver(final boolean isGap) {
        if (isGap) {
            counts.onGap(1);
        } else {
            counts.onSkipped();
        }
    }

    /** Reads a frame that is still in the ring, announced or not. It is not counted. */
    boolean read(final long seq, final Frame into) {
        if (into == frame) {
            throw new IllegalArgumentException(
                    "the frame that a handler is given cannot be read into; make one with new Frame()");
        }
        final ConsumerBinding with = handover.get();
        if (with == null || seq < 0) {
            return false;
        }
        try {
            if (with.reader().read(seq, into.view()) != SlotReader.OK) {
                return false;
            }
            into.wrap(with.reader(), with.mapping().epoch(), streamId);
            return true;
        } catch (final IllegalStateException unmapped) {
            rethrowUnlessUnmapped(with, unmapped);
        } catch (final InternalError fault) {
            lose(with, fault);
        }
        return false;
    }

    /** What reads the epoch of a descriptor that was not seen before; null if there is nothing to read. It is counted then. */
    private @Nullable ConsumerBinding isNew(final DescriptorBatch batch) {
        final ConsumerBinding with = bindingOf(batch.epoch());
        if (with == null && !isFollowed(batch.epoch())) {
            counts.onOtherEpoch();
            return null;
        }
        if (with != null && !isReached(with, batch.seq())) {
            counts.onRejected(
                    Rejection.NOT_REACHED.code()); // to follow it would make everything that comes an old frame
            return null;
        }
        if (!isNewSeq(batch.epoch(), batch.seq())) {
            return null;
        }
        if (with == null) {
            counts.onOtherEpoch();
            isFarBehind = false;
        }
        return with;
    }

    /** Whoever can write to the stream can announce any number, but only the producer can write it into the ring. */
    private static boolean isReached(final ConsumerBinding with, final long seq) {
        try {
            return with.reader().hasReached(seq);
        } catch (final IllegalStateException unmapped) {
            rethrowUnlessUnmapped(with, unmapped);
        } catch (final InternalError fault) {
            if (!FaultPoint.isFault(fault)) {
                throw fault;
            }
        }
        return true; // what reads it next finds the same, and counts it
    }

    /** Reads what is to be read. What is not to be handed on has been counted. */
    private boolean isToHandOn(final ConsumerBinding with, final DescriptorBatch batch) {
        final long intervalNs = feeds.isOnOwn() ? 0 : rateIntervalNs;
        if (isSkippedUnread(batch, intervalNs)) {
            counts.onRateSkipped(1);
            return false;
        }
        if (!read(with, batch)) {
            return false;
        }
        if (isSkippedOnceRead(batch, intervalNs)) {
            counts.onRateSkipped(1);
            return false;
        }
        return true;
    }

    /** By the time of its publication, if the producer sends it (wire specification 11). */
    private boolean isSkippedUnread(final DescriptorBatch batch, final long intervalNs) {
        return intervalNs != 0
                && batch.timestampNs() != DescriptorProxy.NULL_TIMESTAMP
                && !rateGate.admits(batch.timestampNs(), intervalNs);
    }

    /** Else by the time of its capture, and by our own clock if it has neither. */
    private boolean isSkippedOnceRead(final DescriptorBatch batch, final long intervalNs) {
        if (intervalNs == 0 || batch.timestampNs() != DescriptorProxy.NULL_TIMESTAMP) {
            return false;
        }
        final long captureNs = frame.timestampNs();
        final boolean hasTime = captureNs != DescriptorProxy.NULL_TIMESTAMP && captureNs != 0;
        return !rateGate.admits(hasTime ? captureNs : clock.nanoTime(), intervalNs);
    }

    /** What reads an epoch. A descriptor can overtake the mapping that the conductor hands over, so it looks again. */
    private @Nullable ConsumerBinding bindingOf(final long epoch) {
        final ConsumerBinding latest = handover.get();
        if (current != latest) {
            current = latest;
        }
        if (latest == null || latest.mapping().epoch() != epoch) {
            return null;
        }
        if (epoch != followedEpoch) {
            hasSeenSeq = false;
            hasJoined = false;
            LAST_SEQ_VH.setOpaque(this, 0L);
            FOLLOWED_EPOCH_VH.setRelease(this, epoch);
        }
        return latest;
    }

    /** Whether frames of the epoch were read before it was withheld or lost to a fault: gaps are still counted then. */
    private boolean isFollowed(final long epoch) {
        return hasSeenSeq && epoch == followedEpoch;
    }

    /** The first descriptor seen is where this consumer joins; what lies between two is the gap. */
    private boolean isNewSeq(final long epoch, final long seq) {
        if (hasSeenSeq) {
            final long step = seq - lastSeq;
            if (step <= 0) {
                if (!feeds.isRepeated(epoch, seq)) {
                    counts.onOldSeq();
                }
                return false;
            }
            if (step > 1) {
                onMissing(step - 1);
            }
        }
        hasSeenSeq = true;
        LAST_SEQ_VH.setOpaque(this, seq);
        return true;
    }

    private void onMissing(final long missing) {
        if (feeds.isOnOwn() && rateIntervalNs != 0) {
            counts.onRateSkipped(missing); // the producer leaves them out for this consumer
        } else {
            counts.onGap(missing);
            isFarBehind = maxGap != 0 && missing > maxGap;
        }
    }

    private boolean read(final ConsumerBinding with, final DescriptorBatch batch) {
        int code;
        try {
            code = with.reader().read(batch.seq(), frame.view());
        } catch (final IllegalStateException unmapped) {
            rethrowUnlessUnmapped(with, unmapped);
            code = UNMAPPED;
        }
        if (code == SlotReader.OK) {
            hasJoined = true;
            frame.wrap(with.reader(), batch, streamId);
            return true;
        }
        if (code == UNMAPPED) {
            counts.onOtherEpoch();
        } else if (!hasJoined && Rejection.of(code).isLate()) {
            counts.onBeforeJoin(); // Aeron hands a new subscriber descriptors that are older than itself
        } else {
            counts.onRejected(code);
        }
        return false;
    }

    private static void rethrowUnlessUnmapped(final ConsumerBinding with, final IllegalStateException cause) {
        if (!with.mapping().isClosed()) {
            throw cause;
        }
    }

    private void handle(final FrameHandler handler, final EpochMapping mapping) {
        try {
            handler.onFrame(frame);
            FaultPoint.pass();
        } catch (final IllegalStateException ex) {
            if (mapping.isClosed()) {
                counts.onOtherEpoch(); // the epoch was unmapped under the handler
                return;
            }
            settle();
            throw ex;
        } catch (final InternalError ex) {
            if (!FaultPoint.isFault(ex)) {
                settle();
            }
            throw ex;
        } catch (final RuntimeException | Error ex) {
            settle();
            throw ex;
        }
        settle();
    }

    private void settle() {
        if (frame.wasOverwritten()) {
            counts.onLate();
        } else {
            counts.onReceived();
        }
    }

    /** A file of the epoch was truncated: read nothing of it until the conductor has mapped it again. */
    private void onFault(final InternalError fault) {
        lose(current, fault);
        counts.onFault();
    }

    private void lose(final @Nullable ConsumerBinding with, final InternalError fault) {
        if (!FaultPoint.isFault(fault)) {
            throw fault;
        }
        System.getLogger(Consumer.class.getName())
                .log(
                        System.Logger.Level.DEBUG,
                        () -> "stream " + Integer.toUnsignedString(streamId) + ": " + fault.getMessage());
        if (with != null) {
            handover.fault(with);
        }
    }
}
