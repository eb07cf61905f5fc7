package io.tensorpool.runtime;

import io.aeron.Aeron;
import io.aeron.CncFileDescriptor;
import io.aeron.CommonContext;
import io.aeron.exceptions.AeronException;
import io.aeron.exceptions.ClientTimeoutException;
import io.aeron.exceptions.ConductorServiceTimeoutException;
import io.aeron.exceptions.DriverTimeoutException;
import io.tensorpool.ConfigurationException;
import io.tensorpool.DeadlineException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/** Makes the Aeron clients of one service, one after another, and knows the media driver by its files. */
final class AeronFactory {
    /** An active media driver shows a sign of life at least each second. */
    private static final long SILENT_MS = 2_000;

    private final ServiceContext<?> context;
    private final String name;
    private final ErrorHandler errorHandler;
    private final Runnable closeHandler;
    private final File directory;
    private final File cncFile;
    private volatile @Nullable Object cncKey;

    /**
     * A factory.
     *
     * @param context      concluded.
     * @param name         of each client, for Aeron's tools.
     * @param errorHandler of each client.
     * @param closeHandler called when a client has closed all that it gave out, before that is unmapped.
     */
    AeronFactory(
            final ServiceContext<?> context,
            final String name,
            final ErrorHandler errorHandler,
            final Runnable closeHandler) {
        this.context = context;
        this.name = name;
        this.errorHandler = errorHandler;
        this.closeHandler = closeHandler;
        this.directory = new File(String.valueOf(context.aeronDirectoryName()));
        this.cncFile = new File(directory, CncFileDescriptor.CNC_FILE);
    }

    /** Waits for a media driver, at launch. */
    Aeron connect() {
        awaitMediaDriver();
        try {
            return newClient();
        } catch (final AeronException ex) {
            final DeadlineException timeout = noMediaDriver(ex.getMessage());
            timeout.initCause(ex);
            throw timeout;
        }
    }

    /** A client, if a media driver is active now. In a thread that may wait. */
    Optional<Aeron> connectIfActive() {
        return isMediaDriverActive() ? Optional.of(newClient()) : Optional.empty();
    }

    private Aeron newClient() {
        cncKey = keyOf(cncFile);
        return Aeron.connect(new Aeron.Context()
                .aeronDirectoryName(context.aeronDirectoryName())
                .clientName(name)
                .driverTimeoutMs(TimeUnit.NANOSECONDS.toMillis(context.mediaDriverTimeoutNs()))
                .useConductorAgentInvoker(true)
                .closeHandler(closeHandler)
                .errorHandler(errorHandler)
                .subscriberErrorHandler(errorHandler));
    }

    private boolean isMediaDriverActive() {
        return CommonContext.isDriverActive(
                directory, TimeUnit.NANOSECONDS.toMillis(context.mediaDriverTimeoutNs()), message -> {});
    }

    /**
     * Waits here, because the time-out that Aeron has for this is also the age from which it takes a running media driver
     * for dead, and one that is short for the first would be too short for the second.
     */
    private void awaitMediaDriver() {
        final Deadline deadline = Deadline.after(SystemNanoClock.INSTANCE, context.aeronTimeoutNs());
        final IdleStrategy idle = context.idleStrategySupplier().get();
        while (!isMediaDriverActive()) {
            if (cncFile.exists() && !(cncFile.canRead() && cncFile.canWrite())) {
                throw new ConfigurationException("the Aeron media driver in " + directory
                        + " belongs to somebody else: " + cncFile + " is not readable and writable for user "
                        + System.getProperty("user.name"));
            }
            if (deadline.hasPassed()) {
                throw noMediaDriver("None is active.");
            }
            idle.idle();
        }
    }

    private DeadlineException noMediaDriver(final @Nullable String cause) {
        return new DeadlineException("no Aeron media driver answers in " + directory + " (waited "
                + TimeUnit.NANOSECONDS.toMillis(context.aeronTimeoutNs())
                + " ms); is one running there (./tensorpool driver starts one)? " + cause);
    }

    /** Whether a client's media driver shows no sign of life at present. Looks at memory only. */
    boolean isSilent(final Aeron client) {
        final long aliveMs = client.context().toDriverBuffer().consumerHeartbeatTime();
        return System.currentTimeMillis() - aliveMs > SILENT_MS;
    }

    /** Whether another media driver's file lies where that of the newest client's lay. In a thread that may wait. */
    boolean isReplaced() {
        final @Nullable Object found = keyOf(cncFile);
        return found != null && !found.equals(cncKey) && isMediaDriverActive();
    }

    private static @Nullable Object keyOf(final File file) {
        try {
            return Files.readAttributes(file.toPath(), BasicFileAttributes.class)
                    .fileKey();
        } catch (final IOException ex) {
            return null; // there is none at present
        }
    }

    /** Whether it is with this error that Aeron gives a client up. */
    static boolean endsClient(final Throwable error) {
        return error instanceof DriverTimeoutException
                || error instanceof ConductorServiceTimeoutException
                || error instanceof ClientTimeoutException
                || error instanceof AgentTerminationException;
    }

    /** What an error says, without Aeron's category before it. */
    static @Nullable String causeOf(final Throwable error) {
        final String message = error.getMessage();
        final int end = message == null ? -1 : message.indexOf(" - ");
        return end < 0 || message == null ? message : message.substring(end + 3);
    }

    /** Whether a publication that the media driver had told of was gone before its log could be mapped. */
    static boolean isLogGone(final Throwable error) {
        Throwable each = error;
        while (each != null && !(each instanceof NoSuchFileException)) {
            each = each.getCause();
        }
        return each != null;
    }
}
