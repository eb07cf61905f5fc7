package io.tensorpool.runtime;

import io.aeron.Aeron;
import io.aeron.Counter;
import io.aeron.ExclusivePublication;
import io.aeron.Subscription;
import io.tensorpool.ConfigurationException;
import io.tensorpool.DeadlineException;
import io.tensorpool.Endpoint;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.AgentTerminationException;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/**
 * A service's connection to Aeron. The Aeron client is made here and driven by the service's own conductor (so that one
 * thread owns it), or given by the application and left alone.
 *
 * <p>Aeron closes a client when its media driver is gone, or when this process stood still for longer than the client
 * liveness. One of our own is then replaced: when a media driver is active again, by a new one with everything that was
 * added to the old one. What waits or touches files is done by a worker, so that no duty cycle waits. A given one is not
 * ours to replace: the connection is closed.
 *
 * <p>What Aeron has unmapped must not be touched, which would end the JVM. All that Aeron hands out says that it is closed
 * before it is unmapped; in between this waits for the threads that were inside it at that moment, which its
 * {@link #addUser users} tell.
 */
public final class AeronConnection implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(AeronConnection.class.getName());
    private static final long BACKOFF_MIN_NS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long BACKOFF_MAX_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long REPLACED_CHECK_NS = TimeUnit.MILLISECONDS.toNanos(500);

    private final AeronFactory factory;
    private final ServiceContext<?> context;
    private final String name;
    private final boolean isOwned;
    private final long closeHandlerId;
    private final List<AeronResource<?>> resources = new ArrayList<>();
    private final List<AeronResource<?>> unsettled = new ArrayList<>();
    private final List<AeronResource<?>> lasting = new ArrayList<>();
    private final List<BooleanSupplier> users = new CopyOnWriteArrayList<>();
    private final FileWorker worker;

    private @Nullable Aeron aeron;
    private volatile boolean hasTerminated;
    private volatile @Nullable String cause;
    private volatile @Nullable AeronResource<?> first;
    private int losses;
    private boolean isWhole = true;
    private boolean isCounterMissed;
    private boolean isConnecting;
    private boolean isClosed;
    private long lostNs;
    private long nextCheckNs;
    private long backoffNs = BACKOFF_MIN_NS;

    private AeronConnection(final ServiceContext<?> context, final String name) {
        this.context = context;
        this.name = name;
        this.factory = new AeronFactory(context, name, this::onAeronError, this::awaitUsers);
        this.worker = new FileWorkerThread(name + "-aeron");
        final Aeron given = context.aeron();
        isOwned = given == null;
        aeron = given == null ? factory.connect() : given;
        closeHandlerId = given == null ? Aeron.NULL_VALUE : given.addCloseHandler(this::awaitUsers);
    }

    /**
     * Connects, or takes the given client.
     *
     * @param context concluded.
     * @param name    of the client, for Aeron's tools.
     * @return the connection.
     * @throws DeadlineException if no media driver answers in the context's directory in time.
     */
    public static AeronConnection connect(final ServiceContext<?> context, final String name) {
        return new AeronConnection(context, name);
    }

    /**
     * Subscribes, so that a reader that stands still does not stop the writers. Before the conductor runs: waits.
     *
     * @param endpoint where to.
     * @return the subscription; closed with this.
     * @throws ConfigurationException if the media driver refuses the channel, with its reason.
     * @throws DeadlineException      if the media driver does not answer.
     */
    public LastingSubscription subscribe(final Endpoint endpoint) {
        return new LastingSubscription(keep(await(addSubscription(endpoint))));
    }

    /**
     * Adds a shared publication that leaves slow readers behind. Before the conductor runs: waits.
     *
     * @param endpoint where to.
     * @return where messages go; closed with this.
     * @throws ConfigurationException if the media driver refuses the channel, for instance because the publication exists
     *                                with another term length.
     * @throws DeadlineException      if the media driver does not answer.
     */
    public LastingPublication publish(final Endpoint endpoint) {
        final LastingPublication added = addPublication(endpoint);
        keep(await(added.resource()));
        return added;
    }

    /**
     * Adds a shared publication as {@link #publish} does, without waiting.
     *
     * @param endpoint where to.
     * @return where messages go; throws {@link ConfigurationException} if the media driver refuses the channel.
     */
    public LastingPublication addPublication(final Endpoint endpoint) {
        return new LastingPublication(
                this, add(new AeronResource.OfPublication(endpoint), "publication on " + endpoint, added -> {}));
    }

    /**
     * Subscribes as {@link #subscribe} does, without waiting.
     *
     * @param endpoint where to.
     * @return the subscription.
     */
    public AeronResource<Subscription> addSubscription(final Endpoint endpoint) {
        return add(new AeronResource.OfSubscription(endpoint), "subscription on " + endpoint, added -> {});
    }

    /**
     * Subscribes to one publication alone, without waiting.
     *
     * @param endpoint  where the publication is.
     * @param sessionId of the publication.
     * @return the subscription.
     */
    public AeronResource<Subscription> addSubscription(final Endpoint endpoint, final int sessionId) {
        return add(
                new AeronResource.OfSubscription(Channels.session(endpoint.channel(), sessionId), endpoint.streamId()),
                "subscription to session " + sessionId + " on " + endpoint,
                added -> {});
    }

    /**
     * Adds an exclusive publication that leaves slow readers behind, without waiting.
     *
     * @param endpoint where to.
     * @return the publication; each Aeron client gives it another session id.
     */
    public AeronResource<ExclusivePublication> addExclusivePublication(final Endpoint endpoint) {
        return add(new AeronResource.OfExclusivePublication(endpoint), "publication on " + endpoint, added -> {});
    }

    /**
     * Counters of a service among Aeron's.
     *
     * @param prefix of each label, such as {@code tensorpool-driver driver-01}.
     * @return the counters.
     */
    public ServiceCounters counters(final String prefix) {
        return new ServiceCounters(this, prefix);
    }

    AeronResource<Counter> addCounter(final String label, final Consumer<Counter> onReady) {
        return add(new AeronResource.OfCounter(ServiceCounters.TYPE_ID, label), "counter '" + label + "'", onReady);
    }

    private <T extends AutoCloseable> AeronResource<T> add(
            final AeronResource.Kind<T> kind, final String what, final Consumer<T> onReady) {
        final AeronResource<T> resource = new AeronResource<>(this, kind, what, onReady);
        if (first == null) {
            first = resource;
        }
        resources.add(resource);
        unsettled.add(resource);
        return resource;
    }

    private <T extends AutoCloseable> AeronResource<T> keep(final AeronResource<T> resource) {
        lasting.add(resource);
        return resource;
    }

    /**
     * Whether everything is there that the service has had since its launch. After a loss the answer to what is said before
     * might not be heard.
     */
    boolean isWhole() {
        return isWhole;
    }

    private boolean areLastingThere() {
        for (final AeronResource<?> resource : lasting) {
            if (!resource.isReady()) {
                return false;
            }
        }
        return true;
    }

    void forget(final AeronResource<?> resource) {
        if (!isClosed) {
            resources.remove(resource);
            unsettled.remove(resource);
        }
    }

    private <T extends AutoCloseable> AeronResource<T> await(final AeronResource<T> resource) {
        await(resource::isSettled, resource.toString());
        resource.current();
        return resource;
    }

    /**
     * Waits until everything that was added is there, or refused. Before the conductor runs.
     *
     * @throws DeadlineException if the media driver does not answer.
     */
    public void awaitAdded() {
        await(unsettled::isEmpty, "answer");
    }

    private void await(final BooleanSupplier condition, final String what) {
        final Deadline deadline = Deadline.after(SystemNanoClock.INSTANCE, answerTimeoutNs());
        final IdleStrategy idle = context.idleStrategySupplier().get();
        while (!condition.getAsBoolean()) {
            if (deadline.hasPassed() || isClosed() || aeron == null) {
                throw new DeadlineException("no " + what + ": the Aeron media driver does not answer"
                        + (cause == null ? "" : ": " + cause));
            }
            if (Thread.currentThread().isInterrupted()) {
                throw new TensorPoolException("interrupted while waiting for the Aeron media driver");
            }
            idle.idle(doWork());
        }
    }

    /** Time after which an answer of the media driver's is not to be expected any more. */
    long answerTimeoutNs() {
        return context.mediaDriverTimeoutNs();
    }

    ErrorHandler errorHandler() {
        return context.errorHandler();
    }

    void report(final String message) {
        context.errorHandler().onError(new TensorPoolException(name + ": " + message));
    }

    /** One that has no place for a counter has none for the next thousand either; everything else goes on. */
    void reportCounter(final String what, final RuntimeException failure) {
        if (!isCounterMissed) {
            isCounterMissed = true;
            report("no " + what + ", and perhaps others: " + failure.getMessage());
        }
    }

    /**
     * Says that somebody's thread uses what was added here.
     *
     * @param isInside any thread: whether that thread is inside something of Aeron's at this moment.
     */
    public void addUser(final BooleanSupplier isInside) {
        users.add(isInside);
    }

    /**
     * Keeps a given Aeron client from being unmapped while a conductor is at work.
     *
     * @param conductor uses what was added here.
     * @return to be run in its place.
     */
    public Agent guard(final Agent conductor) {
        if (isOwned) {
            return conductor; // which closes the client itself
        }
        final GivenAeronGuard guard = new GivenAeronGuard(conductor);
        users.add(guard::isAnotherThreadInside);
        return guard;
    }

    /** Aeron has closed everything and is about to unmap it: in its thread, or in the worker's. */
    private void awaitUsers() {
        final IdleStrategy idle = context.idleStrategySupplier().get();
        for (final BooleanSupplier isInside : users) {
            while (isInside.getAsBoolean()) {
                idle.idle();
            }
        }
    }

    /** Errors of our own Aeron client. Those with which it ends are told in our own words, once. */
    private void onAeronError(final Throwable error) {
        if (AeronFactory.endsClient(error) || hasClosedResources()) {
            hasTerminated = true;
            cause = AeronFactory.causeOf(error);
        } else if (AeronFactory.isLogGone(error)) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: a publication ended before it was mapped", name);
        } else {
            context.errorHandler().onError(error);
        }
    }

    /** Whether Aeron has given a client up. */
    boolean hasEnded(final Aeron client) {
        return client.isClosed() || (isOwned && hasTerminated) || hasClosedResources();
    }

    /** Aeron closes everything at once; the first thing that a service adds it keeps. */
    private boolean hasClosedResources() {
        final AeronResource<?> oldest = first;
        return oldest != null && oldest.isClosedByAeron();
    }

    /**
     * Whether this is over for good: closed, or the given Aeron client was closed. Nothing of Aeron's may be touched then.
     *
     * @return true from then on.
     */
    public boolean isClosed() {
        return isClosed || (!isOwned && aeron != null && hasEnded(aeron));
    }

    /**
     * How often the Aeron client was lost. Whoever holds something of Aeron's drops it when this has changed, and gets it
     * from its {@link AeronResource} when that has it again.
     *
     * @return from 0.
     */
    public int losses() {
        return losses;
    }

    /**
     * Whether there is an Aeron client, as far as is known.
     *
     * @return false from a loss until a new one is there.
     */
    public boolean isConnected() {
        return aeron != null && !isClosed();
    }

    /**
     * Drives the Aeron client if it is ours, replaces it if it was lost, and adds what is to be added. Conductor's thread, at
     * the beginning of its duty cycle.
     *
     * @return work count.
     */
    public int doWork() {
        if (isClosed()) {
            return 0;
        }
        final Aeron current = aeron;
        final long nowNs = System.nanoTime();
        if (current == null) {
            return worker.drainCompletions() + reconnect(nowNs);
        }
        int workCount = 0;
        if (isOwned) {
            final AgentInvoker invoker = current.conductorAgentInvoker();
            workCount += invoker == null ? 0 : invoker.invoke();
            workCount += worker.drainCompletions();
            if (hasEnded(current)) {
                lose(current, nowNs);
                return workCount + 1;
            }
            checkReplaced(current, nowNs);
        }
        return unsettled.isEmpty() ? workCount : workCount + settle(current, nowNs);
    }

    private int settle(final Aeron current, final long nowNs) {
        int workCount = 0;
        for (int i = unsettled.size() - 1; i >= 0; i--) {
            final AeronResource<?> resource = unsettled.get(i);
            workCount += resource.advance(current, nowNs);
            if (resource.isSettled()) {
                unsettled.remove(i);
            }
        }
        isWhole = isWhole || areLastingThere();
        return workCount;
    }

    /** A media driver that was killed is missed after seconds only, but its successor's files lie in the same place at once. */
    private void checkReplaced(final Aeron current, final long nowNs) {
        if (nowNs - nextCheckNs < 0) {
            return;
        }
        nextCheckNs = nowNs + REPLACED_CHECK_NS;
        if (factory.isSilent(current)) {
            worker.submit(factory::isReplaced, (isReplaced, failure) -> {
                if (Boolean.TRUE.equals(isReplaced) && current.equals(aeron)) {
                    cause = "another media driver has taken the place of its own";
                    hasTerminated = true;
                }
            });
        }
    }

    private void lose(final Aeron lost, final long nowNs) {
        losses++;
        lostNs = nowNs;
        nextCheckNs = nowNs;
        backoffNs = BACKOFF_MIN_NS;
        aeron = null;
        isWhole = false;
        hasTerminated = false;
        unsettled.clear();
        for (final AeronResource<?> resource : resources) {
            resource.drop(nowNs);
            unsettled.add(resource);
        }
        close(lost);
        report("its Aeron client was closed: the media driver in " + context.aeronDirectoryName()
                + " is gone, or this process stood still for too long (" + cause + "); it waits for a media driver");
        cause = null;
    }

    private void close(final Aeron lost) {
        worker.submit(
                () -> {
                    lost.close();
                    return lost;
                },
                (closed, failure) -> {
                    if (failure != null && !(failure instanceof AgentTerminationException)) {
                        context.errorHandler().onError(failure);
                    }
                });
    }

    private int reconnect(final long nowNs) {
        if (aeron != null || isConnecting || nowNs - nextCheckNs < 0) {
            return 0;
        }
        isConnecting = true;
        worker.submit(factory::connectIfActive, this::onConnected);
        return 1;
    }

    @SuppressWarnings("NullableOptional") // null is what every failed task gives
    private void onConnected(final @Nullable Optional<Aeron> connected, final @Nullable Throwable failure) {
        isConnecting = false;
        final @Nullable Aeron next = connected == null ? null : connected.orElse(null);
        if (isClosed) {
            CloseHelper.close(context.errorHandler(), next);
        } else if (next != null) {
            aeron = next;
            hasTerminated = false;
            LOG.log(
                    System.Logger.Level.INFO,
                    "{0}: connected to a media driver again, {1} ms after the loss",
                    name,
                    TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - lostNs));
        } else {
            if (failure != null) {
                LOG.log(System.Logger.Level.DEBUG, "{0}: not connected: {1}", name, failure);
            }
            nextCheckNs = System.nanoTime() + backoffNs;
            backoffNs = Math.min(2 * backoffNs, BACKOFF_MAX_NS);
        }
    }

    /** Closes the client if it is ours, else what was added to it: nobody is going to read those subscriptions any more. */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        final boolean isUsable = isConnected();
        isClosed = true;
        worker.close();
        final Aeron current = aeron;
        if (isOwned) {
            CloseHelper.close(context.errorHandler(), current);
        } else if (current != null && isUsable) {
            resources.forEach(AeronResource::close);
            current.removeCloseHandler(closeHandlerId);
        }
    }
}
