package io.tensorpool.client;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Says whether an application's thread is inside Aeron's buffers. The owner enters, then looks whether the Aeron object
 * is still to be used; the conductor withdraws the object, then looks at the mark. Of these four steps, in one order for
 * all threads, either the owner's look comes after the withdrawal, or the conductor's after the entry. So memory of Aeron's
 * that is unmapped is never read, which would end the JVM.
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

    /** Owner: before looking at what the conductor may withdraw. A volatile store: what follows stays behind it. */
    void enter() {
        IN_USE_VH.setVolatile(this, true);
    }

    /** Owner: when done. */
    void leave() {
        IN_USE_VH.setRelease(this, false);
    }

    /** Conductor: after the withdrawal. */
    boolean isInUse() {
        return (boolean) IN_USE_VH.getVolatile(this);
    }
}
