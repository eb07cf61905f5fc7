package io.tensorpool.client;

import io.tensorpool.runtime.AeronConnection;
import io.tensorpool.runtime.ServiceCounters;
import io.tensorpool.shm.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Shows among Aeron's counters what is counted elsewhere, for instance by an application's thread that must not be held up:
 * the conductor looks at the counts now and then. Conductor's thread; the suppliers read what any thread may.
 */
final class MirroredCounters {
    private record Source(String label, LongSupplier count, boolean isRare) {}

    private record Shown(ServiceCounters.Tally tally, LongSupplier count) {}

    private final AeronConnection connection;
    private final String owner;
    private final long periodNs;
    private final List<Source> sources = new ArrayList<>();
    private final List<Shown> shown = new ArrayList<>();
    private @Nullable ServiceCounters counters;
    private int clientId;
    private long nextNs;

    /**
     * Counters that are not shown yet.
     *
     * @param owner of the counters, for their labels.
     */
    MirroredCounters(final ClientServices services, final String owner) {
        this.connection = services.connection();
        this.owner = services.context().clientName() + owner;
        this.periodNs = services.context().reportIntervalNs();
        this.nextNs = services.nowNs();
    }

    /**
     * Those of a producer.
     *
     * @param unheard frames that were published for nobody.
     * @param errors  regions that could not be mapped.
     */
    static MirroredCounters ofProducer(
            final ClientServices services,
            final Producer producer,
            final LongSupplier unheard,
            final LongSupplier errors) {
        final ProducerCounts counts = producer.counts();
        final ConsumerPublications.Counts own = producer.consumerPublications().counts();
        return new MirroredCounters(services, " producer of stream " + Integer.toUnsignedString(producer.streamId()))
                .always("published", counts::published)
                .always("back-pressured", counts::backPressured)
                .always("not connected", unheard)
                .rare("beyond the maximum position", counts::maxPositionExceeded)
                .rare("out of order", counts::outOfOrder)
                .rare("dropped", counts::dropped)
                .rare("too large", counts::tooLarge)
                .rare("consumers' own streams: dropped", own::dropped)
                .rare("consumers' own streams: skipped by rate", own::skipped)
                .rare("consumers' own streams: declined", own::declined)
                .rare("reattaches", producer.attachment()::reattaches)
                .rare("errors", errors);
    }

    /**
     * Those of a consumer.
     *
     * @param mapped epochs so far.
     * @param errors regions that could not be mapped.
     */
    static MirroredCounters ofConsumer(
            final ClientServices services,
            final Consumer consumer,
            final LongSupplier mapped,
            final LongSupplier errors) {
        final ConsumerCounts counts = consumer.counts();
        final MirroredCounters made = new MirroredCounters(
                        services, " consumer of stream " + Integer.toUnsignedString(consumer.streamId()))
                .always("received", counts::received)
                .always("gap", counts::dropsGap)
                .always("late", counts::dropsLate)
                .rare("of another epoch", counts::otherEpoch)
                .rare("from before it joined", counts::beforeJoin)
                .rare("old", counts::oldSeq)
                .rare("skipped by rate", counts::rateSkipped)
                .rare("skipped for a newer one", counts::skipped)
                .rare("resyncs", counts::resyncs)
                .rare("faults", counts::faults)
                .rare("remaps", () -> Math.max(0, mapped.getAsLong() - 1))
                .rare("reattaches", consumer.attachment()::reattaches)
                .rare("errors", errors);
        for (final Rejection cause : Rejection.values()) {
            if (!cause.isLate()) {
                made.rare("rejected: " + cause.description(), () -> counts.rejected(cause));
            }
        }
        return made;
    }

    /** Adds a counter that is shown from the beginning. */
    MirroredCounters always(final String label, final LongSupplier count) {
        sources.add(new Source(label, count, false));
        return this;
    }

    /** Adds a counter that is shown from its first occurrence on. */
    MirroredCounters rare(final String label, final LongSupplier count) {
        sources.add(new Source(label, count, true));
        return this;
    }

    /** Looks at the counts if it is time; the labels are of this client id, not 0, or of none, -1. */
    int doWork(final int ofClientId, final long nowNs) {
        if (nowNs - nextNs < 0 || ofClientId == 0) {
            return 0;
        }
        nextNs = nowNs + periodNs;
        if (counters == null || ofClientId != clientId) {
            show(ofClientId);
        }
        for (int i = 0; i < shown.size(); i++) {
            final Shown each = shown.get(i);
            each.tally().set(each.count().getAsLong());
        }
        return 1;
    }

    /** Under another client id they are other counters, with the same counts. */
    private void show(final int ofClientId) {
        close();
        clientId = ofClientId;
        final String ofClient = ofClientId == -1 ? "" : " client " + Integer.toUnsignedString(ofClientId);
        final ServiceCounters made = connection.counters(owner + ofClient);
        for (final Source source : sources) {
            shown.add(
                    new Shown(source.isRare() ? made.rare(source.label()) : made.add(source.label()), source.count()));
        }
        counters = made;
    }

    /** Takes them from among Aeron's. */
    void close() {
        shown.clear();
        if (counters != null) {
            counters.close();
            counters = null;
        }
    }
}
