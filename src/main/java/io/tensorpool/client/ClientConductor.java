package io.tensorpool.client;

import io.aeron.FragmentAssembler;
import io.aeron.logbuffer.FragmentHandler;
import io.tensorpool.ClockDomain;
import io.tensorpool.ConsumerMode;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.AnnounceAdapter;
import io.tensorpool.protocol.AnnounceListener;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerConfigAdapter;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.ConsumerHelloAdapter;
import io.tensorpool.protocol.ControlResponseAdapter;
import io.tensorpool.protocol.DriverEventAdapter;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.FragmentSource;
import io.tensorpool.protocol.QosAdapter;
import io.tensorpool.protocol.QosListener;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.runtime.AeronConnection;
import io.tensorpool.runtime.Deadline;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * A client's duty cycle, and the one owner of its state: hears the driver, the announces and the consumers, and advances
 * the sessions. It never blocks; mapping and unmapping are done by the file worker.
 */
final class ClientConductor implements Agent, DriverEventListener, AnnounceListener {
    /** Where a client hears from. */
    record Sources(FragmentSource control, FragmentSource announces, FragmentSource qos, FragmentSource metadata) {}

    private static final int FRAGMENT_LIMIT = 32;
    private static final int COMMAND_CAPACITY = 256;
    /** There is more than one, each producer's and consumer's. */
    private static final int OF_NO_CLIENT_ID = -1;

    private static final long DETACH_WAIT_NS = TimeUnit.MILLISECONDS.toNanos(200);

    private final ClientServices services;
    private final AeronConnection connection;
    private final Sources sources;
    private final QosMonitor qosMonitor;
    private final MetadataReader metadata;
    private final FragmentAssembler controlHandler;
    private final FragmentAssembler announceHandler;
    private final FragmentHandler qosHandler;
    private final FragmentAssembler metadataHandler;
    private final List<FragmentAssembler> assemblers;
    /** Changed by this thread only; one that closes Aeron looks through it. */
    private final List<Session> sessions = new CopyOnWriteArrayList<>();

    /** Of those sessions that have one. */
    private final List<Attachment> attachments = new ArrayList<>();

    private final ManyToOneConcurrentArrayQueue<Runnable> commands =
            new ManyToOneConcurrentArrayQueue<>(COMMAND_CAPACITY);
    /** Producers and consumers that were closed from within the duty cycle while the commands were full. */
    private final Deque<Object> closing = new ArrayDeque<>();

    private final AnnounceGate announceGate;
    private final MirroredCounters counters;
    private int aeronLosses;
    private boolean isAeronGone;
    private volatile boolean isClosed;

    ClientConductor(
            final ClientServices services,
            final AeronConnection connection,
            final Sources sources,
            final QosMonitor qosMonitor,
            final MetadataReader metadata) {
        this.services = services;
        this.connection = connection;
        this.sources = sources;
        this.qosMonitor = qosMonitor;
        this.metadata = metadata;
        this.announceGate = new AnnounceGate(
                services.context().nanoClock(),
                services.context().epochNanoClock(),
                services.context().freshnessNs(),
                services.announceCounts());
        connection.addUser(this::isAnySessionInUse);
        final DriverEventAdapter driverEvents = new DriverEventAdapter(this);
        final ConsumerHelloAdapter hellos = new ConsumerHelloAdapter(this::onConsumerHello);
        final ConsumerConfigAdapter configs = new ConsumerConfigAdapter(this::onConsumerConfig);
        final ControlResponseAdapter responses = new ControlResponseAdapter(services.events());
        this.controlHandler = new FragmentAssembler((buffer, offset, length, header) -> {
            driverEvents.onFragment(buffer, offset, length, header);
            hellos.onFragment(buffer, offset, length, header);
            configs.onFragment(buffer, offset, length, header);
            responses.onFragment(buffer, offset, length, header);
        });
        final AnnounceAdapter announces = new AnnounceAdapter(this);
        this.announceHandler = new FragmentAssembler(announces);
        final QosAdapter reports = new QosAdapter(new Reports());
        this.qosHandler = reports;
        this.metadataHandler = new FragmentAssembler(metadata.adapter());
        this.assemblers = List.of(controlHandler, announceHandler, metadataHandler);
        this.counters = countersOf(services)
                .rare("unreadable driver events", driverEvents::unreadable)
                .rare("unreadable hellos", hellos::unreadable)
                .rare("unreadable answers to hellos", configs::unreadable)
                .rare("unreadable control responses", responses::unreadable)
                .rare("unreadable announces", announces::unreadable)
                .rare("unreadable QoS reports", reports::unreadable)
                .rare("unreadable metadata", metadata.adapter()::unreadable);
    }

