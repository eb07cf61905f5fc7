package io.tensorpool.bench;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/** Takes the frames of a baseline, as {@link FrameSink} takes those of this implementation. One thread. */
final class MessageSink {
    private final int sizeBytes;
    private final boolean isTouched;
    private final boolean isPaced;
    private final LatencyLog latencies;
    private long received;
    private long missed;
    private long nextSeq;
    private long sum;

    MessageSink(final Setting setting) {
        sizeBytes = setting.sizeBytes();
        isTouched = setting.work() == Work.TOUCHED;
        isPaced = setting.flow() == Flow.PACED;
        latencies = new LatencyLog(setting);
    }

    /** A message that begins at an offset. */
    void onMessage(final MemorySegment memory, final long offset) {
        final long seq = memory.get(Message.LONG, offset + Message.SEQ_OFFSET);
        if (isTouched) {
            sum += FrameSink.sumOf(memory.asSlice(offset + Message.PAYLOAD_OFFSET, sizeBytes), sizeBytes);
        }
        if (isPaced) {
            latencies.add(seq, System.nanoTime() - memory.get(Message.LONG, offset + Message.DUE_OFFSET));
        }
        received++;
        missed += seq - nextSeq;
        nextSeq = seq + 1;
    }

    /** Number of the frame that is expected next. */
    long nextSeq() {
        return nextSeq;
    }

    /** Says what a consumer has to say at its end. */
    void tell(final RoleTalk talk) {
        if (isPaced) {
            latencies.tell(talk);
        }
        final Map<String, Long> figures = new LinkedHashMap<>();
        figures.put("received", received);
        figures.put("gap", missed);
        figures.put("late", 0L);
        figures.put("other", 0L);
        figures.put("checksum", sum & 0xFFFF_FFFFL);
        talk.result(figures);
    }
}
