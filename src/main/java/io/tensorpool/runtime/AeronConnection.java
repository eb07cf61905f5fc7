package io.tensorpool.runtime;

import io.aeron.Aeron;
import io.aeron.CncFileDescriptor;
import io.aeron.CommonContext;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
import io.aeron.exceptions.RegistrationException;
import io.tensorpool.ConfigurationException;
import io.tensorpool.DeadlineException;
import io.tensorpool.Endpoint;
import io.tensorpool.protocol.Channels;
import io.tensorpool.protocol.PublicationSink;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.agrona.CloseHelper;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * A service's Aeron client: made here and driven by the service's own conductor (so that one thread owns it), or given by
 * the application and left alone.
 */
public final class AeronConnection implements AutoCloseable {
    /** Age of its last sign of life from which a media driver counts as gone; Aeron's own default. */
    private static final long MEDIA_DRIVER_LIVENESS_MS = 10_000;

    private final Aeron aeron;
    private final boolean isOwned;
    private final ErrorHandler errorHandler;
    private final List<AutoCloseable> added = new ArrayList<>();

    private AeronConnection(final Aeron aeron, final boolean isOwned, final ErrorHandler errorHandler) {
        this.aeron = aeron;
        this.isOwned = isOwned;
        this.errorHandler = errorHandler;
    }

    /**
     * Connects, or takes the given client.
     *
     * @param context concluded.
     * @param name    of the client, for Aeron's tools.
     * @return the connection.
     * @throws DeadlineException if no media driver answers in the context's directory in time.
     */
    public static AeronConnection connect(final ServiceContext<?> context, final String name) {
        final Aeron given = context.aeron();
        if (given != null) {
            return new AeronConnection(given, false, context.errorHandler());
        }
        final ErrorHandler errorHandler = context.errorHandler();
        final Aeron.Context aeronContext = new Aeron.Context()
                .aeronDirectoryName(context.aeronDirectoryName())
                .clientName(name)
                .useConductorAgentInvoker(true)
                .errorHandler(errorHandler)
                .subscriberErrorHandler(errorHandler);
        try {
            awaitMediaDriver(context, String.valueOf(context.aeronDirectoryName()));
            return new AeronConnection(Aeron.connect(aeronContext), true, errorHandler);
        } catch (final AeronException ex) {
            final DeadlineException timeout = noMediaDriver(context, ex.getMessage());
            timeout.initCause(ex);
            throw timeout;
        }
    }

    /**
     * Waits here, because the time-out that Aeron has for this is also the age from which it takes a running media driver
     * for dead, and one that is short for the first would be too short for the second.
     */
    private static void awaitMediaDriver(final ServiceContext<?> context, final String directoryName) {
        final File cnc = new File(directoryName, CncFileDescriptor.CNC_FILE);
        final Deadline deadline = Deadline.after(SystemNanoClock.INSTANCE, context.aeronTimeoutNs());
        final IdleStrategy idle = context.idleStrategySupplier().get();
        while (!CommonContext.isDriverActive(new File(directoryName), MEDIA_DRIVER_LIVENESS_MS, message -> {})) {
            if (cnc.exists() && !(cnc.canRead() && cnc.canWrite())) {
                throw new ConfigurationException("the Aeron media driver in " + directoryName
                        + " belongs to somebody else: " + cnc + " is not readable and writable for user "
                        + System.getProperty("user.name"));
            }
            if (deadline.hasPassed()) {
                throw noMediaDriver(context, "None is active.");
            }
            idle.idle();
        }
    }

    private static DeadlineException noMediaDriver(final ServiceContext<?> context, final @Nullable String cause) {
        return new DeadlineException("no Aeron media driver answers in " + context.aeronDirectoryName() + " (waited "
                + TimeUnit.NANOSECONDS.toMillis(context.aeronTimeoutNs())
                + " ms); is one running there (./tensorpool driver starts one)? " + cause);
    }

    /**
     * The client.
     *
     * @return used by the conductor's thread alone.
     */
    public Aeron aeron() {
        return aeron;
    }

    /**
     * Subscribes, so that a reader that stands still does not stop the writers. Before the conductor runs.
     *
     * @param endpoint where to.
     * @return the subscription; closed with this.
     * @throws ConfigurationException if the media driver refuses the channel, with its reason.
     */
    public Subscription subscribe(final Endpoint endpoint) {
        return refusedAsConfiguration(
                endpoint,
                "subscription",
                () -> keep(aeron.addSubscription(Channels.subscription(endpoint.channel()), endpoint.streamId())));
    }

    /**
     * Adds a shared publication that leaves slow readers behind. Before the conductor runs.
     *
     * @param endpoint where to.
     * @return where messages go; closed with this.
     * @throws ConfigurationException if the media driver refuses the channel, for instance because the publication exists
     *                                with another term length.
     */
    public PublicationSink publish(final Endpoint endpoint) {
        return refusedAsConfiguration(
                endpoint,
                "publication",
                () -> new PublicationSink(
                        keep(aeron.addPublication(Channels.publication(endpoint.channel()), endpoint.streamId()))));
    }

    /**
     * Counters of a service among Aeron's. Before the conductor runs.
     *
     * @param prefix of each label, such as {@code tensorpool-driver driver-01}.
     * @return the counters; closed with this.
     */
    public ServiceCounters counters(final String prefix) {
        return keep(new ServiceCounters(aeron, prefix));
    }

    private <T extends AutoCloseable> T keep(final T resource) {
        added.add(resource);
        return resource;
    }

    private <T> T refusedAsConfiguration(final Endpoint endpoint, final String what, final Supplier<T> addition) {
        try {
            return addition.get();
        } catch (final RegistrationException | IllegalArgumentException ex) {
            throw new ConfigurationException("no " + what + " on " + endpoint + ": " + ex.getMessage(), ex);
        } catch (final AeronException ex) {
            final DeadlineException timeout = new DeadlineException(
                    "no " + what + " on " + endpoint + ": the Aeron media driver does not answer: " + ex.getMessage());
            timeout.initCause(ex);
            throw timeout;
        }
    }

    /**
     * Whether Aeron has closed the client: its media driver is gone, or this process stood still for longer than the client
     * liveness. Everything of it is unmapped then, and its counters must not be touched.
     *
     * @return true from then on.
     */
    public boolean isClosed() {
        return aeron.isClosed();
    }

    /**
     * Drives the client's conductor, if it is ours.
     *
     * @return work count.
     */
    public int doWork() {
        final org.agrona.concurrent.@Nullable AgentInvoker invoker = isOwned ? aeron.conductorAgentInvoker() : null;
        return invoker == null ? 0 : invoker.invoke();
    }

    /** Closes the client if it is ours, else what was added to it: nobody is going to read those subscriptions any more. */
    @Override
    public void close() {
        if (isOwned) {
            aeron.close();
        } else {
            CloseHelper.closeAll(errorHandler, added);
        }
    }
}
