package io.tensorpool.client;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.FrameDescriptor;
import io.tensorpool.protocol.FragmentSource;
import io.tensorpool.protocol.ProgressAdapter;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.FaultPoint;
import io.tensorpool.shm.Rejection;
import io.tensorpool.shm.SlotReader;
import org.jspecify.annotations.Nullable;

/**
 * A consumer's look at frames that are being filled (wire specification 10.2.2): messages are taken from the control streams
 * and each is held against its slot and against what was said before, before it is handed on. Consumer's thread only, except
 * for the sources.
 */
final class ProgressReader {
    private static final FragmentSource[] NO_SOURCES = {};
    /** A poll ends after so many visits to the streams, however much else it finds there. */
    private static final int MAX_TAKES = 16;

    private final int streamId;
    private final Handover<ConsumerBinding> handover;
    private final UseMark useMark;
    private final ProgressCounts counts = new ProgressCounts();
    private final ProgressBatch batch;
    private final FragmentHandler fragments;
    private final FrameProgress progress = new FrameProgress();
    private volatile FragmentSource[] sources = NO_SOURCES;
    private @Nullable ConsumerBinding tracked;
    private ProgressTracks tracks = new ProgressTracks(1);
    private int nextSource;

    ProgressReader(final int streamId, final Handover<ConsumerBinding> handover, final UseMark useMark) {
        this.streamId = streamId;
        this.handover = handover;
        this.useMark = useMark;
        this.batch = new ProgressBatch(streamId);
        final ProgressAdapter adapter = new ProgressAdapter(batch);
        // A later piece of a long message of somebody else's could look like one of these.
        this.fragments = (buffer, offset, length, header) -> {
            if ((header.flags() & FrameDescriptor.UNFRAGMENTED) == FrameDescriptor.UNFRAGMENTED) {
                adapter.onFragment(buffer, offset, length, header);
            }
        };
    }

    /** Conductor: where progress is told, from now on. */
    void sources(final FragmentSource... next) {
        sources = next;
    }

    ProgressCounts counts() {
        return counts;
    }

    int poll(final ProgressHandler handler, final int limit) {
        int handedOn = 0;
        for (int takes = 0; handedOn < limit; ) {
            if (batch.isEmpty() && (takes++ == MAX_TAKES || take() == 0)) {
                break;
            }
            handedOn += handOn(handler, limit - handedOn);
        }
        return handedOn;
    }

    /** Each source in its turn; returns how many fragments there were. */
    private int take() {
        batch.clear();
        useMark.enter();
        try {
            final FragmentSource[] from = sources;
            int taken = 0;
            for (int i = 0; i < from.length && taken == 0; i++) {
                nextSource = nextSource + 1 < from.length ? nextSource + 1 : 0;
                taken = from[nextSource].poll(fragments, ProgressBatch.CAPACITY);
            }
            return taken;
        } finally {
            useMark.leave();
        }
    }

    /** As for frames: the catch encloses the reader and the handler. */
    private int handOn(final ProgressHandler handler, final int limit) {
        ConsumerBinding with = null;
        int handedOn = 0;
        try {
            while (handedOn < limit && batch.next()) {
                with = handover.get();
                if (with == null || with.mapping().epoch() != batch.epoch()) {
                    counts.onOtherEpoch();
                } else if (isToHandOn(with)) {
                    handedOn++;
                    handle(handler, with.mapping());
                }
            }
        } catch (final InternalError fault) {
            if (!FaultPoint.isFault(fault)) {
                throw fault;
            }
            counts.onFault();
            if (with != null) {
                handover.fault(with);
            }
        }
        return handedOn;
    }

    private boolean isToHandOn(final ConsumerBinding with) {
        if (with != tracked) {
            tracked = with;
            tracks = new ProgressTracks(with.mapping().nslots());
            progress.wrap(
                    with.reader(), tracks.prefixes(), streamId, with.mapping().epoch());
        }
        if (tracks.isRepeated(batch.seq(), batch.filledBytes(), batch.state())) {
            counts.onRepeated();
            return false;
        }
        final int code = read(with);
        if (code != SlotReader.OK) {
            count(code);
            return false;
        }
        if (Long.compareUnsigned(batch.filledBytes(), progress.lengthBytes()) > 0) {
            counts.onRejected();
            return false;
        }
        if (tracks.isRegressed(batch.seq(), batch.filledBytes(), batch.state())) {
            counts.onRegressed();
            return false;
        }
        tracks.set(batch.seq(), batch.filledBytes(), batch.state());
        progress.wrap(batch.state(), batch.filledBytes());
        return true;
    }

    private int read(final ConsumerBinding with) {
        try {
            return batch.seq() < 0
                    ? Rejection.SEQ_MISMATCH.code()
                    : with.reader().readProgress(batch.seq(), progress.view());
        } catch (final IllegalStateException unmapped) {
            if (!with.mapping().isClosed()) {
                throw unmapped;
            }
            return Rejection.SEQ_MISMATCH.code();
        }
    }

    private void count(final int code) {
        if (Rejection.of(code).isLate()) {
            counts.onLate();
        } else {
            counts.onRejected();
        }
    }

    private void handle(final ProgressHandler handler, final EpochMapping mapping) {
        try {
            handler.onProgress(progress);
            FaultPoint.pass();
            counts.onReceived();
        } catch (final IllegalStateException ex) {
            if (!mapping.isClosed()) {
                counts.onReceived();
                throw ex;
            }
            counts.onOtherEpoch(); // the epoch was unmapped under the handler
        } catch (final RuntimeException ex) {
            counts.onReceived();
            throw ex;
        }
    }
}
