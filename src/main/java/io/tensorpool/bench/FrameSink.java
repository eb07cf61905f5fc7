package io.tensorpool.bench;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.ConsumerCounts;
import io.tensorpool.client.Frame;
import io.tensorpool.client.FrameHandler;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Takes frames, with the work that a setting asks for, and the time that they took if they were paced. One thread. */
final class FrameSink implements FrameHandler {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final int FOUR_WORDS = 4 * Long.BYTES;
    private static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final boolean isTouched;
    private final boolean isPaced;
    private final ConsumerCounts counts;
    private final LatencyLog latencies;
    private long nextSeq;
    private long missedAtStart;
    private long sum;

    FrameSink(final Setting setting, final ConsumerCounts counts) {
        this.counts = counts;
        isTouched = setting.work() == Work.TOUCHED;
        isPaced = setting.flow() == Flow.PACED;
        latencies = new LatencyLog(setting);
    }

    @Override
    public void onFrame(final Frame frame) {
        if (isTouched) {
            sum += sumOf(frame.payload(), frame.shape().lengthBytes());
        }
        final long nowNs = isPaced ? System.nanoTime() : 0;
        final long seq = frame.seq();
        if (nextSeq == 0) {
            missedAtStart = seq - counts.dropsGap() - counts.dropsLate() - counts.beforeJoin() - counts.rejected();
        }
        nextSeq = seq + 1;
        final boolean isWhole = !isTouched || frame.isIntact();
        if (isPaced && isWhole) {
            latencies.add(seq, nowNs - frame.timestampNs());
        }
    }

    /**
     * All bytes, as 64-bit words and a few single ones. Four sums at once, or the additions wait for each other: the compiler
     * does not turn this into vectors, as that of a peer may.
     */
    static long sumOf(final MemorySegment payload, final long lengthBytes) {
        final long inFours = lengthBytes & -FOUR_WORDS;
        long first = 0;
        long second = 0;
        long third = 0;
        long fourth = 0;
        for (long i = 0; i < inFours; i += FOUR_WORDS) {
            first += payload.get(WORD, i);
            second += payload.get(WORD, i + Long.BYTES);
            third += payload.get(WORD, i + 2 * Long.BYTES);
            fourth += payload.get(WORD, i + 3 * Long.BYTES);
        }
        long sum = first + second + third + fourth;
        final long inWords = lengthBytes & -Long.BYTES;
        for (long i = inFours; i < inWords; i += Long.BYTES) {
            sum += payload.get(WORD, i);
        }
        for (long i = inWords; i < lengthBytes; i++) {
            sum += payload.get(ValueLayout.JAVA_BYTE, i);
        }
        return sum;
    }

    /** Number of the frame that is expected next. */
    long nextSeq() {
        return nextSeq;
    }

    /** Takes what is left, until nothing has come for a moment. */
    void drain(final Consumer consumer, final int limit) {
        long heardNs = System.nanoTime();
        while (System.nanoTime() - heardNs < QUIET_NS) {
            if (consumer.poll(this, limit) > 0) {
                heardNs = System.nanoTime();
            }
        }
    }

    void tellLatencies(final RoleTalk talk) {
        latencies.tell(talk);
    }

    /** What a consumer's result says; the sum is in it so that reading is not left out. */
    Map<String, Long> figures() {
        final Map<String, Long> figures = new LinkedHashMap<>();
        figures.put("received", counts.received());
        figures.put("gap", counts.dropsGap() + missedAtStart);
        figures.put("missed_at_start", missedAtStart); // a part of the gap
        figures.put("late", counts.dropsLate() + counts.beforeJoin());
        figures.put("other", counts.rejected() + counts.otherEpoch() + counts.faults() + counts.oldSeq());
        figures.put("checksum", sum & 0xFFFF_FFFFL);
        latencies.addAllocationTo(figures);
        return figures;
    }
}
