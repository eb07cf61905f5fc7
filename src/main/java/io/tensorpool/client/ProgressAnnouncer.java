package io.tensorpool.client;

import io.tensorpool.protocol.ProgressProxy;
import org.jspecify.annotations.Nullable;

/**
 * Tells consumers how far a frame is (wire specification 10.2.2). The conductor says when and on which shared stream, and
 * nothing while no consumer wants to hear. Producer's thread only, except for the plan.
 */
final class ProgressAnnouncer {
    /**
     * What to do from now on.
     *
     * @param policy how often.
     * @param shared to all consumers that have no stream of their own; null if there are none, or it is not there yet.
     */
    record Plan(ProgressPolicy policy, @Nullable ProgressProxy shared) {}

    private final int streamId;
    private final UseMark useMark;
    private final ConsumerPublications publications;
    private volatile @Nullable Plan plan;

    ProgressAnnouncer(final int streamId, final UseMark useMark, final ConsumerPublications publications) {
        this.streamId = streamId;
        this.useMark = useMark;
        this.publications = publications;
    }

    /** Conductor: what to do from now on; null for nothing. */
    void plan(final @Nullable Plan next) {
        plan = next;
    }

    /** Whether somebody wants to hear of this claim now. */
    boolean isDue(final FrameClaim claim, final long nowNs) {
        final Plan to = plan;
        return to != null && claim.progress().isDue(to.policy(), nowNs, claim.shape());
    }

    /** Returns a position if somebody was told, else BACK_PRESSURED or NOT_TOLD. */
    long tell(final ProducerBinding with, final FrameClaim claim) {
        useMark.enter();
        try {
            final Plan to = plan;
            if (to == null) {
                return Producer.NOT_TOLD;
            }
            long result = to.shared() == null ? Producer.NOT_TOLD : tell(to.shared(), with, claim);
            for (final ConsumerPublications.Controls own : publications.controls()) {
                final long told = tell(own.proxy(), with, claim);
                result = told > 0 || result == Producer.NOT_TOLD ? told : result;
            }
            return result;
        } finally {
            useMark.leave();
        }
    }

    private long tell(final ProgressProxy proxy, final ProducerBinding with, final FrameClaim claim) {
        final ClaimProgress progress = claim.progress();
        final long position =
                proxy.progress(streamId, with.mapping().epoch(), claim.seq(), progress.filledBytes(), progress.state());
        return position > 0 ? position : Producer.BACK_PRESSURED;
    }
}
