package io.tensorpool.system;

import io.aeron.Aeron;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.tensorpool.ClockDomain;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolSpec;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.StreamProfile;
import io.tensorpool.codec.driver.HugepagesPolicy;
import io.tensorpool.codec.driver.MessageHeaderDecoder;
import io.tensorpool.codec.driver.MessageHeaderEncoder;
import io.tensorpool.codec.driver.PublishMode;
import io.tensorpool.codec.driver.ShmAttachRequestEncoder;
import io.tensorpool.codec.driver.ShmAttachResponseDecoder;
import io.tensorpool.codec.driver.ShmDetachResponseDecoder;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.protocol.AnnounceAdapter;
import io.tensorpool.protocol.DriverEventAdapter;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.support.Await;
import io.tensorpool.support.ManualClock;
import io.tensorpool.support.ShmDirectory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A talk with a launched driver through a real media driver. The driver runs in the test's thread, with a clock that stands
 * still until the test moves it, and announces on its control stream, so that the order of all it says shows. What it says is
 * written down one line each, leases and epochs named in the order of their first mention: L1, L2, …, e1, e2, …
 */
final class DriverDialogue implements DriverEventListener, AutoCloseable {
    static final int STREAM_ID = 10_000;
    static final int OTHER_STREAM_ID = 10_001;
    static final int DYNAMIC_STREAM_ID = 20_000;
    static final long ANNOUNCE_NS = TimeUnit.SECONDS.toNanos(1);
    static final long LEASE_NS = TimeUnit.SECONDS.toNanos(3);
    static final long START_NS = TimeUnit.HOURS.toNanos(1);
    static final int NSLOTS = 4;
    static final StreamProfile PROFILE =
            new StreamProfile("small", NSLOTS, List.of(new PoolSpec(1, 128), new PoolSpec(2, 4096)));

    /** A question that changes nothing: its answer comes after all that was said before. */
    private static final long MARK = Long.MIN_VALUE;

    final ManualClock clock = new ManualClock(START_NS);
    final ShmDirectory directory = ShmDirectory.create();
    final List<Throwable> errors = new ArrayList<>();
    final TensorPoolDriver driver;
    final DriverRequestProxy client;
    final Publication publication;
    private final Subscription subscription;
    private final List<String> heard = new ArrayList<>();
    private final Map<String, Long> leases = new LinkedHashMap<>();
    private final List<Long> epochs = new ArrayList<>();
    private final DriverEventAdapter events = new DriverEventAdapter(this);
    private final AnnounceAdapter announces = new AnnounceAdapter(this::onAnnounce);
    private final FragmentAssembler handler =
            new FragmentAssembler((buffer, offset, length, header) -> onMessage(buffer, offset, length));
    private UnsafeBuffer lastMessage = new UnsafeBuffer(new byte[0]);
    private boolean isMarked;

    /**
     * Launches a driver.
     *
     * @param control  of this talk alone.
     * @param settings changes what {@link #context} says.
     */
    DriverDialogue(final Aeron aeron, final Endpoint control, final Consumer<DriverContext> settings) {
        final DriverContext context = context(aeron.context().aeronDirectoryName())
                .controlEndpoint(control)
                .announceEndpoint(control);
        settings.accept(context);
        publication = aeron.addPublication(control.channel(), control.streamId());
        subscription = aeron.addSubscription(control.channel(), control.streamId());
        client = new DriverRequestProxy(new PublicationSink(publication));
        driver = TensorPoolDriver.launch(context);
        Await.until("driver and client are connected", () -> subscription.isConnected() && publication.isConnected());
    }

