package io.tensorpool.bench;

import io.tensorpool.JvmFlags;
import io.tensorpool.TensorPoolException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A process that is run by this one, which reads its lines and ends it by closing its input. Its errors go to the standard
 * error of this process. However much it writes, little of it is kept: it has to wait until its lines were read.
 */
public final class ChildProcess implements AutoCloseable {
    private static final long EXIT_SECONDS = 15;
    private static final int LINES_MAX = 1024;
    private static final int LINE_LENGTH_MAX = 16 << 20; // the latencies of a long run are one line
    private static final long POLL_MS = 100;

    /** A line, or how the output ended. */
    private record Output(@Nullable String line, @Nullable String fault) {}

    private static final Output END = new Output(null, null);

    private final String name;
    private final Process process;
    private final Writer input;
    private final BlockingQueue<Output> outputs = new LinkedBlockingQueue<>(LINES_MAX);
    private @Nullable Output end;
    private volatile boolean isClosed;

    private ChildProcess(final String name, final Process process) {
        this.name = name;
        this.process = process;
        this.input = process.outputWriter(StandardCharsets.US_ASCII);
        Thread.ofPlatform().daemon().name(name + "-output").start(this::readOutput);
    }

    /**
     * Command that starts a class of this program, in a JVM like this one and with the flags it needs.
     *
     * @param main       with a main method.
     * @param jvmOptions further ones.
     * @return the words of the command, to which arguments can be added.
     */
    public static List<String> java(final Class<?> main, final List<String> jvmOptions) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(JvmFlags.ADD_OPENS.split(" ", -1)));
        command.add(JvmFlags.NATIVE_ACCESS);
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        return command;
    }

    /**
     * Starts a process.
     *
     * @param name    in messages.
     * @param command program and arguments.
     * @return the running process.
     * @throws TensorPoolException if the program cannot be started, naming it.
     */
    public static ChildProcess start(final String name, final List<String> command) {
        try {
            return new ChildProcess(
                    name,
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start());
        } catch (final IOException ex) {
            throw new TensorPoolException("cannot start the " + name + ": " + ex.getMessage(), ex);
        }
    }

    private void readOutput() {
        try (BufferedReader reader =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            String line = readLine(reader);
            while (line != null) {
                put(new Output(line, null));
                line = readLine(reader);
            }
            put(END);
        } catch (final IOException ex) {
            put(new Output(null, ex.getMessage()));
        }
    }

    /** Waits until there is room, for as long as anybody reads. */
    private void put(final Output output) {
        try {
            while (!isClosed && !outputs.offer(output, POLL_MS, TimeUnit.MILLISECONDS)) {
                // until a line was read
            }
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    private static @Nullable String readLine(final Reader reader) throws IOException {
        final StringBuilder line = new StringBuilder();
        int next = reader.read();
        while (next >= 0 && next != '\n') {
            if (line.length() == LINE_LENGTH_MAX) {
                throw new IOException("a line of more than " + LINE_LENGTH_MAX + " characters");
            }
            line.append((char) next);
            next = reader.read();
        }
        return next < 0 && line.isEmpty() ? null : line.toString();
    }

    /**
     * The next line.
     *
     * @param timeoutMs at most so long.
     * @return null if none comes in time.
     * @throws TensorPoolException  if the process has ended, or its output cannot be read; the message has its name.
     * @throws InterruptedException if this thread is interrupted.
     */
    public @Nullable String nextLine(final long timeoutMs) throws InterruptedException {
        final Output output = end == null ? outputs.poll(timeoutMs, TimeUnit.MILLISECONDS) : end;
        if (output == null || output.line() != null) {
            return output == null ? null : output.line();
        }
        end = output;
        if (output.fault() != null) {
            throw new TensorPoolException("the output of the " + name + " cannot be read: " + output.fault());
        }
        final boolean hasEnded = process.waitFor(1, TimeUnit.SECONDS);
        throw new TensorPoolException("the " + name + " ended before its work was done"
                + (hasEnded ? ", with exit code " + process.exitValue() : ""));
    }

    /**
     * Waits for a line that starts with a word. Other lines are lost.
     *
     * @param word      of the line.
     * @param timeoutMs at most so long.
     * @param stopped   ends the waiting early, with an exception.
     * @return what follows the word, without spaces around it.
     * @throws TensorPoolException  if the line does not come in time, or as {@link #nextLine}.
     * @throws InterruptedException if this thread is interrupted.
     */
    public String awaitLine(final String word, final long timeoutMs, final BooleanSupplier stopped)
            throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        while (System.nanoTime() - deadlineNs < 0) {
            if (stopped.getAsBoolean()) {
                throw new TensorPoolException("stopped before the end");
            }
            final String line = nextLine(Math.min(POLL_MS, timeoutMs));
            if (line != null && (line + " ").startsWith(word + " ")) {
                return line.substring(word.length()).strip();
            }
        }
        throw new TensorPoolException("the " + name + " did not say " + word + " within " + timeoutMs + " ms");
    }

    /**
     * Writes a line to the process.
     *
     * @param line without its end.
     * @throws TensorPoolException if it does not listen.
     */
    public void say(final String line) {
        try {
            input.write(line + "\n");
            input.flush();
        } catch (final IOException ex) {
            throw new TensorPoolException("the " + name + " does not listen: " + ex.getMessage(), ex);
        }
    }

    /** Closes the process's input, which tells it to end. */
    void endInput() {
        try {
            input.close();
        } catch (final IOException ex) {
            // It has ended already, which is what was wanted.
            System.getLogger(ChildProcess.class.getName())
                    .log(System.Logger.Level.DEBUG, "{0}: {1}", name, ex.getMessage());
        }
    }

    /** Ends the process, and throws if its exit code says that it did not go well. */
    void end() {
        close();
        if (!process.isAlive() && process.exitValue() != 0) {
            throw new TensorPoolException("the " + name + " ended with exit code " + process.exitValue());
        }
    }

    /** Closes the process's input, which ends it; kills it if that does not. */
    @Override
    public void close() {
        endInput();
        boolean interrupted = false;
        isClosed = true; // what it still says is read, or it could not end, and thrown away
        try {
            if (!process.waitFor(EXIT_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("tensorpool: the " + name + " did not end within " + EXIT_SECONDS + " s; killed");
                process.destroyForcibly();
            }
        } catch (final InterruptedException ex) {
            interrupted = true;
            process.destroyForcibly();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
