package io.tensorpool.bench;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.NanoClock;

/** Measures how noisy the machine is, in the calling thread, which spins meanwhile. */
public final class NoiseMeter {
    /** Shorter ones are the clock's and the loop's own. */
    static final long GAP_NS = TimeUnit.MICROSECONDS.toNanos(10);
    /** Not counted: the loop is compiled in this time. */
    static final long WARM_UP_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final int DIGITS = 3;
    private static final double NS_PER_US = 1e3;
    private static final double NS_PER_SECOND = 1e9;
    private static final double PERCENT = 100;

    private final NanoClock clock;

    /** On the monotonic clock of the system. */
    public NoiseMeter() {
        this(System::nanoTime);
    }

    NoiseMeter(final NanoClock clock) {
        this.clock = clock;
    }

    /**
     * Spins and counts.
     *
     * @param when       what is about to begin, or has ended.
     * @param durationNs for so long, more than 0, and a tenth of a second before that.
     * @return what was seen.
     */
    public Noise measure(final String when, final long durationNs) {
        final Histogram gapsNs = new Histogram(DIGITS);
        spin(gapsNs, WARM_UP_NS);
        gapsNs.reset();
        final long beginNs = clock.nanoTime();
        final long lostNs = spin(gapsNs, durationNs);
        final double elapsedNs = clock.nanoTime() - beginNs;
        return new Noise(
                when,
                elapsedNs / NS_PER_SECOND,
                gapsNs.getTotalCount() * NS_PER_SECOND / elapsedNs,
                gapsNs.getValueAtPercentile(99) / NS_PER_US,
                gapsNs.getMaxValue() / NS_PER_US,
                PERCENT * lostNs / elapsedNs);
    }

    /** Returns the sum of the gaps. */
    private long spin(final Histogram gapsNs, final long durationNs) {
        final long beginNs = clock.nanoTime();
        long lastNs = beginNs;
        long lostNs = 0;
        while (lastNs - beginNs < durationNs) {
            final long nowNs = clock.nanoTime();
            if (nowNs - lastNs > GAP_NS) {
                gapsNs.recordValue(nowNs - lastNs);
                lostNs += nowNs - lastNs;
            }
            lastNs = nowNs;
        }
        return lostNs;
    }
}
