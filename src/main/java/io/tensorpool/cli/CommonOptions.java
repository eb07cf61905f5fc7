package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import io.tensorpool.StreamProfile;
import io.tensorpool.client.ClientContext;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.embedded.TensorPool;
import io.tensorpool.runtime.ServiceContext;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every command has. */
final class CommonOptions {
    /** How much is logged. */
    enum LogLevel {
        ERROR(Level.SEVERE),
        WARNING(Level.WARNING),
        INFO(Level.INFO),
        DEBUG(Level.FINE);

        private final Level level;

        LogLevel(final Level level) {
            this.level = level;
        }
    }

    /** Loggers are held weakly by the platform; this one must not lose its level. */
    private static final Logger ROOT = Logger.getLogger("io.tensorpool");

    private static final long AERON_TIMEOUT_SECONDS = 5;

    @Option(
            names = "--aeron-dir",
            paramLabel = "DIR",
            description = "directory of the Aeron media driver (default: $AERON_DIR, else Aeron's own default)")
    @Nullable
    String aeronDir;

    @Option(names = "--log-level", description = "one of ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    LogLevel logLevel = LogLevel.WARNING;

    @Option(
            names = "--base-dir",
            paramLabel = "DIR",
            description = "directory that shared memory may lie in; may be repeated (default: /dev/shm)")
    List<Path> baseDirs = new ArrayList<>();

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "how long to wait for a driver; making large pools takes long (default: ${DEFAULT-VALUE})")
    long timeoutSeconds = 10;

    CommonOptions() {}

    void applyLogLevel() {
        ROOT.setLevel(logLevel.level);
        for (final Handler handler : Logger.getLogger("").getHandlers()) {
            handler.setLevel(logLevel.level);
        }
    }

    <C extends ServiceContext<C>> C applyTo(final C context) {
        return aeronDir == null ? context : context.aeronDirectoryName(aeronDir);
    }

    /**
     * Everything in this process. The media driver gets the directory that the options or the environment name, else one
     * of its own.
     */
    TensorPool launchEmbedded(final StreamProfile profile) {
        final String directory = aeronDir == null ? System.getenv(ServiceContext.AERON_DIR_ENV) : aeronDir;
        final EmbeddedMediaDriver mediaDriver = directory == null || directory.isBlank()
                ? EmbeddedMediaDriver.launch()
                : EmbeddedMediaDriver.launch(directory);
        return TensorPool.launchEmbedded(
                mediaDriver, TensorPool.driverContext().addProfile(profile), new ClientContext());
    }

    /** Where a producer without a driver makes its memory. */
    Path baseDir() {
        return baseDirs.isEmpty() ? Path.of("/dev/shm") : baseDirs.getFirst();
    }

    ClientContext clientContext(final String name) {
        if (timeoutSeconds < 1) {
            throw new ConfigurationException("--timeout " + timeoutSeconds + ": expected at least 1 second");
        }
        final ClientContext context = applyTo(new ClientContext()
                .clientName(name)
                .aeronTimeoutNs(TimeUnit.SECONDS.toNanos(Math.min(timeoutSeconds, AERON_TIMEOUT_SECONDS)))
                .addTimeoutNs(TimeUnit.SECONDS.toNanos(timeoutSeconds)));
        return baseDirs.isEmpty() ? context : context.allowedBaseDirs(baseDirs);
    }
}
