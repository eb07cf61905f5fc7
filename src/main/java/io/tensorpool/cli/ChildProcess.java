package io.tensorpool.cli;

import io.tensorpool.JvmFlags;
import io.tensorpool.TensorPoolException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process of this program, run by another one that reads its lines and ends it by closing its input. */
final class ChildProcess implements AutoCloseable {
    private static final long EXIT_SECONDS = 15;
    private static final String END_OF_OUTPUT = "\0";

    private final String name;
    private final Process process;
    private final Writer input;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

    private ChildProcess(final String name, final Process process) {
        this.name = name;
        this.process = process;
        this.input = process.outputWriter(StandardCharsets.US_ASCII);
        Thread.ofPlatform().daemon().name(name + "-output").start(this::readOutput);
    }

    /**
     * Starts the program again, in a JVM like this one and with the flags it needs.
     *
     * @param name      in messages.
     * @param arguments of the command line.
     * @return the running process.
     */
    static ChildProcess start(final String name, final List<String> arguments) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(JvmFlags.ADD_OPENS.split(" ", -1)));
        command.add(JvmFlags.NATIVE_ACCESS);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(arguments);
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
            reader.lines().forEach(lines::add);
        } catch (final IOException | java.io.UncheckedIOException ex) {
            System.err.println("tensorpool: output of the " + name + " lost: " + ex.getMessage());
        }
        lines.add(END_OF_OUTPUT);
    }

    /** The next line, or null if none comes in time. Throws if the process has ended. */
    @Nullable
    String nextLine(final long timeoutMs) throws InterruptedException {
        final String line = lines.poll(timeoutMs, TimeUnit.MILLISECONDS);
        if (END_OF_OUTPUT.equals(line)) {
            lines.add(END_OF_OUTPUT);
            throw new TensorPoolException("the " + name + " ended before its work was done"
                    + (process.isAlive() ? "" : ", with exit code " + process.exitValue()));
        }
        return line;
    }

    /** Waits for a line that starts with a word, and returns what follows. Other lines are lost. */
    String awaitLine(final String word, final long timeoutMs) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        while (System.nanoTime() - deadlineNs < 0) {
            final String line = nextLine(100);
            if (line != null && line.startsWith(word)) {
                return line.substring(word.length()).strip();
            }
        }
        throw new TensorPoolException("the " + name + " did not say " + word + " within " + timeoutMs + " ms");
    }

    void say(final String line) {
        try {
            input.write(line + "\n");
            input.flush();
        } catch (final IOException ex) {
            throw new TensorPoolException("the " + name + " does not listen: " + ex.getMessage(), ex);
        }
    }

    /** Closes the process's input, which ends it; kills it if that does not. */
    @Override
    public void close() {
        boolean interrupted = false;
        try {
            input.close();
        } catch (final IOException ex) {
            // It has ended already, which is what was wanted.
            System.getLogger(ChildProcess.class.getName())
                    .log(System.Logger.Level.DEBUG, "{0}: {1}", name, ex.getMessage());
        }
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
