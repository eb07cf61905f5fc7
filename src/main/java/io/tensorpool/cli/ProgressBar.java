package io.tensorpool.cli;

import java.io.Console;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;

/** A line on the terminal that shows how far a run is; nothing where the output is not a terminal. */
final class ProgressBar implements AutoCloseable {
    private static final long REDRAW_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int WIDTH = 40;

    private final PrintStream out;
    private final boolean isShown;
    private final long total;
    private final long startNs = System.nanoTime();
    private long drawnNs = startNs;

    @SuppressWarnings("SystemConsoleNull") // null where a property asks for none
    ProgressBar(final long total) {
        final Console console = System.console();
        this.out = System.err;
        this.isShown = console != null && console.isTerminal();
        this.total = total;
    }

    void show(final long done) {
        final long nowNs = System.nanoTime();
        if (!isShown || (nowNs - drawnNs < REDRAW_NS && done < total)) {
            return;
        }
        drawnNs = nowNs;
        final int filled = (int) (WIDTH * Math.min(done, total) / Math.max(total, 1));
        final double seconds = (nowNs - startNs) / (double) TimeUnit.SECONDS.toNanos(1);
        out.printf(
                "\r[%s%s] %d/%d frames  %.0f/s ",
                "#".repeat(filled), " ".repeat(WIDTH - filled), done, total, done / Math.max(seconds, 1e-9));
        out.flush();
    }

    @Override
    public void close() {
        if (isShown) {
            out.println();
        }
    }
}
