package io.tensorpool.embedded;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import io.tensorpool.ConfigurationException;
import io.tensorpool.JvmFlags;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * An Aeron media driver in this process, set up so that a reader that stands still costs a writer little, and a writer
 * that died costs the others little. Needs {@code io.aeron:aeron-driver}, which a library user adds for this alone.
 */
public final class EmbeddedMediaDriver implements AutoCloseable {
    /** What to add to an application that embeds the media driver. */
    static final String DEPENDENCY = "io.aeron:aeron-driver";

    private static final long TIMER_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long CLIENT_LIVENESS_NS = TimeUnit.SECONDS.toNanos(10);
    private static final long UNBLOCK_NS = TimeUnit.SECONDS.toNanos(11);
    private static final Set<String> AERON_ENTRIES =
            Set.of("cnc.dat", "loss-report.dat", "images", "publications", "event.log");
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final MediaDriver driver;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    private EmbeddedMediaDriver(final MediaDriver driver) {
        this.driver = driver;
    }

    /**
     * Starts a media driver with a directory of its own, which goes when it is closed.
     *
     * @return the running driver.
     * @throws ConfigurationException if aeron-driver is not on the class path, naming it.
     */
    public static EmbeddedMediaDriver launch() {
        return launch("/dev/shm/aeron-tensorpool-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet());
    }

    /**
     * Starts a media driver.
     *
     * @param aeronDirectoryName made anew, and removed when it is closed; no media driver may be active in it.
     * @return the running driver.
     * @throws ConfigurationException if aeron-driver is not on the class path, the directory is in use or holds anything
     *                                that is not a media driver's, or there is no room for its files.
     */
    public static EmbeddedMediaDriver launch(final String aeronDirectoryName) {
        JvmFlags.check();
        refuseForeignDirectory(Path.of(aeronDirectoryName));
        try {
            return new EmbeddedMediaDriver(Launcher.launch(aeronDirectoryName));
        } catch (final NoClassDefFoundError ex) {
            throw new ConfigurationException(
                    "an embedded media driver needs " + DEPENDENCY
                            + " on the class path (the same version as io.aeron:aeron-client)",
                    ex);
        }
    }

    /** A media driver removes its directory with all that is in it, at its start and at its end. */
    private static void refuseForeignDirectory(final Path directory) {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new ConfigurationException("Aeron directory " + directory + " is not a directory");
        }
        try (Stream<Path> entries = Files.list(directory)) {
            final Optional<String> foreign = entries.map(
                            entry -> entry.getFileName().toString())
                    .filter(name -> !AERON_ENTRIES.contains(name))
                    .findFirst();
            if (foreign.isPresent()) {
                throw new ConfigurationException("Aeron directory " + directory + " holds '" + foreign.get()
                        + "', which is no media driver's, and would be deleted; name a directory that is empty or not"
                        + " there yet");
            }
        } catch (final IOException ex) {
            throw new ConfigurationException("Aeron directory " + directory + " cannot be read: " + ex, ex);
        }
    }

    /** Apart, so that the missing class is met inside the try block above. */
    private static final class Launcher {
        static MediaDriver launch(final String aeronDirectoryName) {
            final MediaDriver.Context context = new MediaDriver.Context()
                    .aeronDirectoryName(aeronDirectoryName)
                    .dirDeleteOnShutdown(true)
                    .threadingMode(ThreadingMode.SHARED)
                    .timerIntervalNs(TIMER_INTERVAL_NS)
                    .clientLivenessTimeoutNs(CLIENT_LIVENESS_NS)
                    .publicationUnblockTimeoutNs(UNBLOCK_NS)
                    .printConfigurationOnStart(false)
                    .warnIfDirectoryExists(false);
            try {
                return MediaDriver.launch(context);
            } catch (final io.aeron.driver.exceptions.ActiveDriverException ex) {
                throw new ConfigurationException(
                        "Aeron directory " + Path.of(aeronDirectoryName)
                                + " is occupied by an active media driver, or by one that was killed less than 10 s ago;"
                                + " choose another directory, or use that driver"
                                + " (./tensorpool driver --media-driver external)",
                        ex);
            } catch (final InternalError | RuntimeException ex) { // InternalError: no room behind a mapping
                throw new ConfigurationException(
                        "no media driver can be started in " + aeronDirectoryName + ": " + ex.getMessage()
                                + "; it needs some 50 MiB of free space there, and 12 MiB for each publication",
                        ex);
            }
        }
    }

    /**
     * Directory that clients give as theirs.
     *
     * @return absolute path.
     */
    public String aeronDirectoryName() {
        return driver.aeronDirectoryName();
    }

    /** Stops the media driver and removes its directory. The second call does nothing. */
    @Override
    public void close() {
        if (!isClosed.getAndSet(true)) { // Aeron's own would touch what it has unmapped
            driver.close();
        }
    }
}
