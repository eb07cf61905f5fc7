package io.tensorpool.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;

/**
 * Waits for the next slot of a steady rate: sleeps until shortly before, then spins. A slot that was missed is made up for
 * at once, so that the mean rate holds.
 */
public final class Pacer {
    private static final long SPIN_NS = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long PARK_MAX_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final NanoClock clock;
    private final double periodNs;
    private final long startNs;
    private long slots;

    /**
     * A pacer that starts now.
     *
     * @param rateHz slots per second; 0 for no waiting.
     */
    public Pacer(final double rateHz) {
        this(rateHz, SystemNanoClock.INSTANCE);
    }

    Pacer(final double rateHz, final NanoClock clock) {
        this.clock = clock;
        periodNs = rateHz > 0 ? TimeUnit.SECONDS.toNanos(1) / rateHz : 0;
        startNs = clock.nanoTime();
    }

    /**
     * Waits until the next slot is due; not at all if it was due already.
     *
     * @param stopped ends the waiting early.
     * @return when the slot was due, on the clock of {@link System#nanoTime()}: what a latency is to be counted from,
     *     however late the caller is.
     */
    public long awaitSlot(final BooleanSupplier stopped) {
        final long slotNs = startNs + (long) (slots++ * periodNs);
        long remainingNs = slotNs - clock.nanoTime();
        while (remainingNs > 0 && !stopped.getAsBoolean()) {
            if (remainingNs > SPIN_NS) {
                LockSupport.parkNanos(Math.min(remainingNs - SPIN_NS, PARK_MAX_NS));
            } else {
                Thread.onSpinWait();
            }
            remainingNs = slotNs - clock.nanoTime();
        }
        return slotNs;
    }
}
