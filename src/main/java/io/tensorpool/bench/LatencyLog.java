package io.tensorpool.bench;

/** Latencies of the measured frames of a paced trial, none of the others. One thread. */
final class LatencyLog {
    private final long warmupFrames;
    private final long[] latencyNs;
    private int count;

    LatencyLog(final Setting setting) {
        warmupFrames = setting.warmupFrames();
        latencyNs = new long[setting.flow() == Flow.PACED ? Math.toIntExact(setting.measuredFrames()) : 0];
    }

    /** Keeps the latency of a frame, if it is one of those that are measured. */
    void add(final long seq, final long frameLatencyNs) {
        if (seq >= warmupFrames && count < latencyNs.length) {
            latencyNs[count++] = frameLatencyNs;
        }
    }

    void tell(final RoleTalk talk) {
        talk.latencies(latencyNs, count);
    }
}
