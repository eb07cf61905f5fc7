package io.tensorpool.client;

import io.aeron.FragmentAssembler;
import io.tensorpool.ClockDomain;
import io.tensorpool.ConfigurationException;
import io.tensorpool.DeadlineException;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.AnnounceAdapter;
import io.tensorpool.protocol.AnnounceListener;
import io.tensorpool.protocol.DriverEventAdapter;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.runtime.LastingSubscription;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/**
 * Talks to a driver by hand: asks for leases, keeps them alive and gives them back, maps nothing and tries nothing again. For
 * services and tests that need just that; everybody else uses {@link TensorPoolClient}.
 *
 * <p>Belongs to one thread, which calls {@link #doWork} often enough for the keepalives, and gets all callbacks there. When the
 * media driver is lost, every attachment is {@link DriverAttachment.State#LOST}; the client itself goes on with the next media
 * driver, and can ask for leases again. With an Aeron client that the application gave it ends closed when that is closed.
 */
public final class DriverClient implements AutoCloseable {
    private static final int FRAGMENT_LIMIT = 32;

    /** When something is late or due; a keepalive interval of 0 means by hand. */
    record Timing(long answerTimeoutNs, long keepaliveIntervalNs) {}

    private final ClientContext context;
    private final PolledConnection connection;
    private final LastingSubscription control;
    private final LastingSubscription announces;
    private final DriverRequestProxy driver;
    private final DriverHandler handler;
    private final ClientIds ids;
    private final Timing timing;
    private final AnnounceCounts announceCounts = new AnnounceCounts();
    private final AnnounceGate announceGate;
    private final DriverEventAdapter events;
    private final AnnounceAdapter announced;
    private final FragmentAssembler controlAssembler;
    private final FragmentAssembler announceAssembler;
    private final List<DriverAttachment> attachments = new ArrayList<>();
    private long nextRegistrationId = 1;
    private int losses;

    private DriverClient(
            final ClientContext context,
            final boolean keepsAlive,
            final DriverHandler handler,
            final PolledConnection connection) {
        this.context = context;
        this.handler = handler;
        this.connection = connection;
        this.control = connection.connection().subscribe(context.controlEndpoint());
        this.announces = connection.connection().subscribe(context.announceEndpoint());
        this.driver = new DriverRequestProxy(connection.connection().publish(context.controlEndpoint()));
        this.ids = new ClientIds(context.clientId(), new SecureRandom());
        this.timing = new Timing(context.attachTimeoutNs(), keepsAlive ? context.keepaliveIntervalNs() : 0);
        this.announceGate =
                new AnnounceGate(context.nanoClock(), context.epochNanoClock(), context.freshnessNs(), announceCounts);
        final Said said = new Said();
        this.events = new DriverEventAdapter(said);
        this.announced = new AnnounceAdapter(said);
        this.controlAssembler = new FragmentAssembler(events);
        this.announceAssembler = new FragmentAssembler(announced);
    }

    /**
     * Connects to Aeron; keepalives are sent by {@link #doWork}, at the context's interval.
     *
     * @param context this client's alone from now on.
     * @param handler told what drivers say to everybody.
     * @return the client, to be closed.
     * @throws ConfigurationException if a setting is not usable.
     * @throws DeadlineException      if no Aeron media driver answers.
     */
    public static DriverClient connect(final ClientContext context, final DriverHandler handler) {
        return connect(context, true, handler);
    }

    /**
     * Connects as {@link #connect} does, and leaves keepalives to the application, {@link DriverAttachment#keepalive}.
     *
     * @param context this client's alone from now on.
     * @param handler told what drivers say to everybody.
     * @return the client, to be closed.
     */
    public static DriverClient connectWithoutKeepalives(final ClientContext context, final DriverHandler handler) {
        return connect(context, false, handler);
    }

    private static DriverClient connect(
            final ClientContext context, final boolean keepsAlive, final DriverHandler handler) {
        context.conclude();
        final PolledConnection connection = new PolledConnection(context, context.clientName());
        try {
            return new DriverClient(context, keepsAlive, handler, connection);
        } catch (final RuntimeException ex) {
            connection.close();
            throw ex;
        }
    }

    /**
     * Asks for a lease.
     *
     * @param options what for.
     * @return to be polled: its state changes in {@link #doWork}.
     * @throws IllegalStateException if this is closed.
     */
    public DriverAttachment attach(final AttachOptions options) {
        requireOpen();
        final DriverAttachment attachment = new DriverAttachment(
                driver,
                options,
                context.nanoClock(),
                timing,
                options.clientId() == 0 ? ids.nextClientId() : options.clientId(),
                nextRegistrationId++,
                ids.nextCorrelationId());
        attachments.add(attachment);
        return attachment;
    }

    /**
     * Gives a lease back.
     *
     * @param attachment whose state changes in {@link #doWork}, and is {@link DriverAttachment.State#DETACHED} in the end.
     * @throws IllegalStateException if the lease is not held, or this is closed.
     */
    public void detach(final DriverAttachment attachment) {
        requireOpen();
        if (attachment.state() != DriverAttachment.State.ATTACHED) {
            throw new IllegalStateException(attachment + ": there is no lease to give back");
        }
        attachment.detach(ids.nextCorrelationId());
    }

