package io.tensorpool.driver;

import io.aeron.FragmentAssembler;
import io.aeron.logbuffer.FragmentHandler;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.DriverRequestAdapter;
import io.tensorpool.protocol.DriverRequestListener;
import io.tensorpool.protocol.FragmentSource;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.agrona.CloseHelper;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * The driver's duty cycle: hears the clients, keeps leases and epochs, answers and announces. Everything it owns is
 * touched by its thread alone; it never blocks, and its slow work is done by the file worker.
 */
final class DriverConductor implements Agent, DriverRequestListener {
    private static final int FRAGMENT_LIMIT = 32;
    private static final int COMMAND_CAPACITY = 256;

    private final DriverContext context;
    private final Hearing hearing;
    private final AutoCloseable connection;
    private final AeronInvoker aeron;
    private final DriverStreams streams;
    private final FragmentHandler messages;
    private final ManyToOneConcurrentArrayQueue<Command<?>> commands =
            new ManyToOneConcurrentArrayQueue<>(COMMAND_CAPACITY);

    private final Backlog backlog = new Backlog(FRAGMENT_LIMIT);
    private final CompletableFuture<ShutdownReason> ended = new CompletableFuture<>();
    private final DriverCounters counters;
    private final DriverTimings timings;
    private int aeronLosses;
    private boolean isAeronGone;
    private volatile boolean isClosed;

    /**
     * What a driver hears.
     *
     * @param control         where requests and hellos come from.
     * @param consumerStreams hears the hellos; null where this driver assigns no streams to consumers.
     */
    record Hearing(FragmentSource control, @Nullable ConsumerStreams consumerStreams) {}

    /** What another thread wants done in this one. */
    private record Command<T>(CompletableFuture<T> answer, Supplier<T> action) {
        void run() {
            try {
                answer.complete(action.get());
            } catch (final RuntimeException ex) {
                answer.completeExceptionally(ex);
            }
        }
    }

    /** Drives the Aeron client; nothing in a test. */
    @FunctionalInterface
    interface AeronInvoker {
        int doWork();

        /** How often the client was lost. */
        default int losses() {
            return 0;
        }

        /** Whether there will never be one any more, because the given client was closed. */
        default boolean isClosed() {
            return false;
        }
    }

    /**
     * A conductor.
     *
     * @param hearing    where requests come from, and who hears the consumers.
     * @param streams    it drives, and closes.
     * @param aeron      it drives.
     * @param connection it closes, last.
     */
    DriverConductor(
            final DriverContext context,
            final Hearing hearing,
            final DriverStreams streams,
            final DriverCounters counters,
            final DriverTimings timings,
            final AeronInvoker aeron,
            final AutoCloseable connection) {
        this.context = context;
        this.counters = counters;
        this.timings = timings;
        this.hearing = hearing;
        this.messages = new FragmentAssembler(handlerOf(new DriverRequestAdapter(this), hearing.consumerStreams()));
        this.streams = streams;
        this.aeron = aeron;
        this.connection = connection;
    }

    private static FragmentHandler handlerOf(
            final DriverRequestAdapter requests, final @Nullable ConsumerStreams consumerStreams) {
        if (consumerStreams == null) {
            return requests;
        }
        final FragmentHandler hellos = consumerStreams.hellos();
        return (buffer, offset, length, header) -> {
            requests.onFragment(buffer, offset, length, header);
            hellos.onFragment(buffer, offset, length, header);
        };
    }

    @Override
    public int doWork() {
        final long nowNs = context.nanoClock().nanoTime();
        int workCount = aeron.doWork();
        if (aeron.isClosed()) {
            return onAeronGone();
        }
        if (aeron.losses() != aeronLosses) {
            aeronLosses = aeron.losses();
            streams.onAeronLost();
        }
        final int fragments = hearing.control().poll(messages, FRAGMENT_LIMIT);
        workCount += fragments;
        workCount += commands.drain(Command::run);
        final boolean mayExpire = backlog.isRead(fragments);
        workCount += streams.doWork(nowNs, mayExpire);
        if (hearing.consumerStreams() != null) {
            workCount += hearing.consumerStreams().doWork(nowNs, mayExpire);
        }
        if (streams.hasEnded()) {
            ended.complete(streams.shutdown().reason());
        }
        final long durationNs = context.nanoClock().nanoTime() - nowNs;
        counters.onDutyCycle(durationNs);
        timings.record(DriverTimings.Kind.DUTY_CYCLE, durationNs);
        timings.report(nowNs);
        return workCount;
    }

    /** A counter that was touched now would end the JVM. Nobody hears this driver any more; whoever launched it closes it. */
    private int onAeronGone() {
        if (isAeronGone) {
            return 0;
        }
        isAeronGone = true;
        isClosed = true;
        final TensorPoolException cause = new TensorPoolException(
                "driver '" + context.instanceId() + "': the Aeron client that it was given was closed");
        context.errorHandler().onError(cause);
        commands.drain(command -> command.answer().completeExceptionally(cause));
        ended.completeExceptionally(cause);
        return 1;
    }

    @Override
    public void onClose() {
        isClosed = true;
        try {
            if (!isAeronGone) {
                commands.drain(Command::run);
            }
            streams.close();
        } finally {
            ended.completeExceptionally(
                    new TensorPoolException("driver '" + context.instanceId() + "' was closed before it had drained"));
            CloseHelper.close(context.errorHandler(), connection);
        }
    }

    @Override
    public String roleName() {
        return "tensorpool-driver";
    }