    private static MirroredCounters countersOf(final ClientServices services) {
        final AnnounceCounts announces = services.announceCounts();
        return new MirroredCounters(services, "")
                .rare("errors", services.context()::errors)
                .rare("Aeron clients lost", services.connection()::losses)
                .rare("announces: stale", announces::stale)
                .rare("announces: from before it joined", announces::beforeJoin)
                .rare("announces: lower epoch", announces::lowerEpoch)
                .rare("announces: conflicting", announces::conflicting)
                .rare("announces: refused", announces::refused);
    }

    @Override
    public int doWork() {
        final long nowNs = services.nowNs();
        int workCount = connection.doWork();
        if (connection.isClosed()) {
            return onAeronGone(nowNs);
        }
        if (connection.losses() != aeronLosses) {
            aeronLosses = connection.losses();
            assemblers.forEach(FragmentAssembler::clear); // of sessions that will not be heard again
            announceGate.join();
            sessions.forEach(Session::onAeronLost);
        }
        workCount += sources.control().poll(controlHandler, FRAGMENT_LIMIT);
        final int announces = sources.announces().poll(announceHandler, FRAGMENT_LIMIT);
        workCount += sources.qos().poll(qosHandler, FRAGMENT_LIMIT);
        workCount += sources.metadata().poll(metadataHandler, FRAGMENT_LIMIT);
        workCount += announces + commands.drain(Runnable::run) + closeThose();
        workCount += services.fileWorker().drainCompletions();
        for (int i = sessions.size() - 1; i >= 0; i--) {
            final Session session = sessions.get(i);
            final @Nullable Attachment attachment = session.attachment();
            workCount += session.doWork(nowNs);
            if (attachment != null && announces < FRAGMENT_LIMIT) { // more may wait, if this process stood still
                workCount += attachment.checkAnnounced(nowNs);
            }
            if (session.isOver()) {
                sessions.remove(i);
                attachments.remove(attachment);
            }
        }
        workCount += services.lingering().doWork(nowNs);
        workCount += counters.doWork(OF_NO_CLIENT_ID, nowNs);
        workCount += qosMonitor.doWork(nowNs) + metadata.doWork(nowNs);
        return workCount;
    }

    /** Nothing of the given client's may be touched any more: it is unmapped. What is ours is given up in order. */
    private int onAeronGone(final long nowNs) {
        if (!isAeronGone) {
            isAeronGone = true;
            isClosed = true;
            sessions.forEach(Session::abandon);
            attachments.clear();
            services.context()
                    .errorHandler()
                    .onError(new TensorPoolException(
                            roleName() + ": the Aeron client that it was given was closed; its producers and consumers"
                                    + " are closed"));
        }
        sessions.removeIf(session -> !session.isInUse()); // for the others Aeron waits
        commands.drain(Runnable::run); // whoever adds is told
        return services.fileWorker().drainCompletions() + services.lingering().doWork(nowNs);
    }

