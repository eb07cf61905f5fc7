package io.tensorpool.runtime;

import org.agrona.ErrorHandler;
import org.agrona.concurrent.Agent;
import org.agrona.concurrent.AgentInvoker;
import org.agrona.concurrent.AgentRunner;
import org.agrona.concurrent.AgentTerminationException;
import org.jspecify.annotations.Nullable;

/** Runs a service's conductor in a thread of its own, or lets the application run it. */
public final class AgentHost implements AutoCloseable {
    private final @Nullable AgentRunner runner;
    private final @Nullable AgentInvoker invoker;

    private AgentHost(final @Nullable AgentRunner runner, final @Nullable AgentInvoker invoker) {
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
        final Agent guarded = new Guarded(agent, context.errorHandler());
        if (context.useAgentInvoker()) {
            final AgentInvoker invoker = new AgentInvoker(context.errorHandler(), null, guarded);
            invoker.start();
            return new AgentHost(null, invoker);
        }
        final AgentRunner runner =
                new AgentRunner(context.idleStrategySupplier().get(), context.errorHandler(), null, guarded);
        AgentRunner.startOnThread(runner, task -> {
            final Thread thread = new Thread(task, agent.roleName());
            thread.setDaemon(true);
            return thread;
        });
        return new AgentHost(runner, null);
    }

    /**
     * Runs one duty cycle in invoker mode; does nothing otherwise.
     *
     * @return work count.
     */
    public int doWork() {
        return invoker == null ? 0 : invoker.invoke();
    }

    /** Stops the agent and calls its {@code onClose}, in its own thread or the caller's. */
    @Override
    public void close() {
        if (runner != null) {
            runner.close();
        }
        if (invoker != null) {
            invoker.close();
        }
    }

    /**
     * Keeps an error of one duty cycle from ending the thread without closing the agent. The fault of a truncated file is
     * an {@link InternalError}, and no reason to end at all.
     */
    private record Guarded(Agent agent, ErrorHandler errorHandler) implements Agent {
        @Override
        public void onStart() {
            agent.onStart();
        }

        @Override
        public int doWork() throws Exception {
            try {
                return agent.doWork();
            } catch (final InternalError fault) {
                errorHandler.onError(fault);
                return 1;
            } catch (final Error error) {
                throw new AgentTerminationException(error);
            }
        }

        @Override
        public void onClose() {
            agent.onClose();
        }

        @Override
        public String roleName() {
            return agent.roleName();
        }
    }
}
