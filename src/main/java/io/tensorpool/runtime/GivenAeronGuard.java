package io.tensorpool.runtime;

import org.agrona.concurrent.Agent;
import org.jspecify.annotations.Nullable;

/**
 * Marks when a conductor is at work. An Aeron client that the application gave is closed by a thread of the application's or
 * of Aeron's, which then waits for the end of the duty cycle before anything is unmapped.
 */
final class GivenAeronGuard implements Agent {
    private final Agent agent;
    private volatile @Nullable Thread inside;

    GivenAeronGuard(final Agent agent) {
        this.agent = agent;
    }

    /** Any thread. One that closes the client from within the duty cycle must not wait for itself. */
    boolean isAnotherThreadInside() {
        final Thread thread = inside;
        return thread != null && !thread.equals(Thread.currentThread());
    }

    @Override
    public void onStart() {
        agent.onStart();
    }

    @Override
    public int doWork() throws Exception {
        inside = Thread.currentThread();
        try {
            return agent.doWork();
        } finally {
            inside = null;
        }
    }

    @Override
    public void onClose() {
        inside = Thread.currentThread();
        try {
            agent.onClose();
        } finally {
            inside = null;
        }
    }

    @Override
    public String roleName() {
        return agent.roleName();
    }
}
