package io.tensorpool.client;

import io.tensorpool.AttachException;
import io.tensorpool.ConfigurationException;
import io.tensorpool.DeadlineException;
import io.tensorpool.NoSpaceException;
import io.tensorpool.RegionException;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.ConsumerConfigProxy;
import io.tensorpool.protocol.ConsumerHelloProxy;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.MetadataProxy;
import io.tensorpool.protocol.QosProxy;
import io.tensorpool.runtime.AeronConnection;
import io.tensorpool.runtime.AgentHost;
import io.tensorpool.runtime.Deadline;
import io.tensorpool.runtime.FileWorker;
import io.tensorpool.runtime.FileWorkerThread;
import io.tensorpool.runtime.LastingPublication;
import io.tensorpool.runtime.LastingSubscription;
import io.tensorpool.shm.PathPolicy;
import io.tensorpool.shm.Platform;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * An application's way in: makes producers and consumers, and keeps them attached. One is enough for a process. It has a
 * thread of its own, or, with {@link ClientContext#useAgentInvoker}, the application calls {@link #doWork}.
 *
 * <p>Thread-safe, except that in invoker mode one thread calls {@link #doWork} and whatever waits.
 */
public final class TensorPoolClient implements AutoCloseable {
    private static final String CLIENT_CLOSED = ": the client is closed";

    private final ClientContext context;
    private final ClientServices services;
    private final ClientConductor conductor;
    private final QosMonitor qosMonitor;
    private final MetadataCache metadata;
    private final AgentHost host;
    private final AtomicLong registrations = new AtomicLong();

    private TensorPoolClient(
            final ClientContext context,
            final ClientServices services,
            final ClientConductor conductor,
            final QosMonitor qosMonitor,
            final MetadataCache metadata) {
        this.context = context;
        this.services = services;
        this.conductor = conductor;
        this.qosMonitor = qosMonitor;
        this.metadata = metadata;
        this.host = AgentHost.start(services.connection().guard(conductor), context);
    }

    /**
     * Connects to Aeron. Whether a driver runs shows when something is added.
     *
     * @param context this client's alone from now on.
     * @return the client, to be closed.
     * @throws ConfigurationException if a setting is not usable.
     * @throws DeadlineException      if no Aeron media driver answers.
     */
    public static TensorPoolClient connect(final ClientContext context) {
        Platform.check();
        context.conclude();
        final PathPolicy paths = PathPolicy.conclude(context.allowedBaseDirs(), context.fileRules());
        try {
            final AeronConnection connection = AeronConnection.connect(context, context.clientName());
            try {
                return connect(context, paths, connection);
            } catch (final RuntimeException ex) {
                connection.close();
                throw ex;
            }
        } catch (final RuntimeException ex) {
            paths.close();
            throw ex;
        }
    }

    private static TensorPoolClient connect(
            final ClientContext context, final PathPolicy paths, final AeronConnection connection) {
        final LastingSubscription control = connection.subscribe(context.controlEndpoint());
        final LastingSubscription announces = connection.subscribe(context.announceEndpoint());
        final LastingSubscription qos = connection.subscribe(context.qosEndpoint());
        final LastingSubscription metadata =
                connection.subscribe(context.metadata().endpoint());
        final LastingPublication toControl = connection.publish(context.controlEndpoint());
        final LastingPublication toQos = connection.publish(context.qosEndpoint());
        final LastingPublication toMetadata =
                connection.publish(context.metadata().endpoint());
        final FileWorker fileWorker = new FileWorkerThread(context.clientName() + "-files");
        final ClientServices services = new ClientServices(
                context,
                connection,
                fileWorker,
                paths,
                new LingeringMappings(fileWorker, context.mappingLingerNs(), context.errorHandler()),
                new ClientIds(context.clientId(), new SecureRandom()),
                new AnnounceCounts(),
                new ClientServices.Proxies(
                        new DriverRequestProxy(toControl),
                        new ConsumerHelloProxy(toControl),
                        new ConsumerConfigProxy(toControl),
                        new QosProxy(toQos),
                        new MetadataProxy(toMetadata)),
                new ClientEvents(context.eventListener(), context.errorHandler()));
        final QosMonitor qosMonitor =
                new QosMonitor(context.nanoClock(), context.reportIntervalNs(), QosMonitor.CAPACITY);
        final MetadataReader metadataReader = MetadataReader.of(context, services.events());
        final ClientConductor conductor = new ClientConductor(
                services,
                connection,
                new ClientConductor.Sources(control, announces, qos, metadata),
                qosMonitor,
                metadataReader);
        return new TensorPoolClient(context, services, conductor, qosMonitor, metadataReader.cache());
    }

    /**
     * Attaches a producer and waits until it can publish. In invoker mode this drives the client meanwhile.
     *
     * @param streamId unsigned 32-bit id.
     * @return the producer, to be closed; it belongs to one thread.
     * @throws AttachException   if the driver refuses, for instance because the stream has a producer.
     * @throws RegionException   if the driver's regions cannot be mapped.
     * @throws DeadlineException if no driver answers within the context's {@code addTimeoutNs}.
     */
    public Producer addProducer(final int streamId) {
        return addProducer(ProducerOptions.of(streamId));
    }

    /**
     * Attaches a producer, as {@link #addProducer(int)} does, or makes its memory.
     *
     * @param options how it publishes.
     * @return the producer.
     * @throws ConfigurationException if it is to make its own memory, and the stream has such a producer already, or the place
     *                                is not usable.
     * @throws NoSpaceException       if there is not so much memory.
     */
    public Producer addProducer(final ProducerOptions options) {
        return await(asyncAddProducer(options), Role.PRODUCER, options.streamId());
    }

    /**
     * Begins to attach a producer, and does not wait.
     *
     * @param options how it publishes.
     * @return to be polled until it is done.
     * @throws TensorPoolException if the client is closed, or too many commands wait for its conductor: try again.
     */
    public Admission<Producer> asyncAddProducer(final ProducerOptions options) {
        final Producer producer = new Producer(options, context.nanoClock(), new Control());
        final Admission<Producer> added = admission(producer, producer.attachment());
        add(() -> new ProducerSession(services, options, producer, added), added, producer.toString());
        return added;
    }

    private <T extends AutoCloseable> Admission<T> admission(final T candidate, final AttachmentStatus status) {
        return new Admission<>(
                registrations.incrementAndGet(),
                candidate,
                status,
                "no driver answers on " + context.controlEndpoint() + " in " + context.aeronDirectoryName()
                        + "; is one running (./tensorpool driver), with this control stream?");
    }

    /**
     * Attaches a consumer and waits until its stream is mapped. In invoker mode this drives the client meanwhile. Where the
     * stream's memory shows no sign of life, the consumer is there all the same and receives as soon as somebody publishes;
     * {@link Consumer#isMapped()} is false until then.
     *
     * @param streamId unsigned 32-bit id.
     * @return the consumer, to be closed; it belongs to one thread.
     * @throws AttachException   if the driver refuses, for instance because it has no such stream.
     * @throws RegionException   if the driver's regions cannot be mapped.
     * @throws DeadlineException if no driver answers within the context's {@code addTimeoutNs}.
     */
    public Consumer addConsumer(final int streamId) {
        return addConsumer(ConsumerOptions.of(streamId));
    }

    /**
     * Attaches a consumer, as {@link #addConsumer(int)} does. A stream of its own, if it asks for one, may come later.
     * Without a driver it is there before its producer is; with regions that it is given, once these are mapped.
     *
     * @param options how it reads.
     * @return the consumer.
     */
    public Consumer addConsumer(final ConsumerOptions options) {
        return await(asyncAddConsumer(options), Role.CONSUMER, options.streamId());
    }

    /**
     * Begins to attach a consumer, and does not wait.
     *
     * @param streamId unsigned 32-bit id.
     * @return to be polled until it is done.
     * @throws TensorPoolException if the client is closed, or too many commands wait for its conductor: try again.
     */
    public Admission<Consumer> asyncAddConsumer(final int streamId) {
        return asyncAddConsumer(ConsumerOptions.of(streamId));
    }

    /**
     * Begins to attach a consumer, and does not wait.
     *
     * @param options how it reads.
     * @return to be polled until it is done.
     * @throws TensorPoolException if the client is closed, or too many commands wait for its conductor: try again.
     */
    public Admission<Consumer> asyncAddConsumer(final ConsumerOptions options) {
        final Consumer consumer = new Consumer(options, context.nanoClock(), new Control());
        final Admission<Consumer> added = admission(consumer, consumer.attachment());
        add(() -> new ConsumerSession(services, options, consumer, added), added, consumer.toString());
        return added;
    }

    /**
     * Who reports on which streams, in all processes.
     *
     * @return readable from any thread; does not change any more once this client is closed.
     */
    public QosMonitor qos() {
        return qosMonitor;
    }

    /**
     * What the sources of all streams say about themselves.
     *
     * @return readable from any thread; does not change any more once this client is closed.
     */
    public MetadataCache metadata() {
        return metadata;
    }

    /**
     * Which announces were not followed, and why.
     *
     * @return live counts; any thread.
     */
    public AnnounceCounts announces() {
        return services.announceCounts();
    }

    /** What cannot even be begun, for instance with a channel that is none, is told to who added it. */
    private void add(final Supplier<Session> session, final Admission<?> added, final String what) {
        submit(
                () -> {
                    if (conductor.isClosed()) {
                        added.fail(new TensorPoolException(what + CLIENT_CLOSED));
                        return;
                    }
                    try {
                        conductor.add(session.get());
                    } catch (final TensorPoolException refused) {
                        added.fail(refused);
                    } catch (final RuntimeException ex) {
                        added.fail(new TensorPoolException(what + ": " + ex.getMessage(), ex));
                    }
                },
                what);
    }

    private void submit(final Runnable command, final String what) {
        if (!conductor.offer(command)) {
            throw new TensorPoolException(what + (conductor.isClosed() ? CLIENT_CLOSED : ": too many commands wait"));
        }
    }

    private <T extends AutoCloseable> T await(final Admission<T> added, final Role role, final int streamId) {
        boolean isDone = false;
        try {
            isDone = await(added::isDone, context.addTimeoutNs());
        } finally {
            if (!isDone) {
                added.cancel();
            }
        }
        final @Nullable T result = isDone ? added.poll() : null;
        if (result == null) {
            throw new DeadlineException("stream " + Integer.toUnsignedString(streamId) + ": no " + role + " within "
                    + TimeUnit.NANOSECONDS.toMillis(context.addTimeoutNs()) + " ms: " + added.obstacle());
        }
        return result;
    }

    private boolean await(final BooleanSupplier condition, final long timeoutNs) {
        refuseToListener("wait");
        final Deadline deadline = Deadline.after(context.nanoClock(), timeoutNs);
        final IdleStrategy idle = context.idleStrategySupplier().get();
        while (!condition.getAsBoolean()) {
            if (deadline.hasPassed()) {
                return false;
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new TensorPoolException("interrupted while waiting");
            }
            idle.idle(host.doWork());
        }
        return true;
    }

    /**
     * Runs one duty cycle in invoker mode; does nothing otherwise.
     *
     * @return work count.
     */
    public int doWork() {
        refuseToListener("drive the client");
        return host.doWork();
    }

    /** The conductor is in the midst of its duty cycle, and would wait for itself. */
    private void refuseToListener(final String what) {
        if (host.isInDutyCycleHere()) {
            throw new IllegalStateException("a listener or handler that the client calls must not " + what
                    + ": it is called by the very thread that would be waited for");
        }
    }

    /**
     * A close must not be lost: while the queue is full it waits for the conductor, which is never long. What the conductor
     * calls cannot wait for it.
     */
    private void closeSession(final Object owner) {
        final IdleStrategy idle = context.idleStrategySupplier().get();
        while (!conductor.isClosed() && !conductor.offer(() -> conductor.close(owner))) {
            if (host.isInDutyCycleHere()) {
                conductor.closeSoon(owner);
                return;
            }
            idle.idle(host.doWork());
        }
    }

    /**
     * Closes all producers and consumers, gives their leases back, and unmaps. A thread that is at a frame then gets
     * {@link IllegalStateException}.
     */
    @Override
    public void close() {
        host.close();
    }

    @Override
    public String toString() {
        return context.clientName();
    }

    /** What producers and consumers ask of their client; not for applications. */
    private final class Control implements Producer.ProducerControl, Consumer.ConsumerControl {
        @Override
        public void closeProducer(final Producer producer) {
            closeSession(producer);
        }

        @Override
        public void closeConsumer(final Consumer consumer) {
            closeSession(consumer);
        }

        @Override
        public boolean await(final BooleanSupplier condition, final long timeoutNs) {
            return TensorPoolClient.this.await(condition, timeoutNs);
        }
    }
}
