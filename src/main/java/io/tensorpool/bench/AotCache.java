package io.tensorpool.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * What JVMs from 24 on can keep of an earlier run, for the next one to start with: classes that are loaded and linked, from 25
 * on with profiles of their methods. Each side has its own, made by one trial. The JVM takes no class path with directories.
 */
final class AotCache implements JvmOptions, AutoCloseable {
    private static final int FEATURE_VERSION_MIN = 24;
    private static final long CREATE_SECONDS = 120;

    private final ScratchDirectory directory;
    private boolean isThere;

    private AotCache(final ScratchDirectory directory) {
        this.directory = directory;
    }

    /**
     * Plays a trial that is not measured, and makes the caches. Where this JVM cannot, there are none, and the reason is told.
     *
     * @throws IOException if there is no room for files.
     */
    static AotCache train(final Bench bench, final Subject product, final Stage stage)
            throws IOException, InterruptedException {
        final AotCache cache = new AotCache(new ScratchDirectory());
        try {
            if (Runtime.version().feature() < FEATURE_VERSION_MIN) {
                bench.progress("no AOT cache: needs a JDK " + FEATURE_VERSION_MIN + " or newer, this is "
                        + Runtime.version().feature());
                return cache;
            }
            if (hasDirectories(System.getProperty("java.class.path"))) {
                bench.progress("no AOT cache: JVMs keep nothing of classes that lie in directories, only of jars");
                return cache;
            }
            bench.progress("training AOT caches");
            final RoleOptions trial = stage.nextTrial();
            bench.run(product, trial, cache::recording);
            cache.isThere = true;
            for (final Roles.Side side : Roles.Side.values()) {
                cache.isThere &= cache.create(bench, side, product.commandOf(side, trial));
            }
            return cache;
        } catch (final IOException | RuntimeException | InterruptedException ex) {
            cache.close();
            throw ex;
        }
    }

    private static boolean hasDirectories(final String classPath) {
        return Arrays.stream(classPath.split(File.pathSeparator, -1))
                .anyMatch(entry -> Files.isDirectory(Path.of(entry)));
    }

    private List<String> recording(final Roles.Side side) {
        return List.of("-XX:AOTMode=record", "-XX:AOTConfiguration=" + file(side, "conf"), "-Xlog:disable");
    }

    /** In a process that loads what was recorded, writes it, and runs nothing. */
    private boolean create(final Bench bench, final Roles.Side side, final List<String> command)
            throws IOException, InterruptedException {
        final List<String> words = new ArrayList<>(command);
        words.addAll(
                1,
                List.of(
                        "-XX:AOTMode=create",
                        "-XX:AOTConfiguration=" + file(side, "conf"),
                        "-XX:AOTCache=" + file(side, "aot"),
                        "-Xlog:disable",
                        "-Xlog:all=error:stdout"));
        final Path said = file(side, "log");
        final Process process = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        try {
            if (process.waitFor(CREATE_SECONDS, TimeUnit.SECONDS) && Files.exists(file(side, "aot"))) {
                return true;
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        bench.progress("no AOT cache of " + name(side) + ": "
                + Files.readString(said, StandardCharsets.ISO_8859_1).strip());
        return false;
    }

    /** Whether there is one for each side. */
    boolean isThere() {
        return isThere;
    }

    /** Ends a JVM that cannot use it, rather than measuring something else. */
    @Override
    public List<String> of(final Roles.Side side) {
        return List.of("-XX:AOTMode=on", "-XX:AOTCache=" + file(side, "aot"));
    }

    private Path file(final Roles.Side side, final String extension) {
        return directory.file(name(side) + '.' + extension);
    }

    private static String name(final Roles.Side side) {
        return side.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public void close() throws IOException {
        directory.close();
    }
}
