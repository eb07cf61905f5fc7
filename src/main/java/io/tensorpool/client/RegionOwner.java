package io.tensorpool.client;

import io.tensorpool.ClockDomain;
import io.tensorpool.ConfigurationException;
import io.tensorpool.NoSpaceException;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.runtime.FileWorker;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.PastEpochs;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A producer's hold on memory of its own, which it makes, announces and stamps like a driver of one stream (wire
 * specification 10.1.1, 15.2 and 15.14):
 *
 * <pre>
 *   OPENING --made--&gt; OWNING --renew--&gt; MAKING --made--&gt; OWNING
 *                                       |    ^
 *                                 failed|    |due
 *                                       v    |
 *                                       BACKOFF
 *
 *   OPENING --refused--&gt; CLOSED      any --close--&gt; CLOSING --unlocked--&gt; CLOSED
 * </pre>
 *
 * A first failure is final: whoever adds a producer learns of it. A later one is a state that passes, such as a full
 * file system, and is tried again.
 *
 * <p>Conductor's thread only; what touches files is the file worker's.
 */
final class RegionOwner {
    /** Where it stands. */
    enum State {
        OPENING,
        OWNING,
        MAKING,
        BACKOFF,
        CLOSING,
        CLOSED
    }

    /** What is owned, and by whom. */
    record Stream(int streamId, int producerId, OwnMemory memory) {
        @Override
        public String toString() {
            return "producer of stream " + Integer.toUnsignedString(streamId) + " without a driver";
        }
    }

    /** Who writes into the memory. */
    interface Listener {
        /** There is an epoch to write into. The mapping stays the owner's, and outlives the epoch by the linger time. */
        void onEpochMade(EpochMapping mapping);

        /** The epoch is over: stop using it at once. */
        void onEpochOver(String cause);

        /** There never was an epoch and never will be. */
        void onRefused(TensorPoolException cause);
    }

    private record Opened(OwnNamespace namespace, EpochMapping mapping) {}

    private static final System.Logger LOG = System.getLogger(RegionOwner.class.getName());

    private final ClientContext context;
    private final FileWorker fileWorker;
    private final LingeringMappings lingering;
    private final AnnounceProxy announces;
    private final Stream stream;
    private final Listener listener;
    private final PastEpochs past;

    private State state = State.OPENING;
    private @Nullable OwnNamespace namespace;
    private @Nullable EpochMapping current;
    private long nextAnnounceNs;
    private long nextStampNs;
    private long nextAttemptNs;
    private long backoffNs;

    /** Begins to take the lock and to make the first epoch. */
    RegionOwner(
            final ClientContext context,
            final FileWorker fileWorker,
            final LingeringMappings lingering,
            final AnnounceProxy announces,
            final Stream stream,
            final Listener listener) {
        this.context = context;
        this.fileWorker = fileWorker;
        this.lingering = lingering;
        this.announces = announces;
        this.stream = stream;
        this.listener = listener;
        this.past = new PastEpochs(stream.memory().epochPolicy(), context.announcePeriodNs());
        this.backoffNs = context.backoffMinNs();
        final long wallClockNs = context.epochNanoClock().nanoTime();
        fileWorker.submit(() -> open(stream, wallClockNs), this::onOpened);
    }

    State state() {
        return state;
    }

    private static Opened open(final Stream stream, final long wallClockNs) {
        final OwnNamespace opened = OwnNamespace.open(stream.streamId(), stream.memory(), wallClockNs);
        try {
            return new Opened(opened, opened.makeEpoch());
        } catch (final RuntimeException | Error ex) {
            opened.close();
            throw ex;
        }
    }

    private void onOpened(final @Nullable Opened opened, final @Nullable Throwable failure) {
        if (opened == null) {
            final boolean isAwaited = state == State.OPENING;
            state = State.CLOSED;
            if (isAwaited) {
                listener.onRefused(causeOf(failure));
            }
            return;
        }
        namespace = opened.namespace;
        if (state == State.CLOSING) {
            lingering.release(opened.mapping);
            unlock();
        } else if (announces.fits(opened.mapping.regions())) {
            begin(opened.mapping);
        } else {
            lingering.release(opened.mapping);
            state = State.CLOSING;
            unlock();
            listener.onRefused(new ConfigurationException(
                    stream + ": its " + opened.mapping.poolCount() + " pools cannot be announced in one message on "
                            + context.announceEndpoint()
                            + ": define fewer, or give the channel a larger term-length"));
        }
    }

    private TensorPoolException causeOf(final @Nullable Throwable failure) {
        return failure instanceof final TensorPoolException cause
                ? cause
                : new TensorPoolException(
                        stream + ": its memory cannot be made: " + failure, Objects.requireNonNull(failure));
    }

