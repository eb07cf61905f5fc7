package io.tensorpool.system;

import io.aeron.Aeron;
import io.aeron.FragmentAssembler;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.tensorpool.ClockDomain;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.client.ClientContext;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.protocol.DriverEventProxy;
import io.tensorpool.protocol.DriverRequestAdapter;
import io.tensorpool.protocol.DriverRequestListener;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.shm.DriverNamespace;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.EpochStore;
import io.tensorpool.shm.RegionFactory;
import io.tensorpool.shm.RegionOptions;
import io.tensorpool.support.Await;
import io.tensorpool.support.MessageLog;
import io.tensorpool.support.ShmDirectory;
import io.tensorpool.support.TestDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.agrona.CloseHelper;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * In place of a driver: hears what clients ask through a real media driver, and says what the test wants said, whole or
 * disfigured. Its memory is real. Its one stream is {@link #STREAM_ID}.
 */
final class ScriptedDriver implements DriverRequestListener, AutoCloseable {
    /** A request for a lease as it came. */
    record Attach(long correlationId, int clientId, int roleCode) {}

    static final int STREAM_ID = 10_000;
    static final long KEEPALIVE_NS = TimeUnit.MILLISECONDS.toNanos(30);
    static final long ANNOUNCE_NS = TimeUnit.SECONDS.toNanos(1);
    static final long LEASE_NS = TimeUnit.MINUTES.toNanos(1);

    final List<Attach> attaches = new ArrayList<>();
    final List<Long> keepalives = new ArrayList<>();
    final List<Long> detaches = new ArrayList<>();
    final ShmDirectory directory = ShmDirectory.create();
    private final Endpoint control;
    private final Endpoint announce;
    private final Publication publication;
    private final Publication announcePublication;
    private final Subscription subscription;
    private final FragmentAssembler requests = new FragmentAssembler(new DriverRequestAdapter(this));
    private final MessageLog said = new MessageLog();
    private final DriverEventProxy events = new DriverEventProxy(said);
    private final AnnounceProxy announces;
    private final EpochStore store;
    private final List<EpochMapping> epochs = new ArrayList<>();

    /**
     * On streams of its own.
     *
     * @param controlStreamId and the one after it for announces.
     */
    ScriptedDriver(final Aeron aeron, final int controlStreamId) {
        control = Endpoint.ipc(controlStreamId);
        announce = Endpoint.ipc(controlStreamId + 1);
        publication = aeron.addPublication(control.channel(), control.streamId());
        announcePublication = aeron.addPublication(announce.channel(), announce.streamId());
        subscription = aeron.addSubscription(control.channel(), control.streamId());
        announces = new AnnounceProxy(new PublicationSink(announcePublication));
        final DriverNamespace namespace = DriverNamespace.lock(directory.path(), "test", "default", 0660, false);
        store = new EpochStore(
                namespace, new RegionFactory(namespace, new RegionOptions(0660, false, false, false)), true, 1_000);
    }

    /** For a client of this driver: impatient, with keepalives that come quickly. */
    ClientContext clientContext(final String aeronDirectoryName) {
        return new ClientContext()
                .aeronDirectoryName(aeronDirectoryName)
                .allowedBaseDirs(List.of(directory.path()))
                .controlEndpoint(control)
                .announceEndpoint(announce)
                .keepaliveIntervalNs(KEEPALIVE_NS)
                .announcePeriodNs(ANNOUNCE_NS)
                .attachTimeoutNs(TimeUnit.SECONDS.toNanos(5))
                .addTimeoutNs(TimeUnit.SECONDS.toNanos(20))
                .backoffNs(TimeUnit.MILLISECONDS.toNanos(1), TimeUnit.MILLISECONDS.toNanos(10));
    }

    int work() {
        return subscription.poll(requests, 32);
    }

    void await(final String what, final BooleanSupplier condition) {
        Await.until(what, this::work, condition);
    }

    /** The request after those that were taken before. */
    Attach nextAttach() {
        await("an attach request", () -> !attaches.isEmpty());
        return attaches.removeFirst();
    }

    /** The client has gone through some duty cycles, all of them with the lease. */
    void awaitKeepalives(final long leaseId) {
        keepalives.clear();
        await("keepalives of lease " + leaseId, () -> keepalives.size() >= 4);
        if (keepalives.subList(1, keepalives.size()).stream().anyMatch(each -> each != leaseId)) {
            throw new AssertionError("expected keepalives of lease " + leaseId + ", came " + keepalives);
        }
    }

    /** The next epoch of the stream, stamped now. */
    EpochRegions newEpoch() {
        final EpochMapping made = store.create(STREAM_ID, TestDriver.PROFILE, true);
        made.stampActivity(System.nanoTime());
        epochs.add(made);
        return made.regions();
    }

    void grant(final Attach request, final long leaseId, final EpochRegions regions) {
        grant(request, leaseId, System.nanoTime() + LEASE_NS, regions, message -> {});
    }

    void grant(
            final Attach request,
            final long leaseId,
            final long expiryNs,
            final EpochRegions regions,
            final Consumer<UnsafeBuffer> change) {
        say(() -> events.attached(request.correlationId, leaseId, expiryNs, 1, regions), change);
    }

    void refuse(final Attach request, final String text) {
        say(() -> events.attachRefused(request.correlationId, ResponseCode.REJECTED, text), message -> {});
    }

    void revoke(final long leaseId, final int streamId, final int clientId, final Role role) {
        revoke(leaseId, streamId, clientId, role, message -> {});
    }

    void revoke(
            final long leaseId,
            final int streamId,
            final int clientId,
            final Role role,
            final Consumer<UnsafeBuffer> change) {
        say(
                () -> events.leaseRevoked(System.nanoTime(), leaseId, streamId, clientId, role, RevokeReason.REVOKED),
                change);
    }

    /** A producer gives its lease back. */
    void detachProducer(final int streamId, final int clientId) {
        say(
                () -> events.leaseRevoked(
                        System.nanoTime(), 77, streamId, clientId, Role.PRODUCER, RevokeReason.DETACHED),
                message -> {});
    }

    void shutdown() {
        say(() -> events.shutdown(System.nanoTime(), ShutdownReason.NORMAL), message -> {});
    }

    void announce(final EpochRegions regions, final int producerId) {
        await(
                "an announce is sent",
                () -> announces.announce(regions, producerId, System.nanoTime(), ClockDomain.MONOTONIC) > 0);
    }

    private void say(final LongSupplier message, final Consumer<UnsafeBuffer> change) {
        message.getAsLong();
        final UnsafeBuffer bytes = new UnsafeBuffer(said.take());
        change.accept(bytes);
        await("a message is sent", () -> publication.offer(bytes) > 0);
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
        attaches.add(new Attach(correlationId, clientId, roleCode));
    }

    @Override
    public void onDetachRequest(
            final long correlationId, final long leaseId, final int streamId, final int clientId, final int roleCode) {
        detaches.add(leaseId);
        say(() -> events.detached(correlationId, ResponseCode.OK, ""), message -> {});
    }

    @Override
    public void onKeepalive(
            final long leaseId,
            final int streamId,
            final int clientId,
            final int roleCode,
            final long clientTimestampNs) {
        keepalives.add(leaseId);
    }

    @Override
    public void onShutdownRequest(final long correlationId, final int reasonCode, final String token) {
        throw new AssertionError("a client asked the driver to end");
    }

    @Override
    public void onUnreadableAttachRequest(final long correlationId, final boolean newerVersion) {
        throw new AssertionError("an attach request that cannot be read");
    }

    @Override
    public void onUnreadableDetachRequest(final long correlationId, final boolean newerVersion) {
        throw new AssertionError("a detach request that cannot be read");
    }

    @Override
    public void onUnreadableMessage(final boolean newerVersion) {
        throw new AssertionError("a message that cannot be read");
    }

    @Override
    public void close() {
        epochs.forEach(EpochMapping::release);
        CloseHelper.closeAll(publication, announcePublication, subscription, store, directory);
    }
}
