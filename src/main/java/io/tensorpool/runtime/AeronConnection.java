package io.tensorpool.runtime;

import io.aeron.Aeron;
import io.aeron.exceptions.AeronException;
import io.tensorpool.DeadlineException;
import java.util.concurrent.TimeUnit;
import org.agrona.ErrorHandler;
import org.jspecify.annotations.Nullable;

/**
 * A service's Aeron client: made here and driven by the service's own conductor (so that one thread owns it), or given by
 * the application and left alone.
 */
public final class AeronConnection implements AutoCloseable {
    private final Aeron aeron;
    private final boolean isOwned;

    private AeronConnection(final Aeron aeron, final boolean isOwned) {
        this.aeron = aeron;
        this.isOwned = isOwned;
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
            return new AeronConnection(given, false);
        }
        final ErrorHandler errorHandler = context.errorHandler();
        final Aeron.Context aeronContext = new Aeron.Context()
                .aeronDirectoryName(context.aeronDirectoryName())
                .driverTimeoutMs(TimeUnit.NANOSECONDS.toMillis(context.aeronTimeoutNs()))
                .clientName(name)
                .useConductorAgentInvoker(true)
                .errorHandler(errorHandler)
                .subscriberErrorHandler(errorHandler);
        try {
            return new AeronConnection(Aeron.connect(aeronContext), true);
        } catch (final AeronException ex) {
            final DeadlineException timeout = new DeadlineException("no Aeron media driver answers in "
                    + context.aeronDirectoryName() + " (waited "
                    + TimeUnit.NANOSECONDS.toMillis(context.aeronTimeoutNs())
                    + " ms); is one running there (./tensorpool driver starts one)? " + ex.getMessage());
            timeout.initCause(ex);
            throw timeout;
        }
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
     * Drives the client's conductor, if it is ours.
     *
     * @return work count.
     */
    public int doWork() {
        final org.agrona.concurrent.@Nullable AgentInvoker invoker = isOwned ? aeron.conductorAgentInvoker() : null;
        return invoker == null ? 0 : invoker.invoke();
    }

    /** Closes the client if it is ours. */
    @Override
    public void close() {
        if (isOwned) {
            aeron.close();
        }
    }
}
