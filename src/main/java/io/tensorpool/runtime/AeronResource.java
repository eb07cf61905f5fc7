package io.tensorpool.runtime;

import io.aeron.Aeron;
import io.aeron.Counter;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.aeron.exceptions.AeronException;
import io.aeron.exceptions.RegistrationException;
import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.protocol.Channels;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;

/**
 * Something of Aeron's that a service wants to have: added without waiting, and added again by the
 * {@link AeronConnection} to each Aeron client that follows a lost one. Conductor's thread.
 *
 * @param <T> what is there while there is an Aeron client.
 */
public final class AeronResource<T extends AutoCloseable> implements AutoCloseable {
    /** How a kind of resource is added and removed. */
    interface Kind<T> {
        long add(Aeron aeron);

        @Nullable
        T get(Aeron aeron, long registrationId);

        void remove(Aeron aeron, long registrationId);

        boolean isClosed(T resource);
    }

    private static final System.Logger LOG = System.getLogger(AeronResource.class.getName());
    private static final long NOT_ADDED = Aeron.NULL_VALUE;
    private static final long RETRY_NS = 1_000_000_000L;

    private final AeronConnection connection;
    private final Kind<T> kind;
    private final String what;
    private final Consumer<T> onReady;
    private @Nullable Aeron aeron;
    private @Nullable T current;
    private @Nullable RuntimeException failure;
    private long registrationId = NOT_ADDED;
    private long dueNs;
    private boolean wasThere;
    private boolean isClosed;

    AeronResource(final AeronConnection connection, final Kind<T> kind, final String what, final Consumer<T> onReady) {
        this.connection = connection;
        this.kind = kind;
        this.what = what;
        this.onReady = onReady;
    }

    /**
     * What is there now.
     *
     * @return null while it is being added, and while there is no Aeron client.
     * @throws ConfigurationException if the media driver has refused it at the first try, with its reason.
     */
    public @Nullable T current() {
        if (failure != null && !wasThere) {
            throw new ConfigurationException("no " + what + ": " + failure.getMessage(), failure);
        }
        return current;
    }

    /** What is there now, be it refused or not. */
    @Nullable
    T peek() {
        return current;
    }

    /** Whether nothing is left to do for now. */
    boolean isSettled() {
        return current != null || (failure != null && !wasThere) || isClosed;
    }

    boolean isReady() {
        return current != null;
    }

    /** Whether Aeron has closed it, which it does with all that a client has when it gives that client up. */
    boolean isClosedByAeron() {
        return current != null && kind.isClosed(current);
    }

    /** Adds it, or looks whether it is there. Returns a work count. */
    int advance(final Aeron to, final long nowNs) {
        if (isSettled()) {
            return 0;
        }
        try {
            if (registrationId == NOT_ADDED) {
                return nowNs - dueNs < 0 ? 0 : add(to, nowNs);
            }
            current = kind.get(to, registrationId);
            if (current == null) {
                return nowNs - dueNs < 0 ? 0 : addAgain(to, nowNs);
            }
        } catch (final RegistrationException | IllegalArgumentException ex) {
            onRefused(ex, nowNs);
            return 1;
        } catch (final AeronException ex) {
            LOG.log(System.Logger.Level.DEBUG, "{0}: {1}", what, ex);
            dueNs = nowNs + RETRY_NS; // Aeron is ending, or its commands are not taken at present
            return 0;
        }
        wasThere = true;
        failure = null;
        onReady.accept(current);
        return 1;
    }

    private int add(final Aeron to, final long nowNs) {
        aeron = to;
        registrationId = kind.add(to);
        dueNs = nowNs + connection.answerTimeoutNs();
        return 1;
    }

    /** An answer that does not come at all was lost on the way, for instance because its log could not be mapped. */
    private int addAgain(final Aeron to, final long nowNs) {
        kind.remove(to, registrationId);
        registrationId = NOT_ADDED;
        return add(to, nowNs);
    }

