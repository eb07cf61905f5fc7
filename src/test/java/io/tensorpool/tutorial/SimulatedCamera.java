package io.tensorpool.tutorial;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.concurrent.SleepingMillisIdleStrategy;

/** Stands for a camera maker's library: told its buffers, it fills them in a thread of its own. */
final class SimulatedCamera {
    /** Called in the camera's thread when a buffer is filled. */
    interface Callback {
        void onFilled(int buffer, long captureTimeNs);
    }

    private final Map<Integer, MemorySegment> buffers = new HashMap<>();
    private final Queue<Integer> queued = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean isRunning = new AtomicBoolean();
    private Thread thread = new Thread();

    /** Tells the camera of a buffer; it may be filled once it is queued. */
    void announce(final int buffer, final MemorySegment memory) {
        buffers.put(buffer, memory);
    }

    /** A buffer may be filled from now on. */
    void queue(final int buffer) {
        queued.add(buffer);
    }

    void start(final Callback callback) {
        isRunning.set(true);
        thread = Thread.ofPlatform().name("camera").start(() -> run(callback));
    }

    private void run(final Callback callback) {
        final SleepingMillisIdleStrategy pace = new SleepingMillisIdleStrategy(1);
        byte brightness = 0;
        while (isRunning.get()) {
            final Integer buffer = queued.poll();
            if (buffer != null) {
                buffers.get(buffer).fill(brightness++);
                callback.onFilled(buffer, System.nanoTime());
            }
            pace.idle();
        }
    }

    /** Returns when no buffer is touched any more, even if it is interrupted meanwhile; forgets them all. */
    void stop() {
        isRunning.set(false);
        boolean wasInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (final InterruptedException ex) {
                wasInterrupted = true;
            }
        }
        if (wasInterrupted) {
            Thread.currentThread().interrupt();
        }
        buffers.clear();
        queued.clear();
    }
}
