package io.tensorpool.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/**
 * The measured time of a producer, behind its time to warm up; from the moment that it is made. One thread, whose processor
 * time is taken, too.
 */
final class Window {
    /** What a producer has done so far, ever growing. */
    interface Counts {
        /** Frames that are through: acknowledged, or just published where nobody acknowledges. Asked at both ends. */
        long frames();

        /** Frames that were published. */
        long published();

        /** Frames that should have been published and could not. */
        long backPressured();
    }

    /** All counts at one moment. */
    private record Moment(long timeNs, long cpuNs, long frames, long published, long backPressured) {}

    private static final double NS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private final AllocationMeter allocation = new AllocationMeter(RoleClients.PRODUCER_NAME);
    private final Counts counts;
    private final NanoClock clock;
    private final long startNs;
    private final long warmupNs;
    private final long measuredNs;
    private boolean isMeasuring;
    private boolean isOver;
    private Moment begin;
    private Moment end;

    Window(final Timing timing, final Counts counts) {
        this(timing, counts, SystemNanoClock.INSTANCE);
    }

    Window(final Timing timing, final Counts counts, final NanoClock clock) {
        this.counts = counts;
        this.clock = clock;
        startNs = clock.nanoTime();
        begin = new Moment(startNs, 0, 0, 0, 0);
        end = begin;
        warmupNs = (long) (timing.warmupSeconds() * NS_PER_SECOND);
        measuredNs = (long) (timing.seconds() * NS_PER_SECOND);
    }

    /** Whether the measured time has passed; to be asked every few frames. */
    boolean isOver() {
        final long nowNs = clock.nanoTime();
        if (!isMeasuring) {
            if (nowNs - startNs >= warmupNs) {
                isMeasuring = true;
                begin = moment();
                allocation.begin();
            }
        } else if (!isOver && nowNs - begin.timeNs() >= measuredNs) {
            finish();
        }
        return isOver;
    }

    private void finish() {
        isOver = true;
        allocation.end();
        end = moment();
    }

    /** Whether the time to warm up has passed; as of the last {@link #isOver}. */
    boolean isMeasuring() {
        return isMeasuring;
    }

    private Moment moment() {
        return new Moment(
                clock.nanoTime(),
                threads.getCurrentThreadCpuTime(),
                counts.frames(),
                counts.published(),
                counts.backPressured());
    }

    /** What a producer's result says of the measured time, which is over now if it was not. */
    Map<String, Long> figures() {
        if (!isOver) {
            finish();
        }
        final Map<String, Long> figures = new LinkedHashMap<>();
        figures.put("frames", end.frames() - begin.frames());
        figures.put("elapsed_ns", end.timeNs() - begin.timeNs());
        figures.put("published", end.published() - begin.published());
        figures.put("back_pressured", end.backPressured() - begin.backPressured());
        figures.put("cpu_ns", end.cpuNs() - begin.cpuNs());
        allocation.addTo(figures);
        return figures;
    }
}
