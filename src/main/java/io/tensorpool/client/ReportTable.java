package io.tensorpool.client;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The last report of each reporter of one kind. The conductor writes, any thread reads, nobody waits: each entry is a
 * seqlock over longs of its own, all stores release, all loads acquire. A report of a known reporter allocates nothing.
 *
 * <p>The table is bounded, because whoever can write to the QoS stream can invent reporters: when it is full, a newcomer
 * takes the place of one that is not heard any more, and is refused if there is none. Who reports regularly is never
 * displaced.
 */
final class ReportTable {
    static final int EPOCH = 1;
    static final int SEQ = 2;
    static final int DROPS_GAP = 3;
    static final int DROPS_LATE = 4;
    static final int DETAIL = 5;
    private static final int VERSION = 0;
    private static final int FIRST_SEEN_NS = 6;
    private static final int LAST_SEEN_NS = 7;
    private static final int REPORTS = 8;
    private static final int SEQ_RATE = 9;
    private static final int DROP_RATE = 10;
    private static final int CELLS = 11;
    private static final double NS_PER_SECOND = 1e9;
    /** A reporter is forgotten after so many times the age from which it counts as silent. */
    private static final int FORGET_AFTER = 15;

    /** One reporter; made at its first report. */
    static final class Entry {
        private final long key;
        private final AtomicLongArray cells = new AtomicLongArray(CELLS);
        private boolean isSilent;
        private long rateSinceNs;
        private long rateSeq;
        private long rateDrops;

        private Entry(final long key) {
            this.key = key;
        }

        private void set(final int cell, final long value) {
            cells.setRelease(cell, value);
        }
    }

    /** A consistent copy of an entry, for one reader. */
    static final class Copy {
        private final long[] cells = new long[CELLS];
        private long key;

        int streamId() {
            return (int) (key >>> Integer.SIZE);
        }

        int reporterId() {
            return (int) key;
        }

        long cell(final int cell) {
            return cells[cell];
        }

        double seqRate() {
            return Double.longBitsToDouble(cells[SEQ_RATE]);
        }

        double dropRate() {
            return Double.longBitsToDouble(cells[DROP_RATE]);
        }

        Presence presence(final long nowNs, final long timeoutNs) {
            return new Presence(
                    nowNs - cells[LAST_SEEN_NS] <= timeoutNs,
                    cells[REPORTS],
                    cells[FIRST_SEEN_NS],
                    cells[LAST_SEEN_NS]);
        }
    }

    private final Long2ObjectHashMap<Entry> byKey = new Long2ObjectHashMap<>();
    private final AtomicReferenceArray<@Nullable Entry> slots;
    private final long timeoutNs;
    private final long rateWindowNs;
    private volatile long refused;

    /**
     * A table.
     *
     * @param capacity     most reporters.
     * @param timeoutNs    age of its last report from which a reporter is silent.
     * @param rateWindowNs least time over which a rate is computed.
     */
    ReportTable(final int capacity, final long timeoutNs, final long rateWindowNs) {
        this.slots = new AtomicReferenceArray<>(capacity);
        this.timeoutNs = timeoutNs;
        this.rateWindowNs = rateWindowNs;
    }

    static long key(final int streamId, final int reporterId) {
        return Integer.toUnsignedLong(streamId) << Integer.SIZE | Integer.toUnsignedLong(reporterId);
    }

