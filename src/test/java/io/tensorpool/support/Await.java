package io.tensorpool.support;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** Waits for a condition, with a deadline and without sleeping. */
public final class Await {
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private Await() {}

    /** Waits ten seconds at most. */
    public static void until(final String what, final BooleanSupplier condition) {
        until(() -> what, DEADLINE, () -> 0, condition);
    }

    /** The same, and does some work each turn. */
    public static void until(final String what, final IntSupplier work, final BooleanSupplier condition) {
        until(() -> what, DEADLINE, work, condition);
    }

    /** With a description that is made only when the deadline has passed. */
    public static void until(final Supplier<String> what, final IntSupplier work, final BooleanSupplier condition) {
        until(what, DEADLINE, work, condition);
    }

    public static void until(
            final Supplier<String> what,
            final Duration deadline,
            final IntSupplier work,
            final BooleanSupplier condition) {
        final long startNs = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - startNs > deadline.toNanos()) {
                throw new AssertionError("not within " + deadline.toMillis() + " ms: " + what.get());
            }
            if (work.getAsInt() == 0) {
                Thread.yield();
            }
        }
    }
}
