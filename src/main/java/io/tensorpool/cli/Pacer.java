package io.tensorpool.cli;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits for the next slot of a steady rate: sleeps until shortly before, then spins. A slot that was missed is made up for
 * at once, so that the mean rate holds.
 */
final class Pacer {
    private static final long SPIN_NS = TimeUnit.MICROSECONDS.toNanos(200);

    private final double periodNs;
    private final long startNs = System.nanoTime();
    private long slots;

    /**
     * A pacer that starts now.
     *
     * @param rateHz slots per second; 0 for no waiting.
     */
    Pacer(final double rateHz) {
        periodNs = rateHz > 0 ? TimeUnit.SECONDS.toNanos(1) / rateHz : 0;
    }

    void awaitSlot(final StopSignal stop) {
        final long slotNs = startNs + (long) (slots++ * periodNs);
        long remainingNs = slotNs - System.nanoTime();
        while (remainingNs > 0 && !stop.isStopped()) {
            if (remainingNs > SPIN_NS) {
                LockSupport.parkNanos(Math.min(remainingNs - SPIN_NS, TimeUnit.MILLISECONDS.toNanos(100)));
            } else {
                Thread.onSpinWait();
            }
            remainingNs = slotNs - System.nanoTime();
        }
    }
}
