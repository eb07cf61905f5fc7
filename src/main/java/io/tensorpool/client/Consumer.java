package io.tensorpool.client;

import org.agrona.ErrorHandler;
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
    /** Frames that a handler is given in one duty cycle; the client has other things to do, too. */
    private static final int DRIVEN_LIMIT = 32;

    private final int streamId;
    private final ConsumerControl control;
    private final FrameIntake intake;
    private final ProgressReader progressReader;
    private final @Nullable FrameHandler driven;
    private final AttachmentStatus attachment = new AttachmentStatus();
    private volatile Delivery delivery = Delivery.SHARED;
    private volatile String fallbackUri = "";

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

    Consumer(final ConsumerOptions options, final NanoClock clock, final ConsumerControl control) {
        this.streamId = options.streamId();
        this.driven = options.handler();
        this.control = control;
        this.intake = new FrameIntake(options, clock);
        this.progressReader =
                new ProgressReader(streamId, intake.handover(), intake.feeds().useMark());
    }

    /** Conductor: where it says where descriptors come from. */
    DescriptorFeeds feeds() {
        return intake.feeds();
    }

    /** Conductor: where it says where progress is told. */
    ProgressReader progressReader() {
        return progressReader;
    }

    /** Conductor: least time between two frames; 0 for all. */
    void rateIntervalNs(final long intervalNs) {
        intake.rateIntervalNs(intervalNs);
    }

    /** Conductor: whether it wants to know when everything that was announced until now has been handed on. */
    void drain(final boolean isWanted) {
        intake.drain(isWanted);
    }

    /** Conductor: whether everything has been handed on that was announced before {@link #drain}. */
    boolean hasDrained() {
        return intake.hasDrained();
    }

    /** Conductor: gives frames to the handler that the consumer was added with. Returns a work count. */
    int drive(final ErrorHandler errorHandler) {
        if (driven == null) {
            return 0;
        }
        try {
            return intake.poll(driven, DRIVEN_LIMIT);
        } catch (final RuntimeException ex) {
            errorHandler.onError(ex);
            return 1;
        }
    }

    /** Conductor: how frames come, and where else they can be had. */
    void delivery(final Delivery now, final String uri) {
        fallbackUri = uri;
        delivery = now;
    }

    /** Conductor: what to read from now on; null for nothing. */
    void bind(final @Nullable ConsumerBinding next) {
        intake.handover().give(next);
    }

    /** Conductor: the consumer ends, for a reason of the client's. */
    void markClosed() {
        intake.handover().close();
    }

    /** Conductor: the binding whose memory faulted, once. */
    @Nullable
    ConsumerBinding takeFaulted() {
        return intake.handover().takeFaulted();
    }

    /** Conductor: says whether the application's thread is taking descriptors at this moment. */
    UseMark useMark() {
        return intake.feeds().useMark();
    }

    /** Conductor: newest sequence number seen in an epoch; 0 before the first. */
    long lastSeqSeen(final long epoch) {
        return intake.lastSeqSeen(epoch);
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
     * @throws IllegalStateException if this consumer was added with a handler of its own.
     */
    public int poll(final FrameHandler handler, final int limit) {
        requirePolled();
        return intake.poll(handler, limit);
    }

    /**
     * Hands on the newest frame that was announced since the last poll; those before it are passed over, and counted as
     * {@link ConsumerCounts#skipped()}.
     *
     * @param handler takes the frame, in this thread. An exception of it leaves this method.
     * @return 1, or 0 if there was none, or it could not be had.
     * @throws IllegalStateException if this consumer was added with a handler of its own.
     */
    public int pollLatest(final FrameHandler handler) {
        requirePolled();
        return intake.pollLatest(handler);
    }

    /**
     * Reads a frame of the mapped epoch that is still in the ring, whether or not it was announced or handed on before. This
     * changes none of the counts. In the thread that polls: for a consumer with a handler of its own, in that handler.
     *
     * @param seq  sequence number of the frame, unsigned.
     * @param into made by the application; receives the frame, and is unchanged if there is none.
     * @return false if the frame is not there: overwritten, not committed yet, refused for one of the causes of
     *     {@link io.tensorpool.shm.Rejection}, or no epoch is mapped.
     * @throws IllegalArgumentException if {@code into} is the frame that a handler of this consumer is given.
     */
    public boolean read(final long seq, final Frame into) {
        return intake.read(seq, into);
    }

    private void requirePolled() {
        if (driven != null) {
            throw new IllegalStateException(this + " was added with a handler: its frames go there");
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
        return intake.counts();
    }

    /**
     * Whether an epoch is mapped, so that frames can be received.
     *
     * @return false before the first epoch, between two, and after a fault until it is mapped again.
     */
    public boolean isMapped() {
        return intake.handover().get() != null;
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
        return intake.handover().isClosed();
    }

    /** Gives the lease back. Any thread; does nothing the second time. */
    @Override
    public void close() {
        if (!intake.handover().isClosed()) {
            markClosed();
            control.closeConsumer(this);
        }
    }

    @Override
    public String toString() {
        return "consumer of stream " + Integer.toUnsignedString(streamId) + " (" + intake.counts() + ")";
    }
}
