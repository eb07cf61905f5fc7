package io.tensorpool.cli;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.Producer;
import io.tensorpool.client.ProducerOptions;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.embedded.TensorPool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * One of the three processes of a demo. It talks with its parent in lines: READY when it stands, PROGRESS with a count,
 * RESULT with its figures; the parent writes END with a number when the publisher has ended, and closing its input, also
 * by dying, ends the process.
 */
@Command(name = "demo-role", hidden = true)
final class DemoRoleCommand implements Callable<Integer> {
    /** Which process. */
    enum Role {
        DRIVER,
        PRODUCER,
        CONSUMER
    }

    static final String READY = "READY";
    static final String PROGRESS = "PROGRESS";
    static final String RESULT = "RESULT";
    static final String END = "END";

    private static final long PROGRESS_NS = TimeUnit.MILLISECONDS.toNanos(100);

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    DemoOptions options = new DemoOptions();

    @Option(names = "--role", required = true)
    Role role = Role.DRIVER;

    private final PrintStream out = System.out;
    private volatile long lastAnnounced = FrameReceiver.UNKNOWN;
    private long progressNs;

    DemoRoleCommand() {}

    @Override
    public Integer call() throws Exception {
        common.applyLogLevel();
        final FrameSource source = options.source();
        try (StopSignal stop = new StopSignal()) {
            Thread.ofPlatform().daemon().name("demo-parent").start(() -> listenToParent(stop));
            switch (role) {
                case DRIVER -> drive(source, stop);
                case PRODUCER -> produce(source, stop);
                case CONSUMER -> consume(source, stop);
            }
        }
        return 0;
    }

    private void listenToParent(final StopSignal stop) {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            String line = in.readLine();
            while (line != null) {
                if (line.startsWith(END)) {
                    lastAnnounced = Long.parseLong(line.substring(END.length()).strip());
                }
                line = in.readLine();
            }
        } catch (final IOException ex) {
            System.err.println("tensorpool: demo " + role + " lost its parent: " + ex.getMessage());
        }
        stop.stop();
    }

    private void drive(final FrameSource source, final StopSignal stop) throws InterruptedException {
        try (TensorPool pool = common.launchEmbedded(DemoOptions.profile(source))) {
            say(READY, pool.aeronDirectoryName());
            while (!stop.await(1, TimeUnit.HOURS)) {
                // until the parent ends
            }
        }
    }

    private void produce(final FrameSource source, final StopSignal stop) throws InterruptedException {
        try (TensorPoolClient client = TensorPoolClient.connect(common.clientContext("demo-producer"));
                Producer producer = client.addProducer(
                        ProducerOptions.of(DemoOptions.STREAM_ID).withPublishTimestamps())) {
            say(READY, "");
            DemoCommand.awaitConsumer(producer);
            final FramePublisher.Report report = new FramePublisher(producer, source, Duration.ZERO)
                    .publish(options.frames, options.rateHz, stop, frame -> {});
            say(
                    RESULT,
                    report.committed() + " " + report.announced() + " " + report.lastAnnounced() + " " + report.bytes()
                            + " " + report.seconds());
            // The epoch ends with the producer: not before the consumer is through.
            while (!stop.await(1, TimeUnit.HOURS)) {
                // until the parent ends
            }
        }
    }

    private void consume(final FrameSource source, final StopSignal stop) {
        try (TensorPoolClient client = TensorPoolClient.connect(common.clientContext("demo-consumer"));
                Consumer consumer = client.addConsumer(DemoOptions.STREAM_ID)) {
            say(READY, "");
            final FrameReceiver receiver = new FrameReceiver(consumer, source);
            final LongConsumer progress = this::progress;
            final FrameReceiver.Report report = receiver.receive(() -> lastAnnounced, stop, progress);
            final long[] latencyNs = DemoCommand.percentilesNs(receiver.latency());
            say(
                    RESULT,
                    report.received() + " " + report.dropsGap() + " " + report.dropsLate() + " " + report.torn()
                            + " " + report.other() + " " + report.bytes() + " " + latencyNs[0] + " " + latencyNs[1]
                            + " "
                            + latencyNs[2]);
        }
    }

    private void progress(final long frames) {
        final long nowNs = System.nanoTime();
        if (nowNs - progressNs >= PROGRESS_NS) {
            progressNs = nowNs;
            say(PROGRESS, Long.toString(frames));
        }
    }

    private void say(final String what, final String value) {
        out.println(what + " " + value);
        out.flush();
    }
}
