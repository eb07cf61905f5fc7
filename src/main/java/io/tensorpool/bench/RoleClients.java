package io.tensorpool.bench;

import io.tensorpool.client.ClientContext;
import io.tensorpool.client.TensorPoolClient;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.SleepingIdleStrategy;

/** How the roles of this implementation connect. */
final class RoleClients {
    /** Large pools take long to make. */
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(60);

    /** What little the conductors do must not take a core from those who are measured. */
    private static final long CONDUCTOR_IDLE_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private RoleClients() {}

    static TensorPoolClient connect(final RoleOptions options, final String name) {
        return TensorPoolClient.connect(context(options, name));
    }

    static ClientContext context(final RoleOptions options, final String name) {
        return new ClientContext()
                .aeronDirectoryName(options.aeronDir())
                .clientName(name)
                .addTimeoutNs(CONNECT_TIMEOUT.toNanos())
                .attachTimeoutNs(CONNECT_TIMEOUT.toNanos())
                .idleStrategySupplier(() -> new SleepingIdleStrategy(CONDUCTOR_IDLE_NS));
    }
}
