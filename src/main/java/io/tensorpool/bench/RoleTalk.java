package io.tensorpool.bench;

import java.io.PrintStream;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** What a role says to the coordinator, in lines on its standard output, and hears of it. One thread. */
public final class RoleTalk {
    static final String READY = "READY";
    static final String RESULT = "RESULT";
    static final String LATENCIES = "LATENCIES";

    private final PrintStream out;
    private final BooleanSupplier stopped;

    /**
     * A talk.
     *
     * @param out     standard output.
     * @param stopped whether standard input has ended, or the process was told to end; looked at often.
     */
    public RoleTalk(final PrintStream out, final BooleanSupplier stopped) {
        this.out = out;
        this.stopped = stopped;
    }

    /** Whether this role has to end. */
    boolean isStopped() {
        return stopped.getAsBoolean();
    }

    /** Waits until it has to. */
    void awaitStop() throws InterruptedException {
        while (!isStopped()) {
            Thread.sleep(1);
        }
    }

    void ready() {
        say(READY);
    }

    /** Figures by name, whole numbers. */
    void result(final Map<String, Long> figures) {
        final StringBuilder line = new StringBuilder(RESULT);
        figures.forEach(
                (name, value) -> line.append(' ').append(name).append('=').append((long) value));
        say(line.toString());
    }

    /** One-way latency of each measured frame. */
    void latencies(final long[] latencyNs, final int count) {
        final StringBuilder line = new StringBuilder(LATENCIES);
        for (int i = 0; i < count; i++) {
            line.append(' ').append(latencyNs[i]);
        }
        say(line.toString());
    }

    private void say(final String line) {
        out.println(line);
        out.flush();
    }
}