    private void requireOpen() {
        if (connection.isClosed()) {
            throw new IllegalStateException(context.clientName() + ": closed");
        }
    }

    /**
     * Hears what the driver says, and sends what is due.
     *
     * @return work count; 0 when closed.
     */
    public int doWork() {
        final boolean isOpen = connection.enter();
        try {
            return isOpen ? work() : onClosed();
        } finally {
            connection.leave();
        }
    }

    private int work() {
        if (losses != connection.connection().losses()) {
            losses = connection.connection().losses();
            controlAssembler.clear();
            announceAssembler.clear();
            announceGate.join();
            attachments.forEach(DriverAttachment::onLost);
        }
        int workCount =
                control.poll(controlAssembler, FRAGMENT_LIMIT) + announces.poll(announceAssembler, FRAGMENT_LIMIT);
        final long nowNs = context.nanoClock().nanoTime();
        for (int i = attachments.size() - 1; i >= 0; i--) {
            workCount += attachments.get(i).doWork(nowNs);
            forgetIfOver(i, nowNs);
        }
        return workCount;
    }

    /** One that was not answered stays for a while: a lease that is granted late has to be given back. */
    private void forgetIfOver(final int index, final long nowNs) {
        final DriverAttachment attachment = attachments.get(index);
        if (attachment.state().isFinal() && attachment.isForgettable(nowNs)) {
            attachments.remove(index);
        }
    }

    private int onClosed() {
        attachments.forEach(DriverAttachment::onLost);
        attachments.clear();
        return 0;
    }

    /**
     * Messages of drivers that could not be read.
     *
     * @return how many so far.
     */
    public long unreadableMessages() {
        return events.unreadable() + announced.unreadable();
    }

    /**
     * Announces that were not handed on, because they say nothing of the present.
     *
     * @return live counts, by cause.
     */
    public AnnounceCounts announceCounts() {
        return announceCounts;
    }

    /**
     * Whether there is a media driver, as far as is known.
     *
     * @return false from a loss until this goes on.
     */
    public boolean isConnected() {
        return connection.connection().isConnected();
    }

    /**
     * Whether it is over for good.
     *
     * @return true after {@link #close()}, and when the given Aeron client was closed.
     */
    public boolean isClosed() {
        return connection.isClosed();
    }

    /** Gives all leases back without waiting for an answer. Its thread, also from within a callback. */
    @Override
    public void close() {
        if (!connection.isClosed()) {
            for (final DriverAttachment attachment : attachments) {
                if (attachment.state() == DriverAttachment.State.ATTACHED) {
                    attachment.detach(ids.nextCorrelationId());
                }
                attachment.onLost();
            }
        }
        connection.close();
    }

    /** What the driver says, to whom it concerns. */
    private final class Said implements DriverEventListener, AnnounceListener {
        @Override
        public void onAttached(
                final long correlationId,
                final long leaseId,
                final long leaseExpiryNs,
                final int nodeId,
                final EpochRegions regions) {
            for (final DriverAttachment attachment : attachments) {
                if (attachment.correlationId() == correlationId) {
                    attachment.onAttached(leaseId, leaseExpiryNs, nodeId, regions);
                }
            }
        }

        @Override
        public void onAttachRefused(final long correlationId, final ResponseCode code, final String text) {
            for (final DriverAttachment attachment : attachments) {
                if (attachment.correlationId() == correlationId) {
                    attachment.onRefused(code, text);
                }
            }
        }

        @Override
        public void onAttachProtocolError(final long correlationId, final String fault) {
            for (final DriverAttachment attachment : attachments) {
                if (attachment.correlationId() == correlationId) {
                    attachment.onUnusable(fault);
                }
            }
        }

        @Override
        public void onDetached(final long correlationId, final ResponseCode code) {
            for (final DriverAttachment attachment : attachments) {
                attachment.onDetached(correlationId);
            }
        }

        @Override
        public void onLeaseRevoked(
                final long leaseId,
                final int streamId,
                final int clientId,
                final Role role,
                final RevokeReason reason) {
            for (final DriverAttachment attachment : attachments) {
                attachment.onRevoked(leaseId, streamId, clientId, role);
            }
            handler.onLeaseRevoked(leaseId, streamId, clientId, role, reason);
        }

        @Override
        public void onDriverShutdown(final long timestampNs, final ShutdownReason reason) {
            attachments.forEach(attachment -> attachment.onDriverShutdown(timestampNs));
            handler.onDriverShutdown(reason, timestampNs);
        }

        @Override
        public void onAnnounce(
                final EpochRegions regions,
                final int producerId,
                final long timestampNs,
                final ClockDomain clockDomain) {
            if (announceGate.admits(timestampNs, clockDomain)) {
                handler.onAnnounce(regions, producerId, timestampNs, clockDomain);
            }
        }
    }
}
