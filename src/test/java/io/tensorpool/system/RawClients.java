package io.tensorpool.system;

import io.aeron.Aeron;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.Channels;
import io.tensorpool.protocol.DriverEventAdapter;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.support.Await;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Many clients of a driver through one Aeron client, without memory or sessions: they ask, hold and keep leases alive. */
final class RawClients implements DriverEventListener, AutoCloseable {
    /** A lease as its holder names it. */
    record Held(long leaseId, int streamId, int clientId, Role role) {}

    private static final String CONTROL = "aeron:ipc?term-length=4m";
    private static final int CONTROL_STREAM_ID = 1000;
    /** All hear all answers. */
    private static final AtomicLong CORRELATION_IDS = new AtomicLong();

    private final Aeron aeron;
    private final Publication publication;
    private final Subscription subscription;
    private final DriverRequestProxy driver;
    private final FragmentAssembler events = new FragmentAssembler(new DriverEventAdapter(this));
    private final Map<Long, Held> asked = new HashMap<>();
    private final Map<Long, Held> held = new LinkedHashMap<>();
    private final Map<Long, List<String>> answers = new HashMap<>();
    private final List<String> revocations = new ArrayList<>();
    private long nextKeepaliveNs = System.nanoTime();
    private int shutdowns;

    RawClients(final String aeronDirectoryName) {
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(aeronDirectoryName));
        publication = aeron.addPublication(Channels.publication(CONTROL), CONTROL_STREAM_ID);
        subscription = aeron.addSubscription(Channels.subscription(CONTROL), CONTROL_STREAM_ID);
        driver = new DriverRequestProxy(new PublicationSink(publication));
        Await.until("the control stream is there", subscription::isConnected);
    }

    DriverRequestProxy driver() {
        return driver;
    }

    Publication publication() {
        return publication;
    }

    Aeron aeron() {
        return aeron;
    }

    int poll() {
        return subscription.poll(events, 64);
    }

    /** Sends, after reading what stands in the way. */
    void send(final LongSupplier message) {
        Await.until("a message can be sent", this::poll, () -> message.getAsLong() > 0);
    }

    /** Asks for a lease; returns the correlation id. */
    long attach(final int streamId, final int clientId, final Role role) {
        final long id = CORRELATION_IDS.incrementAndGet();
        asked.put(id, new Held(0, streamId, clientId, role));
        send(() -> driver.attach(id, streamId, clientId, role, 1, DriverRequestProxy.NO_NODE_ID));
        return id;
    }

    /** Gives a lease back; returns the correlation id. */
    long detach(final Held lease) {
        final long id = CORRELATION_IDS.incrementAndGet();
        held.remove(lease.leaseId());
        send(() -> driver.detach(id, lease.leaseId(), lease.streamId(), lease.clientId(), lease.role()));
        return id;
    }

    /** Asks for a lease and waits until it is granted. */
    Held hold(final int streamId, final int clientId, final Role role) {
        final String answer = answer(attach(streamId, clientId, role));
        assertGranted(answer);
        return held.values().stream()
                .filter(lease -> lease.clientId() == clientId)
                .findFirst()
                .orElseThrow();
    }

    private static void assertGranted(final String answer) {
        if (!answer.equals("OK")) {
            throw new AssertionError("refused: " + answer);
        }
    }

    /** Waits for the answer to a request. */
    String answer(final long correlationId) {
        Await.until("an answer to " + correlationId, this::poll, () -> answers.containsKey(correlationId));
        return answers.get(correlationId).getFirst();
    }

    /** Keepalives for all that is held, if it is time for them; hears the driver. */
    int work(final long intervalNs) {
        final long nowNs = System.nanoTime();
        if (nowNs - nextKeepaliveNs >= 0) {
            nextKeepaliveNs = nowNs + intervalNs;
            held.values().forEach(this::keepAlive);
        }
        return poll();
    }

    void keepAlive(final Held lease) {
        send(() ->
                driver.keepalive(lease.leaseId(), lease.streamId(), lease.clientId(), lease.role(), System.nanoTime()));
    }

    /** Keeps everything alive until it is so. */
    void await(final String what, final long intervalNs, final BooleanSupplier condition) {
        Await.until(what, () -> work(intervalNs), condition);
    }

    /** Leases that this side believes to hold. */
    Map<Long, Held> held() {
        return held;
    }

    /** Everything that was answered, by correlation id. */
    Map<Long, List<String>> answers() {
        return answers;
    }

    /** Revocations of leases that were held. */
    List<String> revocations() {
        return revocations;
    }

    int shutdowns() {
        return shutdowns;
    }

    private void onAnswer(final long correlationId, final String answer) {
        answers.computeIfAbsent(correlationId, first -> new ArrayList<>()).add(answer);
    }

    @Override
    public void onAttached(
            final long correlationId,
            final long leaseId,
            final long leaseExpiryNs,
            final int nodeId,
            final EpochRegions regions) {
        final Held wish = asked.remove(correlationId);
        if (wish != null) {
            held.put(leaseId, new Held(leaseId, wish.streamId(), wish.clientId(), wish.role()));
        }
        onAnswer(correlationId, "OK");
    }

    @Override
    public void onAttachRefused(final long correlationId, final ResponseCode code, final String text) {
        onAnswer(correlationId, code + ": " + text);
    }

    @Override
    public void onAttachProtocolError(final long correlationId, final String fault) {
        onAnswer(correlationId, "unusable: " + fault);
    }

    @Override
    public void onDetached(final long correlationId, final ResponseCode code) {
        onAnswer(correlationId, "detached " + code);
    }

    @Override
    public void onLeaseRevoked(
            final long leaseId, final int streamId, final int clientId, final Role role, final RevokeReason reason) {
        final Held lease = held.remove(leaseId);
        if (lease != null) {
            revocations.add(lease + " " + reason);
        }
    }

    @Override
    public void onDriverShutdown(final long timestampNs, final ShutdownReason reason) {
        shutdowns++;
    }

    @Override
    public void close() {
        aeron.close();
    }
}
