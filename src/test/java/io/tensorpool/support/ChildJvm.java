package io.tensorpool.support;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a main class of the tests in a JVM of its own, with this one's class path and the project's JVM flags. */
public final class ChildJvm {
    /** How it ended and what it printed, both streams. */
    public record Result(int exitCode, String output) {}

    private ChildJvm() {}

    /**
     * Runs to the end.
     *
     * @param launcher   what to put before {@code java}, for instance setpriv and its arguments; may be empty.
     * @param jvmOptions further options of the JVM.
     * @throws IllegalStateException if it has not ended after the deadline; it is then killed.
     */
    public static Result run(
            final List<String> launcher,
            final List<String> jvmOptions,
            final Class<?> main,
            final List<String> arguments,
            final long deadlineSeconds) {
        final List<String> command = command(launcher, jvmOptions, main, arguments);
        try {
            final Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            final StringBuilder output = new StringBuilder();
            final Thread drain = Thread.ofPlatform().daemon().start(() -> drain(process, output));
            if (!process.waitFor(deadlineSeconds, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new IllegalStateException(
                        main.getName() + " did not end within " + deadlineSeconds + " s; it printed: " + output);
            }
            drain.join();
            return new Result(process.exitValue(), output.toString());
        } catch (final IOException e) {
            throw new IllegalStateException("starting " + command + " failed", e);
        } catch (final InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + main.getName(), e);
        }
    }

    static List<String> command(
            final List<String> launcher,
            final List<String> jvmOptions,
            final Class<?> main,
            final List<String> arguments) {
        final List<String> command = new ArrayList<>(launcher);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");
        command.add("--enable-native-access=ALL-UNNAMED");
        command.addAll(jvmOptions);
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.add(main.getName());
        command.addAll(arguments);
        return command;
    }

    private static void drain(final Process process, final StringBuilder output) {
        try (var stream = process.getInputStream()) {
            output.append(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (final IOException e) {
            output.append(e);
        }
    }
}
