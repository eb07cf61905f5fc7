package io.tensorpool.driver;

import io.aeron.Aeron;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.AnnounceAdapter;
import io.tensorpool.protocol.Channels;
import io.tensorpool.protocol.DriverEventAdapter;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Many clients of a driver behind a few Aeron clients, in the calling thread: leases and keepalives, no memory. */
final class LeaseHolders implements AutoCloseable {
    private static final String CHANNEL = "aeron:ipc?term-length=4m";
    private static final int CONTROL_STREAM_ID = 1000;
    private static final int ANNOUNCE_STREAM_ID = 1001;
    private static final int OUTSTANDING = 32;
    private static final int FRAGMENT_LIMIT = 64;
    private static final long KEEPALIVE_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long IDLE_NS = TimeUnit.MICROSECONDS.toNanos(200);
    private static final long WAIT_NS = TimeUnit.MICROSECONDS.toNanos(20);
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

    /** One process, as the driver sees it. */
    private record Connection(Aeron aeron, DriverRequestProxy proxy, Subscription control, Subscription announces) {}

    private record Held(
            Connection connection, long leaseId, int streamId, int clientId, Role role, long nextKeepaliveNs) {
        Held granted(final long id, final long nowNs) {
            return new Held(connection, id, streamId, clientId, role, nowNs + KEEPALIVE_NS);
        }

        Held after(final long intervalNs) {
            return new Held(connection, leaseId, streamId, clientId, role, nextKeepaliveNs + intervalNs);
        }
    }

    private final List<Connection> connections = new ArrayList<>();
    private final List<FragmentAssembler> eventHandlers = new ArrayList<>();
    private final AnnounceAdapter announceAdapter = new AnnounceAdapter((regions, producer, timestampNs, domain) -> {});
    private final Map<Long, Held> asked = new HashMap<>();
    private final ArrayDeque<Held> held = new ArrayDeque<>();
    private final Set<Long> lost = new HashSet<>();
    private long lastCorrelationId;
    private int lastClientId;

    LeaseHolders(final String aeronDirectoryName, final int aeronClients) {
        for (int i = 0; i < aeronClients; i++) {
            final Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(aeronDirectoryName));
            final Publication publication = aeron.addPublication(Channels.publication(CHANNEL), CONTROL_STREAM_ID);
            connections.add(new Connection(
                    aeron,
                    new DriverRequestProxy(new PublicationSink(publication)),
                    aeron.addSubscription(Channels.subscription(CHANNEL), CONTROL_STREAM_ID),
                    aeron.addSubscription(Channels.subscription(CHANNEL), ANNOUNCE_STREAM_ID)));
            eventHandlers.add(new FragmentAssembler(new DriverEventAdapter(new Events())));
        }
        await(() -> connections.stream().allMatch(connection -> connection.control.isConnected()));
    }

    /** Attaches one client to each of the streams, some at a time, and waits until all have their lease. */
    void attach(final int firstStreamId, final int streamCount, final Role role) {
        for (int i = 0; i < streamCount; i++) {
            await(() -> asked.size() < OUTSTANDING);
            final Connection connection = connections.get(i % connections.size());
            final Held wish = new Held(connection, 0, firstStreamId + i, ++lastClientId, role, 0);
            final long correlationId = ++lastCorrelationId;
            asked.put(correlationId, wish);
            await(() -> connection.proxy.attach(
                            correlationId, wish.streamId, wish.clientId, role, 1, DriverRequestProxy.NO_NODE_ID)
                    > 0);
        }
        await(asked::isEmpty);
    }

    /** Holds what it has for so long. */
    void hold(final long durationNs) {
        final long startNs = System.nanoTime();
        while (System.nanoTime() - startNs < durationNs) {
            if (poll() == 0) {
                LockSupport.parkNanos(IDLE_NS);
            }
        }
    }

    /** Each lease says that it lives once per second, counted from its own beginning. */
    private int keepAlive() {
        final long nowNs = System.nanoTime();
        int count = 0;
        Held lease = held.peekFirst();
        while (lease != null
                && nowNs - lease.nextKeepaliveNs >= 0
                && lease.connection.proxy.keepalive(lease.leaseId, lease.streamId, lease.clientId, lease.role, nowNs)
                        > 0) {
            held.addLast(held.removeFirst().after(KEEPALIVE_NS));
            count++;
            lease = held.peekFirst();
        }
        return count;
    }

    /** Fails unless there are so many leases and all of them live. */
    void requireAll(final int count) {
        if (held.size() != count || !lost.isEmpty()) {
            throw new IllegalStateException(held.size() + " leases of " + count + ", lost: " + lost.size());
        }
    }

    private int poll() {
        int count = keepAlive();
        for (int i = 0; i < connections.size(); i++) {
            count += connections.get(i).control.poll(eventHandlers.get(i), FRAGMENT_LIMIT);
            count += connections.get(i).announces.poll(announceAdapter, FRAGMENT_LIMIT);
        }
        return count;
    }

    private void await(final java.util.function.BooleanSupplier condition) {
        final long startNs = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (poll() == 0) {
                LockSupport.parkNanos(WAIT_NS); // not spinning: the driver and its file worker need the processors
            }
            if (System.nanoTime() - startNs > PATIENCE_NS) {
                throw new IllegalStateException("no progress: " + asked.size() + " requests are not answered");
            }
        }
    }

    @Override
    public void close() {
        connections.forEach(connection -> connection.aeron.close());
    }

    /** All connections hear all answers; the first one to hear it counts. */
    private final class Events implements DriverEventListener {
        @Override
        public void onAttached(
                final long correlationId,
                final long leaseId,
                final long leaseExpiryNs,
                final int nodeId,
                final EpochRegions regions) {
            final Held wish = asked.remove(correlationId);
            if (wish != null) {
                held.addLast(wish.granted(leaseId, System.nanoTime()));
            }
        }

        @Override
        public void onAttachRefused(final long correlationId, final ResponseCode code, final String text) {
            throw new IllegalStateException("refused: " + code + ": " + text);
        }

        @Override
        public void onAttachProtocolError(final long correlationId, final String fault) {
            throw new IllegalStateException(fault);
        }

        @Override
        public void onDetached(final long correlationId, final ResponseCode code) {}

        @Override
        public void onLeaseRevoked(
                final long leaseId,
                final int streamId,
                final int clientId,
                final Role role,
                final RevokeReason reason) {
            lost.add(leaseId);
        }

        @Override
        public void onDriverShutdown(final long timestampNs, final ShutdownReason reason) {}
    }
}
