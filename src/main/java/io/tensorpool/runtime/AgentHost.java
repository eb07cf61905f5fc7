package io.tensorpool.runtime;

import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.jspecify.annotations.Nullable;

/**
 * Runs a service's conductor in a thread of its own, or lets the application run it. An interrupted thread that drives or
 * closes a service stays interrupted, and does not stop it: the service's own waits would be cut short, and Aeron would
 * never be driven again.
 */
public final class AgentHost implements AutoCloseable {
    private final Guarded guarded;
    private final @Nullable AgentRunner runner;
    private final @Nullable AgentInvoker invoker;

    private AgentHost(final Guarded guarded, final @Nullable AgentRunner runner, final @Nullable AgentInvoker invoker) {
        this.guarded = guarded;
        this.runner = runner;
        this.invoker = invoker;
    }

    /**
     * Starts an agent.
     *
     * @param agent   the conductor; its role name names the thread.
     * @param context says how it runs.
     * @return the host.
     */
    public static AgentHost start(final Agent agent, final ServiceContext<?> context) {
        final ErrorHandler told = error -> {
            if (!(error instanceof ClosedFromWithin)) {
                context.errorHandler().onError(error);
            }
        };
        final Guarded guarded = new Guarded(agent, context.errorHandler());
        if (context.useAgentInvoker()) {
            final AgentInvoker invoker = new AgentInvoker(told, null, guarded);
            invoker.start();
            return new AgentHost(guarded, null, invoker);
        }
        final AgentRunner runner =
                new AgentRunner(context.idleStrategySupplier().get(), told, null, guarded);
        AgentRunner.startOnThread(runner, task -> {
            final Thread thread = new Thread(task, agent.roleName());
            thread.setDaemon(true);
            return thread;
        });
        return new AgentHost(guarded, runner, null);
    }

    /**
     * Runs one duty cycle in invoker mode; does nothing otherwise.
     *
     * @return work count.
     */
    public int doWork() {
        if (invoker == null) {
            return 0;
        }
        final boolean isInterrupted = Thread.interrupted();
        try {
            return invoker.invoke();
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Whether the calling thread was called by the agent, so that it cannot wait for it.
     *
     * @return true also while the agent closes.
     */
    public boolean isInDutyCycleHere() {
        return guarded.isInDutyCycleHere();
    }

    /**
     * Stops the agent and calls its {@code onClose}, in its own thread or the caller's. From within the duty cycle: at the end
     * of that, without waiting for it.
     */
    @Override
    public void close() {
        if (guarded.isInDutyCycleHere()) {
            guarded.endAfterDutyCycle();
            return;
        }
        final boolean isInterrupted = Thread.interrupted();
        try {
            if (runner != null) {
                runner.close();
            }
            if (invoker != null) {
                invoker.close();
            }
        } finally {
            if (isInterrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The end of an agent that was closed by what it called; not an error. */
    private static final class ClosedFromWithin extends AgentTerminationException {
        private static final long serialVersionUID = 1L;
    }

    /**
     * Keeps an error of one duty cycle from ending the thread without closing the agent. The fault of a truncated file is
     * an {@link InternalError}, and no reason to end at all.
     */
    private static final class Guarded implements Agent {
        private final Agent agent;
        private final ErrorHandler errorHandler;
        private volatile @Nullable Thread inDutyCycle;
        private boolean isToEnd;

        Guarded(final Agent agent, final ErrorHandler errorHandler) {
            this.agent = agent;
            this.errorHandler = errorHandler;
        }

        boolean isInDutyCycleHere() {
            return Thread.currentThread().equals(inDutyCycle);
        }

        void endAfterDutyCycle() {
            isToEnd = true;
        }

        @Override
        public void onStart() {
            agent.onStart();
        }

        @Override
        public int doWork() throws Exception {
            final int workCount = work();
            if (isToEnd) {
                throw new ClosedFromWithin();
            }
            return workCount;
        }

        private int work() throws Exception {
            inDutyCycle = Thread.currentThread();
            try {
                return agent.doWork();
            } catch (final InternalError fault) {
                errorHandler.onError(fault);
                return 1;
            } catch (final Error error) {
                throw new AgentTerminationException(error);
            } finally {
                inDutyCycle = null;
            }
        }

        @Override
        public void onClose() {
            inDutyCycle = Thread.currentThread();
            try {
                agent.onClose();
            } finally {
                inDutyCycle = null;
            }
        }

        @Override
        public String roleName() {
            return agent.roleName();
        }
    }
}