    private void onRefused(final RuntimeException cause, final long nowNs) {
        registrationId = NOT_ADDED;
        if (kind instanceof OfCounter) {
            connection.reportCounter(what, cause);
        } else if (wasThere && failure == null) {
            connection.report("no " + what + ": " + cause.getMessage());
        }
        failure = cause;
        dueNs = nowNs + RETRY_NS;
    }

    /** The Aeron client is gone: nothing of it is touched any more. */
    void drop(final long nowNs) {
        aeron = null;
        current = null;
        registrationId = NOT_ADDED;
        dueNs = nowNs;
    }

    /** Removes it for good. Aeron unmaps it a second later: call this when no thread is inside it any more. */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        connection.forget(this);
        final Aeron from = aeron;
        if (from != null && !connection.hasEnded(from)) {
            if (current != null) {
                CloseHelper.close(connection.errorHandler(), current);
            } else if (registrationId != NOT_ADDED) {
                kind.remove(from, registrationId);
            }
        }
        drop(dueNs);
    }

    @Override
    public String toString() {
        return what;
    }

    record OfSubscription(String channel, int streamId) implements Kind<Subscription> {
        OfSubscription(final Endpoint endpoint) {
            this(Channels.subscription(endpoint.channel()), endpoint.streamId());
        }

        @Override
        public long add(final Aeron aeron) {
            return aeron.asyncAddSubscription(channel, streamId);
        }

        @Override
        public @Nullable Subscription get(final Aeron aeron, final long registrationId) {
            return aeron.getSubscription(registrationId);
        }

        @Override
        public void remove(final Aeron aeron, final long registrationId) {
            aeron.asyncRemoveSubscription(registrationId);
        }

        @Override
        public boolean isClosed(final Subscription resource) {
            return resource.isClosed();
        }
    }

    record OfPublication(String channel, int streamId) implements Kind<Publication> {
        OfPublication(final Endpoint endpoint) {
            this(Channels.publication(endpoint.channel()), endpoint.streamId());
        }

        @Override
        public long add(final Aeron aeron) {
            return aeron.asyncAddPublication(channel, streamId);
        }

        @Override
        public @Nullable Publication get(final Aeron aeron, final long registrationId) {
            return aeron.getPublication(registrationId);
        }

        @Override
        public void remove(final Aeron aeron, final long registrationId) {
            aeron.asyncRemovePublication(registrationId);
        }

        @Override
        public boolean isClosed(final Publication resource) {
            return resource.isClosed();
        }
    }

    record OfExclusivePublication(String channel, int streamId) implements Kind<ExclusivePublication> {
        OfExclusivePublication(final Endpoint endpoint) {
            this(Channels.publication(endpoint.channel()), endpoint.streamId());
        }

        @Override
        public long add(final Aeron aeron) {
            return aeron.asyncAddExclusivePublication(channel, streamId);
        }

        @Override
        public @Nullable ExclusivePublication get(final Aeron aeron, final long registrationId) {
            return aeron.getExclusivePublication(registrationId);
        }

        @Override
        public void remove(final Aeron aeron, final long registrationId) {
            aeron.asyncRemovePublication(registrationId);
        }

        @Override
        public boolean isClosed(final ExclusivePublication resource) {
            return resource.isClosed();
        }
    }

    record OfCounter(int typeId, String label) implements Kind<Counter> {
        @Override
        public long add(final Aeron aeron) {
            return aeron.asyncAddCounter(typeId, label);
        }

        @Override
        public @Nullable Counter get(final Aeron aeron, final long registrationId) {
            return aeron.getCounter(registrationId);
        }

        @Override
        public void remove(final Aeron aeron, final long registrationId) {
            aeron.asyncRemoveCounter(registrationId);
        }

        @Override
        public boolean isClosed(final Counter resource) {
            return resource.isClosed();
        }
    }
}
