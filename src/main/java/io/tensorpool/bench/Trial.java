package io.tensorpool.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A fresh consumer, or several, and a fresh producer of one subject, once. */
final class Trial {
    private static final long READY_TIMEOUT_MS = TimeUnit.SECONDS.toMillis(90);
    private static final long RESULT_GRACE_MS = TimeUnit.SECONDS.toMillis(60);

    private final Subject subject;
    private final RoleOptions options;
    private final JvmOptions jvmOptions;
    private final BooleanSupplier stopped;

    /**
     * A trial.
     *
     * @param jvmOptions for a subject whose command starts with a JVM's; {@link JvmOptions#NONE} for others.
     * @param stopped    ends it early, with an exception.
     */
    Trial(
            final Subject subject,
            final RoleOptions options,
            final JvmOptions jvmOptions,
            final BooleanSupplier stopped) {
        this.subject = subject;
        this.options = options;
        this.jvmOptions = jvmOptions;
        this.stopped = stopped;
    }

    /**
     * Runs it.
     *
     * @throws io.tensorpool.TensorPoolException if one of the roles does not do its part; the message names it.
     */
    Outcome run() throws InterruptedException {
        final List<ChildProcess> consumers = new ArrayList<>();
        try {
            for (final Setting setting : options.setting().ofConsumers()) {
                final ChildProcess consumer = start(Roles.Side.CONSUME, options.with(setting));
                consumers.add(consumer);
                consumer.awaitLine(RoleTalk.READY, READY_TIMEOUT_MS, stopped);
            }
            try (ChildProcess producer = start(Roles.Side.PRODUCE, options)) {
                producer.awaitLine(RoleTalk.READY, READY_TIMEOUT_MS, stopped);
                final Map<String, Long> produced = RoleOutput.figures(
                        nameOf(Roles.Side.PRODUCE), producer.awaitLine(RoleTalk.RESULT, resultTimeoutMs(), stopped));
                // The memory goes with the producer, so it stays until the consumers are through.
                consumers.forEach(ChildProcess::endInput);
                final Map<String, Long> consumed = new LinkedHashMap<>();
                final List<Long> latencyNs = new ArrayList<>();
                for (final ChildProcess consumer : consumers) {
                    finish(consumer, latencyNs).forEach((figure, value) -> consumed.merge(figure, value, Long::sum));
                }
                producer.end();
                return new Outcome(subject.name(), produced, consumed, latencyNs);
            }
        } finally {
            consumers.forEach(ChildProcess::close);
        }
    }

    /** Lets a consumer end, and returns its figures. */
    private Map<String, Long> finish(final ChildProcess consumer, final List<Long> latencyNs)
            throws InterruptedException {
        final String name = nameOf(Roles.Side.CONSUME);
        if (options.setting().flow() == Flow.PACED) {
            latencyNs.addAll(
                    RoleOutput.latencies(name, consumer.awaitLine(RoleTalk.LATENCIES, RESULT_GRACE_MS, stopped)));
        }
        final Map<String, Long> figures =
                RoleOutput.figures(name, consumer.awaitLine(RoleTalk.RESULT, RESULT_GRACE_MS, stopped));
        consumer.end();
        return figures;
    }

    private long resultTimeoutMs() {
        final Timing timing = options.setting().timing();
        return (long) ((timing.warmupSeconds() + timing.seconds()) * TimeUnit.SECONDS.toMillis(1)) + RESULT_GRACE_MS;
    }

    private ChildProcess start(final Roles.Side side, final RoleOptions told) {
        final List<String> command = new ArrayList<>(subject.commandOf(side, told));
        command.addAll(1, jvmOptions.of(side));
        return ChildProcess.start(nameOf(side), command);
    }

    private String nameOf(final Roles.Side side) {
        return subject.name() + (side == Roles.Side.PRODUCE ? " producer" : " consumer");
    }
}
