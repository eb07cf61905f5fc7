package io.tensorpool.bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.util.Map;

/**
 * Heap that a role allocates between two moments: the thread that plays it, and the conductor of its client. Taking the
 * figures allocates nothing itself. One thread.
 */
final class AllocationMeter {
    private static final long NO_THREAD = -1;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final long conductorId;
    private long ownBytes;
    private long conductorBytes;
    private long fromNs;
    private long toNs;

    /**
     * A meter for this thread and a conductor.
     *
     * @param conductor name of its thread; a role that has none allocates nothing there.
     */
    AllocationMeter(final String conductor) {
        conductorId = idOf(conductor, threads);
        begin(); // what is loaded at the first use is not counted
        end();
        begin();
    }

    private static long idOf(final String name, final ThreadMXBean threads) {
        for (final ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (thread != null && thread.getThreadName().equals(name)) {
                return thread.getThreadId();
            }
        }
        return NO_THREAD;
    }

    /** From here on it counts. */
    void begin() {
        fromNs = System.nanoTime();
        conductorBytes = conductorAllocated();
        ownBytes = threads.getCurrentThreadAllocatedBytes();
    }

    /** Up to here it counted. */
    void end() {
        ownBytes = threads.getCurrentThreadAllocatedBytes() - ownBytes;
        conductorBytes = conductorAllocated() - conductorBytes;
        toNs = System.nanoTime();
    }

    private long conductorAllocated() {
        return conductorId == NO_THREAD ? 0 : Math.max(0, threads.getThreadAllocatedBytes(conductorId));
    }

    /** Adds what was counted, and when, to a role's result. */
    void addTo(final Map<String, Long> figures) {
        figures.put("from_ns", fromNs);
        figures.put("to_ns", toNs);
        figures.put("allocated_bytes", ownBytes);
        figures.put("conductor_allocated_bytes", conductorBytes);
    }
}