    private boolean isAnySessionInUse() {
        for (final Session session : sessions) {
            if (session.isInUse()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String roleName() {
        return services.context().clientName();
    }

    /** Queues a command. Any thread. Returns false if the client is closed or too many commands wait. */
    boolean offer(final Runnable command) {
        return !isClosed && commands.offer(command);
    }

    boolean isClosed() {
        return isClosed;
    }

    void add(final Session session) {
        sessions.add(session);
        final @Nullable Attachment attachment = session.attachment();
        if (attachment != null) {
            attachments.add(attachment);
        }
    }

    /** Ends the session of a producer or consumer after the commands that wait. From within the duty cycle. */
    void closeSoon(final Object owner) {
        closing.add(owner);
    }

    private int closeThose() {
        int count = 0;
        for (Object owner = closing.poll(); owner != null; owner = closing.poll()) {
            close(owner);
            count++;
        }
        return count;
    }

    /** Ends the session of a producer or consumer, if it is still there. When the client ends, all do. */
    void close(final Object owner) {
        if (isClosed) {
            return;
        }
        for (final Session session : sessions) {
            if (session.isOf(owner)) {
                session.close();
            }
        }
    }

    @Override
    public void onClose() {
        isClosed = true;
        try {
            commands.drain(Runnable::run);
            sessions.forEach(Session::close);
            awaitOver();
            services.lingering().close();
            services.fileWorker().close();
        } finally {
            CloseHelper.closeAll(services.context().errorHandler(), services.paths(), connection);
        }
    }

    /**
     * Waits a little for the driver to answer, since it does so within a duty cycle or two, and as long as it takes for
     * the application's threads to leave Aeron's buffers: closing the client unmaps these, and a thread that is still at
     * one would take the JVM with it.
     */
    private void awaitOver() {
        final Deadline forDriver = Deadline.after(services.context().nanoClock(), DETACH_WAIT_NS);
        final IdleStrategy idle = services.context().idleStrategySupplier().get();
        for (final Session session : sessions) {
            while (session.isInUse() || !(session.isOver() || forDriver.hasPassed())) {
                connection.doWork();
                session.doWork(services.nowNs());
                services.fileWorker().drainCompletions();
                sources.control().poll(controlHandler, FRAGMENT_LIMIT);
                idle.idle();
            }
        }
    }

    @Override
    public void onAttached(
            final long correlationId,
            final long leaseId,
            final long leaseExpiryNs,
            final int nodeId,
            final EpochRegions regions) {
        for (final Attachment attachment : attachments) {
            attachment.onAttached(correlationId, leaseId, leaseExpiryNs, nodeId, regions);
        }
    }

    @Override
    public void onAttachRefused(final long correlationId, final ResponseCode code, final String text) {
        for (final Attachment attachment : attachments) {
            attachment.onRefused(correlationId, code, text);
        }
    }

    @Override
    public void onAttachProtocolError(final long correlationId, final String fault) {
        for (final Attachment attachment : attachments) {
            attachment.onProtocolError(correlationId, fault);
        }
    }

    @Override
    public void onDetached(final long correlationId, final ResponseCode code) {
        for (final Attachment attachment : attachments) {
            attachment.onDetached(correlationId);
        }
    }

    @Override
    public void onLeaseRevoked(
            final long leaseId, final int streamId, final int clientId, final Role role, final RevokeReason reason) {
        for (final Attachment attachment : attachments) {
            attachment.onRevoked(leaseId, streamId, clientId, role);
        }
        for (final Session session : sessions) {
            session.onLeaseRevoked(streamId, clientId, role, reason);
        }
    }

    @Override
    public void onDriverShutdown(final long timestampNs, final ShutdownReason reason) {
        services.events().onDriverShutdown(reason, timestampNs);
        for (final Attachment attachment : attachments) {
            attachment.onDriverShutdown(timestampNs);
        }
    }

    @Override
    public void onAnnounce(
            final EpochRegions regions, final int producerId, final long timestampNs, final ClockDomain clockDomain) {
        if (!announceGate.admits(timestampNs, clockDomain)) {
            return;
        }
        for (final Attachment attachment : attachments) {
            attachment.onAnnounce(regions);
        }
        for (final Session session : sessions) {
            session.onAnnounce(regions, producerId);
        }
        services.events().onAnnounce(regions, producerId, timestampNs);
    }

    private void onConsumerHello(final ConsumerHello hello) {
        for (final Session session : sessions) {
            session.onConsumerHello(hello);
        }
        services.events().onConsumerHello(hello.streamId(), hello.consumerId());
    }

    private void onConsumerConfig(final ConsumerConfig config) {
        for (final Session session : sessions) {
            session.onConsumerConfig(config);
        }
        services.events().onConsumerConfig(config);
    }

    /** To whoever they concern, and to the monitor. */
    private final class Reports implements QosListener {
        @Override
        public void onQosConsumer(
                final int streamId,
                final int consumerId,
                final long epoch,
                final long lastSeqSeen,
                final long dropsGap,
                final long dropsLate,
                final ConsumerMode mode) {
            for (int i = 0; i < sessions.size(); i++) { // an iterator would be garbage
                sessions.get(i).onQosConsumer(streamId, consumerId, epoch, lastSeqSeen, dropsGap, dropsLate);
            }
            services.events().onQosConsumer(streamId, consumerId, epoch, lastSeqSeen, dropsGap, dropsLate, mode);
            qosMonitor.onQosConsumer(streamId, consumerId, epoch, lastSeqSeen, dropsGap, dropsLate, mode);
        }

        @Override
        public void onQosProducer(
                final int streamId,
                final int producerId,
                final long epoch,
                final long currentSeq,
                final int watermark) {
            services.events().onQosProducer(streamId, producerId, epoch, currentSeq, watermark);
            qosMonitor.onQosProducer(streamId, producerId, epoch, currentSeq, watermark);
        }
    }
}
