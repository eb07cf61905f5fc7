package io.tensorpool.driver;

import io.aeron.Publication;
import io.tensorpool.ConfigurationException;
import io.tensorpool.DeadlineException;
import io.tensorpool.RegionException;
import io.tensorpool.StreamProfile;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.protocol.ConsumerConfigProxy;
import io.tensorpool.protocol.DriverEventProxy;
import io.tensorpool.protocol.MessageSink;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.runtime.AeronConnection;
import io.tensorpool.runtime.AgentHost;
import io.tensorpool.runtime.FileWorkerThread;
import io.tensorpool.runtime.LastingPublication;
import io.tensorpool.runtime.LastingSubscription;
import io.tensorpool.shm.DriverNamespace;
import io.tensorpool.shm.EpochStore;
import io.tensorpool.shm.Platform;
import io.tensorpool.shm.RegionFactory;
import io.tensorpool.shm.RegionOptions;
import java.security.SecureRandom;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.Agent;
import org.jspecify.annotations.Nullable;

/**
 * A driver: makes the shared memory of its streams, grants leases on them, and announces them (driver specification 2.1).
 * One per namespace. It runs in a thread of its own, or, with {@link DriverContext#useAgentInvoker}, in the
 * application's.
 *
 * <p>{@link #close()} ends every lease, says so to the clients, and removes all memory that this driver made.
 */
public final class TensorPoolDriver implements AutoCloseable {
    /** {@code shm:file?path=}, the stream and epoch of up to 31 digits with three slashes, a file's name, and a parameter. */
    private static final int LONGEST_URI_BESIDE_NAMESPACE = 14 + 34 + 11 + 23;

    /** No driver grants so many leases that it comes from here to the highest id, which stands for none. */
    private static final long FIRST_LEASE_ID_MAX = Long.MAX_VALUE / 2;

    private final DriverContext context;
    private final DriverConductor conductor;
    private final @Nullable AdminSocket adminSocket;
    private final AgentHost host;

    private TensorPoolDriver(
            final DriverContext context,
            final DriverConductor conductor,
            final Agent guarded,
            final @Nullable AdminSocket adminSocket) {
        this.context = context;
        this.adminSocket = adminSocket;
        this.conductor = conductor;
        this.host = AgentHost.start(guarded, context);
    }

    /**
     * Starts a driver; when this returns it serves attach requests.
     *
     * @param context with at least one profile, and one stream or a range of dynamic ones; this driver's alone from now
     *                on.
     * @return the running driver, to be closed.
     * @throws ConfigurationException if a setting is not usable, or another driver holds the namespace.
     * @throws DeadlineException      if no Aeron media driver answers.
     * @throws RegionException        if the namespace's directory cannot be made or is not acceptable.
     */
    public static TensorPoolDriver launch(final DriverContext context) {
        Platform.check();
        context.conclude();
        final DriverNamespace namespace = DriverNamespace.lock(
                context.baseDir(),
                context.user(),
                context.namespace(),
                context.permissionsMode(),
                context.ephemeralNamespace());
        try {
            final AeronConnection connection =
                    AeronConnection.connect(context, "tensorpool-driver " + context.instanceId());
            try {
                final DriverConductor conductor = conductorOf(context, namespace, connection);
                return start(context, namespace, conductor, connection.guard(conductor));
            } catch (final RuntimeException ex) {
                connection.close();
                throw ex;
            }
        } catch (final RuntimeException ex) {
            namespace.keepEpochs(); // it has made none: what is there is for the next driver's policies
            namespace.close();
            throw ex;
        }
    }

    private static TensorPoolDriver start(
            final DriverContext context,
            final DriverNamespace namespace,
            final DriverConductor conductor,
            final Agent guarded) {
        final AdminSocket adminSocket =
                context.adminSocket() ? AdminSocket.open(namespace.path(), conductor, context.errorHandler()) : null;
        return new TensorPoolDriver(context, conductor, guarded, adminSocket);
    }

    /** A client that could never be told of its memory would wait for ever, and its lease stand in the way of others. */
    private static void requireSendable(
            final StreamProfile profile, final DriverNamespace namespace, final Publication control) {
        final int uriLength = namespace.path().toString().length() + LONGEST_URI_BESIDE_NAMESPACE;
        final long needed =
                DriverEventProxy.attachResponseLength(profile.pools().size(), uriLength);
        if (needed > control.maxMessageLength()) {
            throw new ConfigurationException("profile '" + profile.name() + "': to describe its "
                    + profile.pools().size() + " pools takes messages of up to " + needed + " bytes; those on "
                    + control.channel() + " hold " + control.maxMessageLength()
                    + ": define fewer pools, or give the channel a larger term-length");
        }
    }

