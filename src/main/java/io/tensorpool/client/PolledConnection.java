package io.tensorpool.client;

import io.tensorpool.runtime.AeronConnection;
import io.tensorpool.runtime.ServiceContext;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;

/**
 * An Aeron connection that the application's thread drives, and that any thread may close, also from within a handler: what is
 * being read is not unmapped before it was left.
 */
final class PolledConnection implements AutoCloseable {
    private final AeronConnection connection;
    private final ServiceContext<?> context;
    private volatile @Nullable Thread inside;
    private volatile boolean isClosed;

    PolledConnection(final ServiceContext<?> context, final String name) {
        this.context = context;
        this.connection = AeronConnection.connect(context, name);
        connection.addUser(this::isAnotherThreadInside);
    }

    AeronConnection connection() {
        return connection;
    }

    /** A thread that closes a given Aeron client from within a handler must not wait for itself. */
    private boolean isAnotherThreadInside() {
        final Thread thread = inside;
        return thread != null && !thread.equals(Thread.currentThread());
    }

    /** Drives Aeron. Whether it may be used until {@link #leave}, which is to be called in any case. */
    boolean enter() {
        if (Thread.currentThread().equals(inside)) {
            throw new IllegalStateException("called from within a handler of its own");
        }
        inside = Thread.currentThread(); // before looking whether it is closed: see close
        if (isClosed) {
            return false;
        }
        connection.doWork();
        return !connection.isClosed();
    }

    void leave() {
        inside = null;
        if (isClosed) {
            end(); // a handler closed this
        }
    }

    boolean isClosed() {
        return isClosed || connection.isClosed();
    }

    /** Waits for another thread that is inside. Does nothing the second time. */
    @Override
    public void close() {
        isClosed = true;
        final IdleStrategy idle = context.idleStrategySupplier().get();
        while (isAnotherThreadInside()) {
            idle.idle();
        }
        if (inside == null) {
            end();
        }
    }

    /** Nobody is inside any more: this unmaps what they read. */
    private synchronized void end() {
        connection.close();
    }
}
