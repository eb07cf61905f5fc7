package io.tensorpool.client;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Says whether an application's thread is inside Aeron's buffers. The owner enters, then looks whether the Aeron object
 * is still to be used; the conductor withdraws the object, then looks at the mark. Of these four steps, in one order for
 * all threads, either the owner's look comes after the withdrawal, or the conductor's after the entry. So memory of Aeron's
 * that is unmapped is never read, which would end the JVM.
 *
 * <p>That order needs a full fence between the two steps of each side. The owner takes both with every frame, and there a fence
 * waits for everything that was just written to lines which the consumers' processors hold; the conductor takes them once in
 * a long while. So the conductor pays for both: it makes every thread of the JVM stop for a moment, and what a thread stored
 * before it stopped is seen by all. An owner that stopped behind its entry is seen inside; one that stopped before it will see
 * the withdrawal.
 */
final class UseMark {
    private static final VarHandle IN_USE_VH;

    static {
        try {
            IN_USE_VH = MethodHandles.lookup().findVarHandle(UseMark.class, "inUse", boolean.class);
        } catch (final ReflectiveOperationException ex) {
            throw new ExceptionInInitializerError(ex);
        }
    }

    @SuppressWarnings("UnusedVariable") // through IN_USE_VH
    private boolean inUse;

    /** Owner: before looking at what the conductor may withdraw. The fence is for the compiler: the look stays behind. */
    void enter() {
        IN_USE_VH.setRelease(this, true);
        VarHandle.releaseFence();
        VarHandle.acquireFence();
    }

    /** Owner: when done. */
    void leave() {
        IN_USE_VH.setRelease(this, false);
    }

    /** Conductor: after the withdrawal. Slow: other threads stop for a moment. */
    boolean isInUse() {
        Arena.ofShared().close(); // what a shared arena does, since no thread may be left inside of it
        return (boolean) IN_USE_VH.getVolatile(this);
    }
}