    private static DriverConductor.AeronInvoker invokerOf(final AeronConnection connection) {
        return new DriverConductor.AeronInvoker() {
            @Override
            public int doWork() {
                return connection.doWork();
            }

            @Override
            public int losses() {
                return connection.losses();
            }

            @Override
            public boolean isClosed() {
                return connection.isClosed();
            }
        };
    }

    private static DriverConductor conductorOf(
            final DriverContext context, final DriverNamespace namespace, final AeronConnection connection) {
        final LastingSubscription requests = connection.subscribe(context.controlEndpoint());
        final LastingPublication events = connection.publish(context.controlEndpoint());
        final LastingPublication announces = connection.publish(context.announceEndpoint());
        final RegionFactory factory = new RegionFactory(
                namespace,
                new RegionOptions(
                        context.permissionsMode(),
                        context.requireHugepages(),
                        context.prefault(),
                        context.lockMemory()));
        factory.check();
        final Publication control = Objects.requireNonNull(events.resource().current());
        for (final StreamProfile profile : context.streamPlan().profiles()) {
            requireSendable(profile, namespace, control);
        }
        final EpochStore store = new EpochStore(
                namespace,
                factory,
                context.epochPolicy().removeAtClose(),
                TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()));
        final boolean hasPredecessor = store.hasLeftovers();
        if (context.epochPolicy().collectAtLaunch()) {
            store.deleteLeftovers();
        }
        final DriverCounters counters =
                new DriverCounters(connection.counters("tensorpool-driver " + context.instanceId()));
        connection.awaitAdded();
        final DriverTimings timings = DriverTimings.of(context.histogramIntervalNs());
        final DriverStreams streams = new DriverStreams(
                context,
                new FileWorkerThread("tensorpool-driver-files"),
                store,
                new LeaseTable(new SecureRandom().nextLong(FIRST_LEASE_ID_MAX)),
                new DriverStreams.Proxies(new DriverEventProxy(events), new AnnounceProxy(announces)),
                counters,
                timings);
        if (hasPredecessor) {
            streams.endLeasesOfPredecessor();
        }
        return new DriverConductor(
                context,
                new DriverConductor.Hearing(
                        new RequestsSinceLaunch(requests, events),
                        consumerStreamsOf(context, connection, streams, events, counters)),
                streams,
                counters,
                timings,
                invokerOf(connection),
                connection);
    }

    /** Null where no range is configured: the producers answer then. */
    private static @Nullable ConsumerStreams consumerStreamsOf(
            final DriverContext context,
            final AeronConnection connection,
            final DriverStreams streams,
            final MessageSink control,
            final DriverCounters counters) {
        final StreamPlan plan = context.streamPlan();
        if (plan.descriptorRange() == null && plan.controlRange() == null) {
            return null;
        }
        final LastingSubscription qos = connection.subscribe(context.qosEndpoint());
        return new ConsumerStreams(context, streams, qos, new ConsumerConfigProxy(control), counters);
    }

    /**
     * Runs one duty cycle in invoker mode; does nothing otherwise.
     *
     * @return work count.
     */
    public int doWork() {
        return host.doWork();
    }

    /**
     * Ends a lease by order of an administrator (driver specification 4.7). Any thread; in invoker mode the answer comes
     * from {@link #doWork}.
     *
     * @param leaseId of the lease.
     * @return whether there was such a lease.
     */
    public CompletableFuture<Boolean> revoke(final long leaseId) {
        return conductor.revoke(leaseId);
    }

    /**
     * Lets the driver end: it attaches nobody any more, waits for its leases to be given back for
     * {@link DriverContext#shutdownTimeoutNs}, tells all clients, and completes {@link #ended()}. Any thread; the second
     * call changes nothing. {@link #close()} ends it at once.
     *
     * @param reason told to the clients.
     * @return {@link #ended()}.
     */
    public CompletableFuture<ShutdownReason> shutdown(final ShutdownReason reason) {
        return conductor.shutdown(reason);
    }

    /**
     * Completed when the driver has drained, because {@link #shutdown} was called or a request with the configured token
     * came (driver specification 4.13). Whoever launched the driver closes it then. Completed with an exception if the Aeron
     * client that the driver was given was closed, or the driver was closed before it had drained.
     *
     * @return the reason.
     */
    public CompletableFuture<ShutdownReason> ended() {
        return conductor.ended();
    }

    /**
     * The active leases. Any thread; in invoker mode the answer comes from {@link #doWork}.
     *
     * @return a copy.
     */
    public CompletableFuture<List<LeaseInfo>> leases() {
        return conductor.leases();
    }

    /**
     * Ends all leases, tells the clients, and removes all memory of the namespace, unless the policy keeps it. What fails
     * is told to the context's error handler. The second call does nothing.
     */
    @Override
    public void close() {
        if (adminSocket != null) {
            adminSocket.close();
        }
        host.close();
    }

    @Override
    public String toString() {
        return "driver '" + context.instanceId() + "' in " + context.baseDir() + " namespace " + context.namespace();
    }
}
