package io.tensorpool.support;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A main class of the tests in a JVM of its own: spoken to by lines, sent signals, and killed when closed, by its pid. It
 * is expected to end by itself when its standard input does, so that nothing outlives a test that was killed. One thread.
 */
public final class RunningJvm implements AutoCloseable {
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    /** Small and soon warm, since several of them share the machine with the test. */
    private static final List<String> OPTIONS = List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private static final String END = "end of output";

    private final String name;
    private final Process process;
    private final BufferedWriter in;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final List<String> heard = new ArrayList<>();
    private final Map<String, Integer> nextLines = new HashMap<>();

    private RunningJvm(final String name, final Process process) {
        this.name = name;
        this.process = process;
        in = process.outputWriter();
        Thread.ofPlatform().daemon().name(name + "-output").start(this::read);
    }

    /** Starts a JVM; it need not have come far when this returns. */
    public static RunningJvm start(final Class<?> main, final String... arguments) {
        final List<String> command = ChildJvm.command(List.of(), OPTIONS, main, List.of(arguments));
        try {
            return new RunningJvm(
                    main.getSimpleName(),
                    new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read() {
        try (BufferedReader out = process.inputReader()) {
            String line = out.readLine();
            while (line != null) {
                lines.add(line);
                line = out.readLine();
            }
        } catch (final IOException e) {
            lines.add(e.toString());
        } finally {
            lines.add(END);
        }
    }

    public long pid() {
        return process.pid();
    }

    /** Writes a line to its standard input. */
    public RunningJvm say(final String line) {
        try {
            in.write(line);
            in.newLine();
            in.flush();
        } catch (final IOException e) {
            throw new UncheckedIOException(this + ": cannot be told '" + line + "'", e);
        }
        return this;
    }

    /** Waits for a line that begins so, each time for the next one, and returns what follows. */
    public String await(final String prefix) {
        final long deadlineNs = System.nanoTime() + DEADLINE.toNanos();
        int next = nextLines.getOrDefault(prefix, 0);
        while (next == heard.size() || !heard.get(next).startsWith(prefix)) {
            if (next == heard.size()) {
                if (heard.contains(END)) {
                    throw new AssertionError(this + " ended before it said " + prefix);
                }
                heard.add(hear(prefix, deadlineNs));
            } else {
                next++;
            }
        }
        nextLines.put(prefix, next + 1);
        return heard.get(next).substring(prefix.length()).strip();
    }

    /** Whether {@link #await} would return at once. */
    public boolean hasSaid(final String prefix) {
        lines.drainTo(heard);
        return heard.stream().skip(nextLines.getOrDefault(prefix, 0)).anyMatch(line -> line.startsWith(prefix));
    }

    private String hear(final String expected, final long deadlineNs) {
        try {
            final String line = lines.poll(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null) {
                throw new AssertionError(this + ": not within " + DEADLINE + ": " + expected);
            }
            return line;
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + this, e);
        }
    }

    /** Says a line and returns the answer: what follows the prefix. */
    public String ask(final String line, final String prefix) {
        return say(line).await(prefix);
    }

    /** Stops it where it is, all threads (SIGSTOP); returns when it stands still. */
    public void stop() {
        signal("STOP");
        Await.until(this + " stands still", () -> state() == 'T');
    }

    /** Lets it go on (SIGCONT). */
    public void resume() {
        signal("CONT");
    }

    /** Asks it to end (SIGTERM) and returns its exit code. */
    public int terminate() {
        signal("TERM");
        return awaitEnd();
    }

    /** Ends it without a chance to clean up (SIGKILL); returns when it is gone. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    private int awaitEnd() {
        try {
            if (!process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError(this + " has not ended within " + DEADLINE);
            }
            return process.exitValue();
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the end of " + this, e);
        }
    }

    private void signal(final String signal) {
        try {
            final Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(pid()))
                    .inheritIO()
                    .start();
            if (kill.waitFor() != 0) {
                throw new AssertionError("kill -" + signal + ' ' + this + " failed");
            }
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while signalling " + this, e);
        }
    }

    /** The third field of its stat file, behind the name, which may hold anything. */
    private char state() {
        final String stat = proc("stat").getFirst();
        return stat.charAt(stat.lastIndexOf(')') + 2);
    }

    /** Lines of one of its files in {@code /proc}. */
    public List<String> proc(final String file) {
        try {
            return Files.readAllLines(Path.of("/proc", Long.toString(pid()), file));
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }

    @Override
    public String toString() {
        return name + " (pid " + pid() + "), which said " + heard;
    }
}
