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
 * Reads the frames of one stream, in one thread of the application. Polling neither allocates nor locks nor calls the
 * system. Whatever the producer, the driver or the files do, {@link #poll} throws nothing of their making: a frame that
 * cannot be had whole is dropped and counted.
 *
 * <p>When a new epoch comes, the client maps it and this consumer goes on with it by itself.
 */
public final class Consumer implements AutoCloseable {
    private static final VarHandle LAST_SEQ_VH;
    private static final VarHandle FOLLOWED_EPOCH_VH;
    private static final int UNMAPPED = -1;
    /** A poll ends after so many visits to the stream, however many frames of others it finds there. */
    private static final int MAX_TAKES = 16;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            FOLLOWED_EPOCH_VH = lookup.findVarHandle(Consumer.class, "followedEpoch", long.class);
            LAST_SEQ_VH = lookup.findVarHandle(Consumer.class, "lastSeq", long.class);
        } catch (final ReflectiveOperationException ex) {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private final int streamId;
    private final ConsumerControl control;
    private final NanoClock clock;
    private final DescriptorFeeds feeds;
    private final ProgressReader progressReader;
    private final RateGate rateGate = new RateGate();
    private final ConsumerCounts counts = new ConsumerCounts();
    private final Frame frame = new Frame();

    private final AttachmentStatus attachment = new AttachmentStatus();
    private final Handover<ConsumerBinding> handover = new Handover<>();
    private volatile long rateIntervalNs;
    private volatile Delivery delivery = Delivery.SHARED;
    private volatile String fallbackUri = "";

    private @Nullable ConsumerBinding current;
    private long followedEpoch;
    private boolean hasSeenSeq;
    private boolean hasJoined;
    private long lastSeq;

    /** How frames come to a consumer (wire specification 5 and 10.1.3). */
    public enum Delivery {
        /** They are announced on the stream that all consumers share. */
        SHARED,
        /** They are announced on a stream of this consumer's own. */
        OWN,
        /** Not through shared memory, by order of whoever configures the consumers; see {@link #fallbackUri()}. */
        FALLBACK
    }

    /** What a consumer asks of the client that made it. */
    @FunctionalInterface
    interface ConsumerControl {
        void closeConsumer(Consumer consumer);
    }

    Consumer(final int streamId, final NanoClock clock, final ConsumerControl control) {
        this.streamId = streamId;
        this.clock = clock;
        this.control = control;
        this.feeds = new DescriptorFeeds(streamId);
        this.progressReader = new ProgressReader(streamId, handover, feeds.useMark());
    }

    /** Conductor: where it says where descriptors come from. */
    DescriptorFeeds feeds() {
        return feeds;
    }

    /** Conductor: where it says where progress is told. */
    ProgressReader progressReader() {
        return progressReader;
    }

    /** Conductor: least time between two frames; 0 for all. */
    void rateIntervalNs(final long intervalNs) {
        rateIntervalNs = intervalNs;
    }

    /** Conductor: how frames come, and where else they can be had. */
    void delivery(final Delivery now, final String uri) {
        fallbackUri = uri;
        delivery = now;
    }

    /** Conductor: what to read from now on; null for nothing. */
    void bind(final @Nullable ConsumerBinding next) {
        handover.give(next);
    }

    /** Conductor: the consumer ends, for a reason of the client's. */
    void markClosed() {
        handover.close();
    }

    /** Conductor: the binding whose memory faulted, once. */
    @Nullable
    ConsumerBinding takeFaulted() {
        return handover.takeFaulted();
    }

    /** Conductor: says whether the application's thread is taking descriptors at this moment. */
    UseMark useMark() {
        return feeds.useMark();
    }

    /** Conductor: newest sequence number seen in an epoch; 0 before the first. */
    long lastSeqSeen(final long epoch) {
        return (long) FOLLOWED_EPOCH_VH.getAcquire(this) == epoch ? (long) LAST_SEQ_VH.getOpaque(this) : 0;
    }

    /**
     * Where this consumer stands with its stream. Applications may watch it, and need not.
     *
     * @return a live view; any thread.
     */
    public AttachmentStatus attachment() {
        return attachment;
    }

    /**
     * Stream that this consumer reads.
     *
     * @return unsigned 32-bit id.
     */
    public int streamId() {
        return streamId;
    }

    /**
     * Hands on frames that were announced since the last poll. Poll often: a consumer that does not is left behind after
     * about a third of a second of back pressure, and has a gap.
     *
     * @param handler takes each frame, in this thread. An exception of it leaves this method; the frames behind it come
     *                with the next poll.
     * @param limit   most frames to hand on.
     * @return how many were handed on.
     */
    public int poll(final FrameHandler handler, final int limit) {
        int handedOn = 0;
        for (int takes = 0; handedOn < limit; ) {
            if (feeds.batch().isEmpty()
                    && (takes++ == MAX_TAKES
                            || feeds.take(limit - handedOn, followedEpoch, lastSeq, hasSeenSeq) == 0)) {
                break;
            }
            handedOn += handOn(handler, limit - handedOn);
        }
        return handedOn;
    }

    /**
     * The fault of a truncated file is raised at a fault point: in the reader, or behind the handler. The catch encloses
     * them all, so the fault costs the rest of the handler and this frame.
     */
    private int handOn(final FrameHandler handler, final int limit) {
        final DescriptorBatch batch = feeds.batch();
        final long intervalNs = feeds.isOnOwn() ? 0 : rateIntervalNs;
        int handedOn = 0;
        try {
            while (handedOn < limit && batch.next()) {
                final ConsumerBinding with = bindingOf(batch.epoch());
                if (isToHandOn(with, batch, intervalNs) && with != null) {
                    handedOn++;
                    handle(handler, with.mapping());
                }
            }
        } catch (final InternalError fault) {
            if (!FaultPoint.isFault(fault)) {
                throw fault;
            }
            onFault(fault);
        }
        return handedOn;
    }

    /** Reads what is to be read. What is not to be handed on has been counted. */
    private boolean isToHandOn(
            final @Nullable ConsumerBinding with, final DescriptorBatch batch, final long intervalNs) {
        if (with == null && !isFollowed(batch.epoch())) {
            counts.onOtherEpoch();
            return false;
        }
        if (!isNewSeq(batch.epoch(), batch.seq())) {
            return false;
        }
        if (with == null) {
            counts.onOtherEpoch();
            return false;
        }
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
        current = latest;
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
                countMissing(step - 1);
            }
        }
        hasSeenSeq = true;
        LAST_SEQ_VH.setOpaque(this, seq);
        return true;
    }

    private void countMissing(final long missing) {
        if (feeds.isOnOwn() && rateIntervalNs != 0) {
            counts.onRateSkipped(missing); // the producer leaves them out for this consumer
        } else {
            counts.onGap(missing);
        }
    }

    private boolean read(final ConsumerBinding with, final DescriptorBatch batch) {
        int code;
        try {
            code = with.reader().read(batch.seq(), frame.view());
        } catch (final IllegalStateException unmapped) {
            if (!with.mapping().isClosed()) {
                throw unmapped;
            }
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
        counts.onFault();
        final ConsumerBinding with = current;
        System.getLogger(Consumer.class.getName())
                .log(
                        System.Logger.Level.DEBUG,
                        () -> "stream " + Integer.toUnsignedString(streamId) + ": " + fault.getMessage());
        if (with != null) {
            handover.fault(with);
        }
    }

    /**
     * Hands on how far frames are that are being filled. Only for consumers that were added with
     * {@link ConsumerOptions#progress}; those should poll for it as often as for frames.
     *
     * @param handler takes each notice, in this thread. An exception of it leaves this method; the notices behind it come
     *                with the next poll.
     * @param limit   most notices to hand on.
     * @return how many were handed on.
     */
    public int pollProgress(final ProgressHandler handler, final int limit) {
        return progressReader.poll(handler, limit);
    }

    /**
     * What became of the progress messages of this consumer's stream.
     *
     * @return live counts; any thread.
     */
    public ProgressCounts progressCounts() {
        return progressReader.counts();
    }

    /**
     * What became of the frames that this consumer was told of.
     *
     * @return live counts; any thread.
     */
    public ConsumerCounts counts() {
        return counts;
    }

    /**
     * Whether an epoch is mapped, so that frames can be received.
     *
     * @return false before the first epoch, between two, and after a fault until it is mapped again.
     */
    public boolean isMapped() {
        return handover.get() != null;
    }

    /**
     * How frames come.
     *
     * @return as of now; any thread.
     */
    public Delivery delivery() {
        return delivery;
    }

    /**
     * Where else the frames can be had, by order of whoever configures the consumers (wire specification 10.1.3).
     *
     * @return an Aeron channel or {@code bridge://} and a name; empty unless {@link #delivery()} is
     *     {@link Delivery#FALLBACK}, and where no place that we know of was named.
     */
    public String fallbackUri() {
        return fallbackUri;
    }

    /**
     * Whether this consumer has ended.
     *
     * @return true after {@link #close()}, or when the client was closed.
     */
    public boolean isClosed() {
        return handover.isClosed();
    }

    /** Gives the lease back. Any thread; does nothing the second time. */
    @Override
    public void close() {
        if (!handover.isClosed()) {
            markClosed();
            control.closeConsumer(this);
        }
    }

    @Override
    public String toString() {
        return "consumer of stream " + Integer.toUnsignedString(streamId) + " (" + counts + ")";
    }
}
