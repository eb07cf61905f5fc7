package io.tensorpool.client;

import io.tensorpool.protocol.DescriptorProxy;
import io.tensorpool.protocol.ProgressProxy;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.NanoClock;

/**
 * What a producer publishes to single consumers, beside the shared streams. The conductor replaces the arrays whole; the
 * producer's thread looks at them inside its {@link UseMark}, and a publication is closed only after that thread was seen
 * outside of it.
 */
final class ConsumerPublications {
    private static final Descriptors[] NO_DESCRIPTORS = {};
    private static final Controls[] NO_CONTROLS = {};

    private final NanoClock clock;
    private final Counts counts = new Counts();
    private volatile Descriptors[] descriptors = NO_DESCRIPTORS;
    private volatile Controls[] controls = NO_CONTROLS;

    ConsumerPublications(final NanoClock clock) {
        this.clock = clock;
    }

    /** What happened so far; each count is written by one thread and read by any. */
    static final class Counts {
        private final AtomicLong dropped = new AtomicLong();
        private final AtomicLong skipped = new AtomicLong();
        private final AtomicLong declined = new AtomicLong();

        /** Conductor: a wish or an assignment that was not met. */
        void onDeclined() {
            declined.setOpaque(declined.getPlain() + 1);
        }

        void onDropped() {
            dropped.setOpaque(dropped.getPlain() + 1);
        }

        void onSkipped() {
            skipped.setOpaque(skipped.getPlain() + 1);
        }

        long declined() {
            return declined.getOpaque();
        }

        long dropped() {
            return dropped.getOpaque();
        }

        long skipped() {
            return skipped.getOpaque();
        }
    }

    /** Any thread. */
    ConsumerStreamCounts snapshot() {
        return new ConsumerStreamCounts(
                descriptors.length + controls.length, counts.declined(), counts.dropped(), counts.skipped());
    }

    /** Descriptors for one consumer, at most so many per second. */
    static final class Descriptors {
        private final ConsumerPublication publication;
        private final DescriptorProxy proxy;
        private final RateGate gate = new RateGate();
        private final long intervalNs;

        /**
         * Of a consumer.
         *
         * @param intervalNs least time between two; 0 for all.
         */
        Descriptors(final ConsumerPublication publication, final long intervalNs) {
            this.publication = publication;
            this.proxy = new DescriptorProxy(publication);
            this.intervalNs = intervalNs;
        }

        boolean isOf(final ConsumerPublication other, final long otherIntervalNs) {
            return publication == other && intervalNs == otherIntervalNs;
        }
    }

    /**
     * Where progress messages of one consumer go; nothing else may be published there (wire specification 5).
     *
     * @param consumerId of the consumer.
     * @param proxy      the producer's thread says it, inside its use mark.
     */
    record Controls(int consumerId, ProgressProxy proxy) {}

    /** Conductor: what there is from now on. */
    void replace(final Descriptors[] nextDescriptors, final Controls[] nextControls) {
        descriptors = nextDescriptors.length == 0 ? NO_DESCRIPTORS : nextDescriptors;
        controls = nextControls.length == 0 ? NO_CONTROLS : nextControls;
    }

    /** Conductor: nothing any more. */
    void clear() {
        replace(NO_DESCRIPTORS, NO_CONTROLS);
    }

    Counts counts() {
        return counts;
    }

    /** Producer's thread, inside its use mark: the progress streams of single consumers; the array is never changed. */
    Controls[] controls() {
        return controls;
    }

    /** Producer's thread, inside its use mark: announces a frame to each consumer that has a stream of its own. */
    void frame(
            final int streamId,
            final long epoch,
            final long seq,
            final long timestampNs,
            final int metaVersion,
            final long traceId) {
        final Descriptors[] to = descriptors;
        for (final Descriptors each : to) {
            if (each.intervalNs == 0 || each.gate.admits(clock.nanoTime(), each.intervalNs)) {
                each.proxy.frame(streamId, epoch, seq, timestampNs, metaVersion, traceId);
            } else {
                counts.onSkipped();
            }
        }
    }
}
