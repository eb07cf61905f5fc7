package io.tensorpool.bench;

import java.util.Map;

/** Latencies of the measured frames of a paced trial, none of the others, and what was allocated meanwhile. One thread. */
final class LatencyLog {
    private final AllocationMeter allocation = new AllocationMeter(RoleClients.CONSUMER_NAME);
    private final long warmupFrames;
    private final long[] latencyNs;
    private int count;
    private boolean isFinished;

    LatencyLog(final Setting setting) {
        warmupFrames = setting.warmupFrames();
        latencyNs = new long[setting.flow() == Flow.PACED ? Math.toIntExact(setting.measuredFrames()) : 0];
    }

    /** Keeps the latency of a frame, if it is one of those that are measured. */
    void add(final long seq, final long frameLatencyNs) {
        if (seq >= warmupFrames && count < latencyNs.length) {
            if (count == 0) {
                allocation.begin();
            }
            latencyNs[count++] = frameLatencyNs;
            if (count == latencyNs.length) {
                finish();
            }
        }
    }

    /** The last measured frame has come, or the end if some did not. */
    private void finish() {
        if (count > 0 && !isFinished) {
            isFinished = true;
            allocation.end();
        }
    }

    /** Adds what was allocated from the first measured frame to the last one, to the result of a paced role. */
    void addAllocationTo(final Map<String, Long> figures) {
        if (isFinished) {
            allocation.addTo(figures);
        }
    }

    void tell(final RoleTalk talk) {
        finish();
        talk.latencies(latencyNs, count);
    }
}
