package io.tensorpool.bench;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A fresh consumer and a fresh producer of one subject, once. */
final class Trial {
    private static final long READY_TIMEOUT_MS = TimeUnit.SECONDS.toMillis(90);
    private static final long RESULT_GRACE_MS = TimeUnit.SECONDS.toMillis(60);

    private final Subject subject;
    private final RoleOptions options;
    private final BooleanSupplier stopped;

    /**
     * A trial.
     *
     * @param stopped ends it early, with an exception.
     */
    Trial(final Subject subject, final RoleOptions options, final BooleanSupplier stopped) {
        this.subject = subject;
        this.options = options;
        this.stopped = stopped;
    }

    /**
     * Runs it.
     *
     * @throws io.tensorpool.TensorPoolException if one of the roles does not do its part; the message names it.
     */
    Outcome run() throws InterruptedException {
        try (ChildProcess consumer = start(Roles.Side.CONSUME)) {
            consumer.awaitLine(RoleTalk.READY, READY_TIMEOUT_MS, stopped);
            try (ChildProcess producer = start(Roles.Side.PRODUCE)) {
                producer.awaitLine(RoleTalk.READY, READY_TIMEOUT_MS, stopped);
                final Map<String, Long> produced = RoleOutput.figures(
                        nameOf(Roles.Side.PRODUCE), producer.awaitLine(RoleTalk.RESULT, resultTimeoutMs(), stopped));
                // The memory goes with the producer, so it stays until the consumer is through.
                final Outcome outcome = consumed(consumer, produced);
                consumer.end();
                producer.end();
                return outcome;
            }
        }
    }

    private Outcome consumed(final ChildProcess consumer, final Map<String, Long> produced)
            throws InterruptedException {
        final String name = nameOf(Roles.Side.CONSUME);
        consumer.endInput();
        final List<Long> latencyNs = options.setting().flow() == Flow.PACED
                ? RoleOutput.latencies(name, consumer.awaitLine(RoleTalk.LATENCIES, RESULT_GRACE_MS, stopped))
                : List.of();
        final Map<String, Long> consumed =
                RoleOutput.figures(name, consumer.awaitLine(RoleTalk.RESULT, RESULT_GRACE_MS, stopped));
        return new Outcome(subject.name(), produced, consumed, latencyNs);
    }

    private long resultTimeoutMs() {
        final Timing timing = options.setting().timing();
        return (long) ((timing.warmupSeconds() + timing.seconds()) * TimeUnit.SECONDS.toMillis(1)) + RESULT_GRACE_MS;
    }

    private ChildProcess start(final Roles.Side side) {
        return ChildProcess.start(nameOf(side), subject.commandOf(side, options));
    }

    private String nameOf(final Roles.Side side) {
        return subject.name() + (side == Roles.Side.PRODUCE ? " producer" : " consumer");
    }
}
