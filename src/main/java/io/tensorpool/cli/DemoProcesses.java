package io.tensorpool.cli;

import io.tensorpool.TensorPoolException;
import io.tensorpool.bench.ChildProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A demo whose driver, producer and consumer are processes of their own. */
final class DemoProcesses {
    private static final long START_TIMEOUT_MS = 30_000;
    private static final long POLL_MS = 100;

    private final CommonOptions common;
    private final DemoOptions options;

    DemoProcesses(final CommonOptions common, final DemoOptions options) {
        this.common = common;
        this.options = options;
    }

    DemoSummary run(final StopSignal stop, final LongConsumer progress) throws InterruptedException {
        try (ChildProcess driver = start(DemoRoleCommand.Role.DRIVER, common.aeronDir)) {
            final String aeronDir = driver.awaitLine(DemoRoleCommand.READY, START_TIMEOUT_MS, stop::isStopped);
            try (ChildProcess consumer = start(DemoRoleCommand.Role.CONSUMER, aeronDir);
                    ChildProcess producer = start(DemoRoleCommand.Role.PRODUCER, aeronDir)) {
                return summaryOf(producer, consumer, stop, progress);
            }
        }
    }

    private ChildProcess start(final DemoRoleCommand.Role role, final @Nullable String aeronDir) {
        final String name = role.name().toLowerCase(Locale.ROOT);
        final List<String> command = new ArrayList<>(ChildProcess.java(Main.class, List.of()));
        command.addAll(List.of("demo-role", "--role", name, "--log-level", common.logLevel.name()));
        if (aeronDir != null) {
            command.addAll(List.of("--aeron-dir", aeronDir));
        }
        command.addAll(options.arguments());
        return ChildProcess.start("demo " + name, command);
    }

    private static DemoSummary summaryOf(
            final ChildProcess producer,
            final ChildProcess consumer,
            final StopSignal stop,
            final LongConsumer progress)
            throws InterruptedException {
        FramePublisher.@Nullable Report published = null;
        while (!stop.isStopped()) {
            final String fromConsumer = consumer.nextLine(POLL_MS);
            if (fromConsumer != null && fromConsumer.startsWith(DemoRoleCommand.PROGRESS)) {
                progress.accept(Long.parseLong(valueOf(fromConsumer, DemoRoleCommand.PROGRESS)));
            }
            if (fromConsumer != null && fromConsumer.startsWith(DemoRoleCommand.RESULT) && published != null) {
                progress.accept(published.committed());
                return summaryOf(published, valueOf(fromConsumer, DemoRoleCommand.RESULT));
            }
            final String fromProducer = producer.nextLine(published == null ? 1 : 0);
            if (fromProducer != null && fromProducer.startsWith(DemoRoleCommand.RESULT)) {
                published = publishedOf(valueOf(fromProducer, DemoRoleCommand.RESULT));
                consumer.say(DemoRoleCommand.END + " " + published.lastAnnounced());
            }
        }
        throw new TensorPoolException("stopped before the end");
    }

    private static String valueOf(final String line, final String word) {
        return line.substring(word.length()).strip();
    }

    private static FramePublisher.Report publishedOf(final String figures) {
        final String[] parts = figures.split(" ", -1);
        return new FramePublisher.Report(
                Long.parseLong(parts[0]),
                Long.parseLong(parts[1]),
                Long.parseLong(parts[2]),
                Long.parseLong(parts[3]),
                Double.parseDouble(parts[4]));
    }

    private static DemoSummary summaryOf(final FramePublisher.Report published, final String figures) {
        final long[] parts = java.util.Arrays.stream(figures.split(" ", -1))
                .mapToLong(Long::parseLong)
                .toArray();
        final FrameReceiver.Report received =
                new FrameReceiver.Report(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5]);
        return DemoSummary.of(published, received, new long[] {parts[6], parts[7], parts[8]});
    }
}
