package io.tensorpool.client;

import io.tensorpool.ConsumerMode;
import io.tensorpool.protocol.QosListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.agrona.concurrent.NanoClock;

/**
 * Who reports on which streams (wire specification 10.4 and 10.5): producers and consumers of all processes, what they last
 * said, how fast they go, what they drop, and whether they are still heard. The client's conductor writes it; any thread may
 * read it at any time.
 *
 * <p>A reporter counts as alive for four report intervals, and is forgotten after sixty. Only so many are remembered,
 * {@link #CAPACITY} of each role: when there are more, newcomers take the places of those that are not heard any more, and
 * are refused if there are none.
 */
public final class QosMonitor {
    /** Most producers, and most consumers, that are remembered. */
    public static final int CAPACITY = 1024;

    /** Wire specification 5 says three to five. */
    private static final int LIVENESS_INTERVALS = 4;

    private final ReportTable producers;
    private final ReportTable consumers;
    private final NanoClock clock;
    private final long timeoutNs;
    private long nextSweepNs;

    /**
     * A monitor.
     *
     * @param clock            this client's.
     * @param reportIntervalNs time between two reports of one reporter.
     * @param capacity         of each role.
     */
    QosMonitor(final NanoClock clock, final long reportIntervalNs, final int capacity) {
        this.clock = clock;
        this.timeoutNs = LIVENESS_INTERVALS * reportIntervalNs;
        this.producers = new ReportTable(capacity, timeoutNs, reportIntervalNs / 2);
        this.consumers = new ReportTable(capacity, timeoutNs, reportIntervalNs / 2);
        this.nextSweepNs = clock.nanoTime() + reportIntervalNs;
    }

    void onQosConsumer(
            final int streamId,
            final int consumerId,
            final long epoch,
            final long lastSeqSeen,
            final long dropsGap,
            final long dropsLate,
            final ConsumerMode mode) {
        final long key = ReportTable.key(streamId, consumerId);
        consumers.report(key, epoch, lastSeqSeen, dropsGap, dropsLate, mode.code(), clock.nanoTime());
    }

    void onQosProducer(
            final int streamId, final int producerId, final long epoch, final long currentSeq, final int watermark) {
        final long key = ReportTable.key(streamId, producerId);
        producers.report(key, epoch, currentSeq, 0, 0, watermark, clock.nanoTime());
    }

    /** Conductor: looks for reporters that are not heard any more. Returns a work count. */
    int doWork(final long nowNs) {
        if (nowNs - nextSweepNs < 0) {
            return 0;
        }
        nextSweepNs = nowNs + timeoutNs / LIVENESS_INTERVALS;
        return producers.sweep(nowNs) + consumers.sweep(nowNs);
    }

    /**
     * Every producer that reported.
     *
     * @return a copy, in no particular order; those that are silent are in it until they are forgotten.
     */
    public List<ProducerReport> producers() {
        final List<ProducerReport> reports = new ArrayList<>();
        final ReportTable.Copy copy = new ReportTable.Copy();
        final long nowNs = clock.nanoTime();
        for (int i = 0; i < producers.capacity(); i++) {
            if (producers.read(i, copy)) {
                reports.add(new ProducerReport(
                        copy.streamId(),
                        copy.reporterId(),
                        copy.cell(ReportTable.EPOCH),
                        copy.cell(ReportTable.SEQ),
                        watermark((int) copy.cell(ReportTable.DETAIL)),
                        copy.seqRate(),
                        copy.presence(nowNs, timeoutNs)));
            }
        }
        return reports;
    }

    private static long watermark(final int reported) {
        return reported == QosListener.NO_WATERMARK ? -1 : Integer.toUnsignedLong(reported);
    }

    /**
     * Every consumer that reported.
     *
     * @return a copy, in no particular order; those that are silent are in it until they are forgotten.
     */
    public List<ConsumerReport> consumers() {
        final List<ConsumerReport> reports = new ArrayList<>();
        final ReportTable.Copy copy = new ReportTable.Copy();
        final long nowNs = clock.nanoTime();
        for (int i = 0; i < consumers.capacity(); i++) {
            if (consumers.read(i, copy)) {
                reports.add(new ConsumerReport(
                        copy.streamId(),
                        copy.reporterId(),
                        copy.cell(ReportTable.EPOCH),
                        copy.cell(ReportTable.SEQ),
                        Objects.requireNonNull(ConsumerMode.fromCode((int) copy.cell(ReportTable.DETAIL))),
                        copy.seqRate(),
                        new ConsumerReport.Drops(
                                copy.cell(ReportTable.DROPS_GAP), copy.cell(ReportTable.DROPS_LATE), copy.dropRate()),
                        copy.presence(nowNs, timeoutNs)));
            }
        }
        return reports;
    }

    /**
     * Reports of newcomers for whom there was no room.
     *
     * @return how many so far; not 0 means that there are more reporters than {@link #CAPACITY}, or that somebody invents
     *     them.
     */
    public long refusedReports() {
        return producers.refused() + consumers.refused();
    }
}