    private void begin(final EpochMapping mapping) {
        state = State.OWNING;
        current = mapping;
        backoffNs = context.backoffMinNs();
        nextStampNs = context.nanoClock().nanoTime();
        nextAnnounceNs = nextStampNs;
        LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", stream, mapping);
        listener.onEpochMade(mapping);
    }

    /** Advances what is due. Returns a work count. */
    int doWork(final long nowNs) {
        return switch (state) {
            case OWNING -> stamp(nowNs) + announce(nowNs) + collect(nowNs);
            case BACKOFF -> nowNs - nextAttemptNs >= 0 ? make() : 0;
            case OPENING, MAKING, CLOSING, CLOSED -> 0;
        };
    }

    private int stamp(final long nowNs) {
        if (current == null || nowNs - nextStampNs < 0) {
            return 0;
        }
        nextStampNs = nowNs + context.announcePeriodNs();
        try {
            current.stampActivity(nowNs);
        } catch (final InternalError fault) {
            renew("a file of its epoch was truncated: " + fault.getMessage());
        }
        return 1;
    }

    /** At once when there is a new epoch, and then each period; what meets back pressure goes out as soon as it can. */
    private int announce(final long nowNs) {
        if (current == null || nowNs - nextAnnounceNs < 0) {
            return 0;
        }
        final ClockDomain clock = stream.memory().announceClock();
        final long timestampNs = clock == ClockDomain.MONOTONIC
                ? nowNs
                : context.epochNanoClock().nanoTime();
        if (announces.announce(current.regions(), stream.producerId(), timestampNs, clock) <= 0) {
            return 0;
        }
        nextAnnounceNs = nowNs + context.announcePeriodNs();
        return 1;
    }

    private int collect(final long nowNs) {
        int count = 0;
        while (past.isOldestDue(nowNs)) {
            delete(past.removeOldest());
            count++;
        }
        return count;
    }

    private void delete(final long epoch) {
        final OwnNamespace from = Objects.requireNonNull(namespace);
        fileWorker.submit(
                () -> {
                    from.delete(epoch);
                    return epoch;
                },
                (done, failure) -> report(failure));
    }

    private void report(final @Nullable Throwable failure) {
        if (failure != null) {
            context.errorHandler().onError(failure);
        }
    }

    /** Gives the epoch up, because its memory is not usable any more or its readers have lost it, and makes the next. */
    void renew(final String cause) {
        if (state == State.OWNING) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", stream, cause);
            end(cause);
            make();
        }
    }

    private void end(final String cause) {
        final EpochMapping ended = current;
        if (ended != null) {
            current = null;
            listener.onEpochOver(cause);
            final long nowNs = context.nanoClock().nanoTime();
            past.add(ended.epoch(), nowNs);
            lingering.add(ended, nowNs);
        }
    }

    private int make() {
        state = State.MAKING;
        final Callable<EpochMapping> task = Objects.requireNonNull(namespace)::makeEpoch;
        fileWorker.submit(task, this::onMade);
        return 1;
    }

    private void onMade(final @Nullable EpochMapping mapping, final @Nullable Throwable failure) {
        if (mapping == null) {
            onNotMade(causeOf(failure));
        } else if (state == State.MAKING) {
            begin(mapping);
        } else {
            lingering.release(mapping);
        }
    }

    /** Past epochs make room, young ones too: a stream that stands still is worse than a post-mortem that is lost. */
    private void onNotMade(final TensorPoolException cause) {
        if (state != State.MAKING) {
            return; // closed meanwhile
        }
        context.errorHandler().onError(cause);
        if (cause instanceof NoSpaceException && stream.memory().epochPolicy().collect()) {
            while (!past.isEmpty()) {
                delete(past.removeOldest());
            }
        }
        state = State.BACKOFF;
        nextAttemptNs = context.nanoClock().nanoTime()
                + backoffNs / 2
                + ThreadLocalRandom.current().nextLong(backoffNs / 2 + 1);
        backoffNs = Math.min(2 * backoffNs, context.backoffMaxNs());
    }

    /** Ends the epoch, and gives memory and lock back. Over when {@link #state} is CLOSED. */
    void close() {
        switch (state) {
            case OPENING -> state = State.CLOSING;
            case OWNING, MAKING, BACKOFF -> {
                end("the producer is closed");
                state = State.CLOSING;
                unlock();
            }
            case CLOSING, CLOSED -> {
                // at it, or done
            }
        }
    }

    private void unlock() {
        final OwnNamespace toClose = Objects.requireNonNull(namespace);
        fileWorker.submit(
                () -> {
                    toClose.close();
                    return toClose;
                },
                (done, failure) -> {
                    report(failure);
                    state = State.CLOSED;
                });
    }

    @Override
    public String toString() {
        return stream.toString();
    }
}