    /** Ends a lease by order of an administrator. Any thread; the answer is whether there was such a lease. */
    CompletableFuture<Boolean> revoke(final long leaseId) {
        return command(() -> {
            final Lease lease = streams.lease(leaseId);
            if (lease == null) {
                return false;
            }
            streams.invalidate(lease, RevokeReason.REVOKED);
            return true;
        });
    }

    /** Begins to drain. Any thread. */
    CompletableFuture<ShutdownReason> shutdown(final ShutdownReason reason) {
        return command(() -> {
                    streams.beginShutdown(reason);
                    return reason;
                })
                .thenCompose(begun -> ended);
    }

    /** Completed when the driver has drained after a request to end. */
    CompletableFuture<ShutdownReason> ended() {
        return ended;
    }

    /** The active leases. Any thread. */
    CompletableFuture<List<LeaseInfo>> leases() {
        return command(() -> streams.leases().stream()
                .map(lease -> new LeaseInfo(
                        lease.leaseId(), lease.streamId(), lease.clientId(), lease.role(), lease.expiryNs()))
                .toList());
    }

    private <T> CompletableFuture<T> command(final Supplier<T> action) {
        final CompletableFuture<T> answer = new CompletableFuture<>();
        if (!commands.offer(new Command<>(answer, action))) {
            answer.completeExceptionally(new IllegalStateException(
                    "driver '" + context.instanceId() + "': " + COMMAND_CAPACITY + " commands wait already"));
        }
        if (isClosed) { // changes nothing if the command ran before the driver closed
            answer.completeExceptionally(new IllegalStateException("driver '" + context.instanceId() + "' is closed"));
        }
        return answer;
    }

    @Override
    public void onAttachRequest(
            final long correlationId,
            final int streamId,
            final int clientId,
            final int roleCode,
            final int expectedLayoutVersion,
            final int publishModeCode,
            final int hugepagesCode,
            final int desiredNodeId) {
        final @Nullable Role role = Role.fromCode(roleCode);
        if (role == null) {
            streams.refuse(correlationId, invalid("role " + roleCode + " is neither 1 (PRODUCER) nor 2 (CONSUMER)"));
        } else if (clientId == 0) {
            streams.refuse(correlationId, invalid("client_id is 0; choose one that is not"));
        } else if (hugepagesCode > AttachRequest.HUGEPAGES) {
            streams.refuse(correlationId, invalid("hugepages policy " + hugepagesCode + " is not from 0 to 2"));
        } else if (publishModeCode != PublishModes.REQUIRE_EXISTING
                && publishModeCode != PublishModes.EXISTING_OR_CREATE
                && publishModeCode != NULL_PUBLISH_MODE) {
            streams.refuse(correlationId, new Refusal(ResponseCode.UNSUPPORTED, "publish mode " + publishModeCode));
        } else {
            streams.attach(new AttachRequest(
                    correlationId,
                    context.nanoClock().nanoTime(),
                    streamId,
                    clientId,
                    role,
                    expectedLayoutVersion,
                    publishModeCode != PublishModes.REQUIRE_EXISTING,
                    hugepagesCode,
                    desiredNodeId));
        }
    }

    private static Refusal invalid(final String text) {
        return new Refusal(ResponseCode.INVALID_PARAMS, text);
    }

    @Override
    public void onDetachRequest(
            final long correlationId, final long leaseId, final int streamId, final int clientId, final int roleCode) {
        final Lease lease = streams.lease(leaseId);
        if (lease == null || !lease.matches(streamId, clientId, roleCode)) {
            streams.answerDetach(correlationId, ResponseCode.REJECTED, "lease not found");
        } else {
            final long startNs = context.nanoClock().nanoTime();
            streams.answerDetach(correlationId, ResponseCode.OK, "");
            streams.invalidate(lease, RevokeReason.DETACHED);
            timings.record(DriverTimings.Kind.DETACH, context.nanoClock().nanoTime() - startNs);
        }
    }

    @Override
    public void onKeepalive(
            final long leaseId,
            final int streamId,
            final int clientId,
            final int roleCode,
            final long clientTimestampNs) {
        streams.onKeepalive(leaseId, streamId, clientId, roleCode);
    }

    @Override
    public void onShutdownRequest(final long correlationId, final int reasonCode, final String token) {
        final @Nullable ShutdownReason reason = ShutdownReason.fromCode(reasonCode);
        if (reason == null || !streams.shutdown().isAuthorized(token)) {
            counters.onShutdownRefused();
            return;
        }
        streams.beginShutdown(reason);
    }

    @Override
    public void onUnreadableAttachRequest(final long correlationId, final boolean newerVersion) {
        counters.onUnreadable(newerVersion);
        streams.refuse(
                correlationId,
                newerVersion
                        ? new Refusal(ResponseCode.UNSUPPORTED, "schema version is newer than 1")
                        : invalid("the attach request is too short"));
    }

    @Override
    public void onUnreadableDetachRequest(final long correlationId, final boolean newerVersion) {
        counters.onUnreadable(newerVersion);
        streams.answerDetach(
                correlationId,
                newerVersion ? ResponseCode.UNSUPPORTED : ResponseCode.INVALID_PARAMS,
                newerVersion ? "schema version is newer than 1" : "the detach request is too short");
    }

    @Override
    public void onUnreadableMessage(final boolean newerVersion) {
        counters.onUnreadable(newerVersion);
    }

    /** How an attach request says whether the stream may be made (driver specification 4.3). */
    private static final class PublishModes {
        static final int REQUIRE_EXISTING = 1;
        static final int EXISTING_OR_CREATE = 2;

        private PublishModes() {}
    }
}
