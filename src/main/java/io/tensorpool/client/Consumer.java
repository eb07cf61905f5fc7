package io.tensorpool.client;

import io.aeron.Subscription;
import io.tensorpool.protocol.DescriptorAdapter;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.FaultPoint;
import io.tensorpool.shm.Rejection;
import io.tensorpool.shm.SlotReader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
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
    private final DescriptorBatch batch;
    private final DescriptorAdapter descriptors;
    private final ConsumerCounts counts = new ConsumerCounts();
    private final Frame frame = new Frame();

    private volatile @Nullable Subscription subscription;
    private final AttachmentStatus attachment = new AttachmentStatus();
    private final Handover<ConsumerBinding> handover = new Handover<>();

    private final UseMark useMark = new UseMark();

    private @Nullable ConsumerBinding current;
    private long followedEpoch;
    private boolean hasSeenSeq;
    private boolean hasJoined;
    private long lastSeq;

    /** What a consumer asks of the client that made it. */
    @FunctionalInterface
    interface ConsumerControl {
        void closeConsumer(Consumer consumer);
    }

    Consumer(final int streamId, final ConsumerControl control) {
        this.streamId = streamId;
        this.control = control;
        this.batch = new DescriptorBatch(streamId);
        this.descriptors = new DescriptorAdapter(batch);
    }

    /** Conductor: where descriptors come from. */
    void subscription(final @Nullable Subscription descriptorSubscription) {
        subscription = descriptorSubscription;
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
        return useMark;
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
            if (batch.isEmpty() && (takes++ == MAX_TAKES || take(limit - handedOn) == 0)) {
                break;
            }
            handedOn += handOn(handler, limit - handedOn);
        }
        return handedOn;
    }

    private int take(final int limit) {
        batch.clear();
        useMark.enter();
        try {
            final Subscription from = subscription;
            return from == null ? 0 : from.poll(descriptors, Math.min(limit, DescriptorBatch.CAPACITY));
        } finally {
            useMark.leave();
        }
    }

    /**
     * The fault of a truncated file is raised at a fault point: in the reader, or behind the handler. The catch encloses
     * them all, so the fault costs the rest of the handler and this frame.
     */
    private int handOn(final FrameHandler handler, final int limit) {
        int handedOn = 0;
        try {
            while (handedOn < limit && batch.next()) {
                final ConsumerBinding with = bindingOf(batch.epoch());
                if (with == null && !isFollowed(batch.epoch())) {
                    counts.onOtherEpoch();
                } else if (!isNewSeq(batch.seq())) {
                    counts.onOldSeq();
                } else if (with == null) {
                    counts.onOtherEpoch();
                } else if (read(with)) {
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
    private boolean isNewSeq(final long seq) {
        if (hasSeenSeq) {
            final long step = seq - lastSeq;
            if (step <= 0) {
                return false;
            }
            if (step > 1) {
                counts.onGap(step - 1);
            }
        }
        hasSeenSeq = true;
        LAST_SEQ_VH.setOpaque(this, seq);
        return true;
    }

    private boolean read(final ConsumerBinding with) {
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