    private DriverContext context(final String aeronDirectoryName) {
        return new DriverContext()
                .aeronDirectoryName(aeronDirectoryName)
                .useAgentInvoker(true)
                .errorHandler(errors::add)
                .nanoClock(clock)
                .baseDir(directory.path())
                .user("test")
                .addProfile(PROFILE)
                .addStream(STREAM_ID, "small")
                .addStream(OTHER_STREAM_ID, "small")
                .allowDynamicStreams(true)
                .dynamicStreamRange(new StreamIdRange(DYNAMIC_STREAM_ID, DYNAMIC_STREAM_ID + 9))
                .announcePeriodNs(ANNOUNCE_NS)
                .keepaliveIntervalNs(LEASE_NS / 3)
                .expiryGraceIntervals(3);
    }

    /** The driver's duty cycle, without listening to what it says. */
    int driveOnly() {
        return driver.doWork();
    }

    int work() {
        return driver.doWork() + subscription.poll(handler, 64);
    }

    void send(final LongSupplier message) {
        Await.until("a message can be sent", this::work, () -> message.getAsLong() > 0);
    }

    /** An attach request like any other but for the change; correlation id 1, client 5, a producer of {@link #STREAM_ID}. */
    void request(final Consumer<ShmAttachRequestEncoder> change) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[128]);
        final ShmAttachRequestEncoder request = new ShmAttachRequestEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .correlationId(1)
                .streamId(STREAM_ID)
                .clientId(5)
                .role(io.tensorpool.codec.driver.Role.PRODUCER)
                .expectedLayoutVersion(1)
                .publishMode(PublishMode.EXISTING_OR_CREATE)
                .requireHugepages(HugepagesPolicy.UNSPECIFIED)
                .desiredNodeId(ShmAttachRequestEncoder.desiredNodeIdNullValue());
        change.accept(request);
        offer(buffer, MessageHeaderEncoder.ENCODED_LENGTH + request.encodedLength());
    }

    void offer(final DirectBuffer buffer, final int length) {
        send(() -> publication.offer(buffer, 0, length));
    }

    void attach(final long correlationId, final int streamId, final int clientId, final Role role) {
        send(() -> client.attach(correlationId, streamId, clientId, role, 1, DriverRequestProxy.NO_NODE_ID));
    }

    void detach(final long correlationId, final String lease, final int clientId, final Role role) {
        final long leaseId = leaseId(lease);
        send(() -> client.detach(correlationId, leaseId, STREAM_ID, clientId, role));
    }

    void keepAlive(final String lease, final int clientId, final Role role) {
        final long leaseId = leaseId(lease);
        send(() -> client.keepalive(leaseId, STREAM_ID, clientId, role, clock.nanoTime()));
    }

    /** A producer as client 5 with lease L1 in epoch e1, and everything said until now forgotten. */
    void holdProducer() {
        attach(900, STREAM_ID, 5, Role.PRODUCER);
        hear("attached 900 L1 e1", "announce e1 producer 5 at 0 ms");
    }

    /** A consumer with the next lease, in the epoch of the producer that is there. */
    void holdConsumer(final int clientId) {
        attach(901, STREAM_ID, clientId, Role.CONSUMER);
        hear("attached 901 L" + (leases.size() + 1) + " e" + epochs.size());
    }

    long leaseId(final String name) {
        return leases.getOrDefault(name, -7L);
    }

    /** Numbers of the epochs in the order of their first mention. */
    List<Long> epochs() {
        return epochs;
    }

    /** What the driver says, all of it and in this order, and nothing else. */
    void hear(final String... lines) {
        Await.until(
                () -> "heard " + heard + ", expected " + List.of(lines),
                this::work,
                () -> heard.size() >= lines.length);
        isMarked = false;
        send(() -> client.detach(MARK, MARK, 0, 0, Role.PRODUCER));
        Await.until("what was asked last is answered", this::work, () -> isMarked);
        final List<String> taken = List.copyOf(heard);
        heard.clear();
        if (!taken.equals(List.of(lines))) {
            throw new AssertionError("expected " + List.of(lines) + "\n but heard " + taken);
        }
    }

    void hearAfter(final long durationNs, final String... lines) {
        clock.advance(durationNs);
        hear(lines);
    }

    /** Moves what was heard until now to the end of a list, and returns that. */
    List<String> take(final List<String> to) {
        to.addAll(heard);
        heard.clear();
        return to;
    }

    /** Hears what was said, without the driver. */
    int listen() {
        return subscription.poll(handler, 64);
    }

    /** The driver's answer to a command of its own process. */
    <T> T answer(final CompletableFuture<T> command) {
        Await.until("the driver takes a command", this::work, command::isDone);
        return command.join();
    }

    /** The next message that the driver sends, as it is on the wire. */
    DirectBuffer nextMessage() {
        final int before = heard.size();
        Await.until(
                "a message of the driver",
                () -> driver.doWork() + subscription.poll(handler, 1),
                () -> heard.size() > before);
        heard.clear();
        return lastMessage;
    }

    ShmAttachResponseDecoder nextAttachResponse() {
        return new ShmAttachResponseDecoder().wrapAndApplyHeader(nextMessage(), 0, new MessageHeaderDecoder());
    }

    ShmDetachResponseDecoder nextDetachResponse() {
        return new ShmDetachResponseDecoder().wrapAndApplyHeader(nextMessage(), 0, new MessageHeaderDecoder());
    }

    private void onMessage(final DirectBuffer buffer, final int offset, final int length) {
        final int before = heard.size();
        final byte[] copy = new byte[length];
        buffer.getBytes(offset, copy);
        final UnsafeBuffer message = new UnsafeBuffer(copy);
        events.onFragment(message, 0, length, null);
        announces.onFragment(message, 0, length, null);
        if (heard.size() > before) {
            lastMessage = message;
        }
    }

    private String lease(final long leaseId) {
        for (final Map.Entry<String, Long> known : leases.entrySet()) {
            if (known.getValue() == leaseId) {
                return known.getKey();
            }
        }
        final String name = "L" + (leases.size() + 1);
        leases.put(name, leaseId);
        return name;
    }

    private String epoch(final EpochRegions regions) {
        if (!epochs.contains(regions.epoch())) {
            epochs.add(regions.epoch());
        }
        return "e" + (epochs.indexOf(regions.epoch()) + 1);
    }

    @Override
    public void onAttached(
            final long correlationId,
            final long leaseId,
            final long leaseExpiryNs,
            final int nodeId,
            final EpochRegions regions) {
        heard.add("attached " + correlationId + " " + lease(leaseId) + " " + epoch(regions));
    }

    @Override
    public void onAttachRefused(final long correlationId, final ResponseCode code, final String text) {
        heard.add("refused " + correlationId + " " + code + ": " + text);
    }

    @Override
    public void onAttachProtocolError(final long correlationId, final String fault) {
        heard.add("protocol error " + correlationId + ": " + fault);
    }

    @Override
    public void onDetached(final long correlationId, final ResponseCode code) {
        if (correlationId == MARK) {
            isMarked = true;
        } else {
            heard.add("detached " + correlationId + " " + code);
        }
    }

    @Override
    public void onLeaseRevoked(
            final long leaseId, final int streamId, final int clientId, final Role role, final RevokeReason reason) {
        heard.add("revoked " + lease(leaseId) + " of " + clientId + " as " + role + " on " + streamId + ": " + reason);
    }

    @Override
    public void onDriverShutdown(final long timestampNs, final ShutdownReason reason) {
        heard.add("shutdown");
    }

    private void onAnnounce(
            final EpochRegions regions, final int producerId, final long timestampNs, final ClockDomain clockDomain) {
        heard.add("announce " + epoch(regions) + " producer " + producerId + " at "
                + TimeUnit.NANOSECONDS.toMillis(timestampNs - START_NS) + " ms");
    }

    @Override
    public void close() {
        CloseHelper.closeAll(driver, publication, subscription, directory);
    }
}
