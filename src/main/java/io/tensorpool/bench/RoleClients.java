package io.tensorpool.bench;

import io.tensorpool.Endpoint;
import io.tensorpool.TensorPoolException;
import io.tensorpool.client.Admission;
import io.tensorpool.client.ClientContext;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.embedded.TensorPool;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.agrona.concurrent.SleepingIdleStrategy;

/** How the roles of this implementation connect. */
final class RoleClients {
    /** Client of a producer, and its conductor's thread. */
    static final String PRODUCER_NAME = "bench-producer";

    /** Client of a consumer, and its conductor's thread. */
    static final String CONSUMER_NAME = "bench-consumer";

    /** Large pools take long to make. */
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(60);

    private static final int WAITING_MAX = 32;

    static final int DESCRIPTOR_STREAM_ID = 1100;
    static final String LONG_TERMS = "aeron:ipc?term-length=16m";

    /** What little the conductors do must not take a core from those who are measured. */
    private static final long CONDUCTOR_IDLE_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private RoleClients() {}

    /** A paced role is warm before it begins: at its rate the compiler would see too few frames for long. */
    static TensorPoolClient connect(final RoleOptions options, final String name) {
        if (options.setting().flow() == Flow.PACED
                && !options.setting().extras().containsKey(Extras.COLD)) {
            TensorPool.warmUp(context(options, name));
        }
        return TensorPoolClient.connect(context(options, name));
    }

    /** Adds so many at once, a few of them waiting at a time. */
    static <T extends AutoCloseable> List<T> addAll(final int count, final IntFunction<Admission<T>> add)
            throws InterruptedException {
        final List<T> added = new ArrayList<>();
        final Deque<Admission<T>> waiting = new ArrayDeque<>();
        final long startNs = System.nanoTime();
        int asked = 0;
        while (added.size() < count) {
            while (asked < count && waiting.size() < WAITING_MAX) {
                waiting.add(add.apply(asked++));
            }
            final T first = waiting.getFirst().poll();
            if (first != null) {
                added.add(first);
                waiting.removeFirst();
            } else if (System.nanoTime() - startNs > CONNECT_TIMEOUT.toNanos()) {
                throw new TensorPoolException(added.size() + " of " + count + " were added within "
                        + CONNECT_TIMEOUT.toSeconds() + " s; the next one: "
                        + waiting.getFirst().obstacle());
            } else {
                Thread.sleep(1);
            }
        }
        return added;
    }

    /**
     * Where nothing is to be lost at full speed, longer terms than the default: the media driver's thread moves the limit of
     * a publication, and between a producer's and a consumer's thread that spin it waits milliseconds for a processor.
     */
    private static Endpoint descriptors(final Setting setting) {
        return setting.flow() == Flow.PACED
                ? Endpoint.ipc(DESCRIPTOR_STREAM_ID)
                : new Endpoint(LONG_TERMS, DESCRIPTOR_STREAM_ID);
    }

    static ClientContext context(final RoleOptions options, final String name) {
        return new ClientContext()
                .descriptorEndpoint(descriptors(options.setting()))
                .aeronDirectoryName(options.aeronDir())
                .clientName(name)
                .addTimeoutNs(CONNECT_TIMEOUT.toNanos())
                .attachTimeoutNs(CONNECT_TIMEOUT.toNanos())
                .idleStrategySupplier(() -> new SleepingIdleStrategy(CONDUCTOR_IDLE_NS));
    }
}
