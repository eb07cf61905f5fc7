package io.tensorpool.bench;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Takes the frames of a baseline, as {@link FrameSink} takes those of this implementation. One thread. */
final class MessageSink {
    private static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(200);

    /** Looks for messages, and gives them to {@link #onMessage}. */
    @FunctionalInterface
    interface Poll<E extends Exception> {
        /** How many messages there were. */
        int poll() throws E;
    }

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

    /** Takes all that comes, acknowledges it, and goes on after the stop until nothing has come for a moment. */
    <E extends Exception> void receive(final Poll<E> poll, final BaselineAcknowledger acknowledger, final RoleTalk talk)
            throws E {
        while (!talk.isStopped()) {
            final int polled = poll.poll();
            acknowledger.onPolled(polled, nextSeq);
            if (polled == 0) {
                Thread.onSpinWait();
            }
        }
        long heardNs = System.nanoTime();
        while (System.nanoTime() - heardNs < QUIET_NS) {
            if (poll.poll() > 0) {
                heardNs = System.nanoTime();
            }
        }
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
