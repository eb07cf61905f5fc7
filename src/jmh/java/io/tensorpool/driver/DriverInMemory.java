package io.tensorpool.driver;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolSpec;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.ScratchDirectory;
import io.tensorpool.StreamProfile;
import io.tensorpool.protocol.AnnounceProxy;
import io.tensorpool.protocol.DriverEventAdapter;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.DriverEventProxy;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.runtime.FileWorker;
import io.tensorpool.runtime.ServiceCounters;
import io.tensorpool.shm.DriverNamespace;
import io.tensorpool.shm.EpochStore;
import io.tensorpool.shm.RegionFactory;
import io.tensorpool.shm.RegionOptions;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * A driver's conductor in the thread that measures: time moves when it is told to, messages go through memory, files are
 * real, with four slots of 128 bytes, and made within the duty cycle.
 */
final class DriverInMemory implements AutoCloseable, DriverEventListener {
    static final int FIRST_STREAM_ID = 20_000;
    static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(1);

    private static final int PERMISSIONS = 0600;
    private static final StreamProfile PROFILE = new StreamProfile("small", 4, List.of(new PoolSpec(1, 128)));
    private static final int FRAGMENT_LIMIT = 64;
    private static final int MAX_STREAMS = 10_000;

    private final ScratchDirectory directory = new ScratchDirectory();
    private final DriverNamespace namespace =
            DriverNamespace.lock(directory.path(), "benchmark", "default", PERMISSIONS, true);
    private final MemoryChannel requests = new MemoryChannel();
    private final MemoryChannel events = new MemoryChannel();
    private final MemoryChannel announces = new MemoryChannel();
    private final DriverRequestProxy proxy = new DriverRequestProxy(requests);
    private final DriverEventAdapter adapter = new DriverEventAdapter(this);
    private final DriverConductor conductor;
    private long nowNs = TimeUnit.HOURS.toNanos(1);
    private long correlationId;
    private long lastLeaseId;
    private long granted;
    private long detached;

    DriverInMemory() {
        final DriverContext context = new DriverContext()
                .addProfile(PROFILE)
                .allowDynamicStreams(true)
                .dynamicStreamRange(new StreamIdRange(FIRST_STREAM_ID, FIRST_STREAM_ID + MAX_STREAMS - 1))
                .announcePeriodNs(PERIOD_NS)
                .keepaliveIntervalNs(PERIOD_NS)
                .nodeIdCooldownNs(1)
                .nanoClock(() -> nowNs)
                .errorHandler(DriverInMemory::fail);
        context.conclude();
        final DriverCounters counters = new DriverCounters(new ServiceCounters(null, "benchmark"));
        final DriverStreams streams = new DriverStreams(
                context,
                new SameThread(),
                new EpochStore(
                        namespace,
                        new RegionFactory(namespace, new RegionOptions(PERMISSIONS, false, false, false)),
                        context.epochPolicy().removeAtClose(),
                        1),
                new LeaseTable(1),
                new DriverStreams.Proxies(new DriverEventProxy(events), new AnnounceProxy(announces)),
                counters,
                DriverTimings.NONE);
        conductor = new DriverConductor(
                context,
                new DriverConductor.Hearing(requests, null),
                streams,
                counters,
                DriverTimings.NONE,
                () -> 0,
                () -> {});
    }

    private static void fail(final Throwable error) {
        throw new IllegalStateException(error);
    }

    /** Does files where they are asked for. */
    private static final class SameThread implements FileWorker {
        private final Queue<Runnable> completions = new ArrayDeque<>();

        @Override
        public <T> void submit(final Callable<T> task, final Completion<T> completion) {
            final T result;
            try {
                result = task.call();
            } catch (final Exception ex) {
                throw new IllegalStateException(ex);
            }
            completions.add(() -> completion.onCompleted(result, null));
        }

        @Override
        public int drainCompletions() {
            int count = 0;
            while (!completions.isEmpty()) {
                completions.remove().run();
                count++;
            }
            return count;
        }

        @Override
        public void close() {
            drainCompletions();
        }
    }

    /** One duty cycle. */
    int doWork() {
        return conductor.doWork();
    }

    void advance(final long byNs) {
        nowNs += byNs;
    }

    /** Asks for a lease, and works until it is granted; its id. */
    long attach(final int streamId, final int clientId, final Role role) {
        final long before = granted;
        proxy.attach(++correlationId, streamId, clientId, role, 1, DriverRequestProxy.NO_NODE_ID);
        while (granted == before) {
            conductor.doWork();
            hear();
        }
        return lastLeaseId;
    }

    /** Gives a lease back, and works until that is answered. */
    void detach(final long leaseId, final int streamId, final int clientId, final Role role) {
        final long before = detached;
        proxy.detach(++correlationId, leaseId, streamId, clientId, role);
        while (detached == before) {
            conductor.doWork();
            hear();
        }
    }

    void keepalive(final long leaseId, final int streamId, final int clientId, final Role role) {
        proxy.keepalive(leaseId, streamId, clientId, role, nowNs);
    }

    private void hear() {
        while (events.poll(adapter, FRAGMENT_LIMIT) > 0) {
            Thread.onSpinWait();
        }
    }

    /** Forgets what was announced; how many bytes that was. */
    int discardAnnounces() {
        return announces.discard();
    }

    /** Leases that were granted. */
    long granted() {
        return granted;
    }

    /** Leases that were given back. */
    long detached() {
        return detached;
    }

    @Override
    public void onAttached(
            final long ofCorrelationId,
            final long leaseId,
            final long leaseExpiryNs,
            final int nodeId,
            final EpochRegions regions) {
        lastLeaseId = leaseId;
        granted++;
    }

    @Override
    public void onDetached(final long ofCorrelationId, final ResponseCode code) {
        if (code != ResponseCode.OK) {
            throw new IllegalStateException("detach answered " + code);
        }
        detached++;
    }

    @Override
    public void onAttachRefused(final long ofCorrelationId, final ResponseCode code, final String text) {
        throw new IllegalStateException("attach answered " + code + ": " + text);
    }

    @Override
    public void onAttachProtocolError(final long ofCorrelationId, final String fault) {
        throw new IllegalStateException("attach answered what cannot be read: " + fault);
    }

    @Override
    public void onLeaseRevoked(
            final long leaseId, final int streamId, final int clientId, final Role role, final RevokeReason reason) {
        if (reason != RevokeReason.DETACHED) {
            throw new IllegalStateException("lease " + leaseId + " of stream " + streamId + " ended: " + reason);
        }
    }

    @Override
    public void onDriverShutdown(final long timestampNs, final ShutdownReason reason) {
        throw new IllegalStateException("the driver ended: " + reason);
    }

    @Override
    public void close() {
        conductor.onClose();
        namespace.close();
        directory.close();
    }
}
