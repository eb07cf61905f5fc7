package io.tensorpool.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C and SIGTERM as a flag that a command looks at. The JVM stays alive until the command has closed what it opened,
 * for a while at most.
 */
final class StopSignal implements AutoCloseable {
    private static final long CLOSE_SECONDS = 20;

    private final long closeSeconds;
    private final CountDownLatch signalled = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread hook = new Thread(this::onShutdown, "tensorpool-stop");

    /** For commands that close at once. */
    StopSignal() {
        this(CLOSE_SECONDS);
    }

    /** For a command that needs so long at most, and bounds that itself if need be. */
    StopSignal(final long closeSeconds) {
        this.closeSeconds = closeSeconds;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void onShutdown() {
        signalled.countDown();
        try {
            if (!closed.await(closeSeconds, TimeUnit.SECONDS)) {
                System.err.println("tensorpool: not closed within " + closeSeconds + " s; ending anyway");
            }
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks the command to end, as Ctrl-C does. */
    void stop() {
        signalled.countDown();
    }

    boolean isStopped() {
        return signalled.getCount() == 0;
    }

    /** Waits for the signal, at most so long. Returns whether it came. */
    boolean await(final long timeout, final TimeUnit unit) throws InterruptedException {
        return signalled.await(timeout, unit);
    }

    /** Everything is closed; the JVM may end. */
    @Override
    public void close() {
        closed.countDown();
        if (!isStopped()) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (final IllegalStateException ex) {
                // The JVM began to end in this very moment: the hook runs, and finds the latch open.
                signalled.countDown();
            }
        }
    }
}
