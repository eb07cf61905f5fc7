package io.tensorpool.client;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Where the conductor hands an application's thread what it needs for one epoch, whole, and where that thread says that the
 * epoch's memory faulted. The conductor publishes with release, and the thread reads with acquire at each claim or poll.
 *
 * @param <B> a binding: immutable, never handed over twice.
 */
final class Handover<B> {
    private static final VarHandle BINDING_VH;
    private static final VarHandle FAULTED_VH;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            BINDING_VH = lookup.findVarHandle(Handover.class, "binding", Object.class);
            FAULTED_VH = lookup.findVarHandle(Handover.class, "faulted", Object.class);
        } catch (final ReflectiveOperationException ex) {
            throw new ExceptionInInitializerError(ex);
        }
    }

    @SuppressWarnings("UnusedVariable") // through BINDING_VH
    private @Nullable Object binding;

    private volatile @Nullable Object faulted;
    private volatile boolean isClosed;

    /** Conductor: what to use from now on; null for nothing. */
    void give(final @Nullable B next) {
        BINDING_VH.setRelease(this, next);
    }

    /** Conductor: there will never be anything any more. */
    void close() {
        isClosed = true;
        give(null);
    }

    /** Any thread: what to use now; null for nothing. */
    @SuppressWarnings("unchecked")
    @Nullable
    B get() {
        return (B) BINDING_VH.getAcquire(this);
    }

    /** Any thread: whether it is over. */
    boolean isClosed() {
        return isClosed;
    }

    /** Owner: the binding's memory faulted; it is not used any more, whatever the conductor does meanwhile. */
    void fault(final B with) {
        BINDING_VH.compareAndSet(this, with, null);
        faulted = with;
    }

    /** Conductor: the binding whose memory faulted, once. */
    @SuppressWarnings("unchecked")
    @Nullable
    B takeFaulted() {
        return faulted == null ? null : (B) FAULTED_VH.getAndSet(this, null);
    }
}