    /** Conductor: takes a report in; the detail is the kind's own. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    void report(
            final long key,
            final long epoch,
            final long seq,
            final long dropsGap,
            final long dropsLate,
            final long detail,
            final long nowNs) {
        Entry entry = byKey.get(key);
        final boolean isNew = entry == null;
        if (entry == null) {
            entry = admit(key);
            if (entry == null) {
                refused++;
                return;
            }
        }
        final long version = entry.cells.getPlain(VERSION);
        entry.set(VERSION, version + 1);
        rate(entry, epoch, seq, dropsGap + dropsLate, isNew, nowNs);
        entry.set(EPOCH, epoch);
        entry.set(SEQ, seq);
        entry.set(DROPS_GAP, dropsGap);
        entry.set(DROPS_LATE, dropsLate);
        entry.set(DETAIL, detail);
        entry.set(LAST_SEEN_NS, nowNs);
        entry.set(REPORTS, entry.cells.getPlain(REPORTS) + 1);
        if (isNew) {
            entry.set(FIRST_SEEN_NS, nowNs);
        }
        entry.set(VERSION, version + 2);
        entry.isSilent = false;
    }

    private void rate(
            final Entry entry,
            final long epoch,
            final long seq,
            final long drops,
            final boolean isNew,
            final long nowNs) {
        final boolean isRestart = isNew
                || epoch != entry.cells.getPlain(EPOCH)
                || Long.compareUnsigned(seq, entry.rateSeq) < 0
                || Long.compareUnsigned(drops, entry.rateDrops) < 0;
        final long elapsedNs = nowNs - entry.rateSinceNs;
        if (!isRestart && elapsedNs < rateWindowNs) {
            return;
        }
        entry.set(SEQ_RATE, isRestart ? 0 : perSecond(seq - entry.rateSeq, elapsedNs));
        entry.set(DROP_RATE, isRestart ? 0 : perSecond(drops - entry.rateDrops, elapsedNs));
        entry.rateSinceNs = nowNs;
        entry.rateSeq = seq;
        entry.rateDrops = drops;
    }

    private static long perSecond(final long growth, final long elapsedNs) {
        final double unsigned = growth >= 0 ? growth : (growth >>> 1) * 2.0;
        return Double.doubleToLongBits(unsigned * NS_PER_SECOND / elapsedNs);
    }

    private @Nullable Entry admit(final long key) {
        int place = -1;
        for (int i = 0; i < slots.length(); i++) {
            final Entry there = slots.getPlain(i);
            if (there == null) {
                place = i;
                break;
            }
            if (place < 0 && there.isSilent) {
                place = i;
            }
        }
        if (place < 0) {
            return null;
        }
        final Entry before = slots.getPlain(place);
        if (before != null) {
            byKey.remove(before.key);
        }
        final Entry entry = new Entry(key);
        byKey.put(key, entry);
        slots.setRelease(place, entry);
        return entry;
    }

    private boolean isSilent(final Entry entry, final long nowNs) {
        return nowNs - entry.cells.getPlain(LAST_SEEN_NS) > timeoutNs;
    }

    /** Conductor: notices who became silent, and forgets who has been so for long. */
    int sweep(final long nowNs) {
        int workCount = 0;
        for (int i = 0; i < slots.length(); i++) {
            final Entry entry = slots.getPlain(i);
            if (entry == null || !isSilent(entry, nowNs)) {
                continue;
            }
            if (!entry.isSilent) {
                entry.isSilent = true;
                workCount++;
            } else if (nowNs - entry.cells.getPlain(LAST_SEEN_NS) > FORGET_AFTER * timeoutNs) {
                byKey.remove(entry.key);
                slots.setRelease(i, null);
                workCount++;
            }
        }
        return workCount;
    }

    /** Any thread: how many can be in it. */
    int capacity() {
        return slots.length();
    }

    /** Any thread: copies the entry of a place, if there is one that was reported already. */
    boolean read(final int place, final Copy copy) {
        final Entry entry = slots.getAcquire(place);
        if (entry == null) {
            return false;
        }
        copy.key = entry.key;
        while (true) {
            final long version = entry.cells.getAcquire(VERSION);
            if ((version & 1) == 0) {
                for (int cell = 1; cell < CELLS; cell++) {
                    copy.cells[cell] = entry.cells.getAcquire(cell);
                }
                if (entry.cells.getAcquire(VERSION) == version) {
                    return version != 0;
                }
            }
            Thread.onSpinWait();
        }
    }

    /** Any thread: reports of newcomers for whom there was no room. */
    long refused() {
        return refused;
    }
}
