package io.tensorpool.cli;

import io.tensorpool.TensorPoolException;
import io.tensorpool.bench.LatencyRecorder;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.Producer;
import io.tensorpool.client.ProducerOptions;
import io.tensorpool.embedded.TensorPool;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The main job, to be seen working: frames from a producer to a consumer, every one checked. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Publishes frames through shared memory and checks each one at the other end.",
            "Exit code 0 only if no frame was torn and every frame is accounted for."
        })
final class DemoCommand implements Callable<Integer> {
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    DemoOptions options = new DemoOptions();

    @Option(names = "--processes", description = "run driver, producer and consumer as three processes")
    boolean processes;

    @Option(names = "--json", description = "print the summary as one JSON object")
    boolean isJson;

    DemoCommand() {}

    @Override
    public Integer call() throws Exception {
        common.applyLogLevel();
        final FrameSource source = options.source();
        try (StopSignal stop = new StopSignal()) {
            final DemoSummary summary = run(source, stop);
            if (isJson) {
                summary.printJson(System.out);
            } else {
                summary.print(System.out);
            }
            return summary.isGood() ? 0 : 1;
        }
    }

    private DemoSummary run(final FrameSource source, final StopSignal stop) throws InterruptedException {
        try (ProgressBar progress = new ProgressBar(options.frames)) {
            return processes
                    ? new DemoProcesses(common, options).run(stop, progress::show)
                    : runHere(source, stop, progress::show);
        }
    }

    private DemoSummary runHere(final FrameSource source, final StopSignal stop, final LongConsumer progress) {
        try (TensorPool pool = common.launchEmbedded(DemoOptions.profile(source));
                Producer producer = pool.client()
                        .addProducer(ProducerOptions.of(DemoOptions.STREAM_ID).withPublishTimestamps());
                Consumer consumer = pool.client().addConsumer(DemoOptions.STREAM_ID)) {
            awaitConsumer(producer);
            final Executor thread =
                    task -> Thread.ofPlatform().name("demo-producer").start(task);
            final CompletableFuture<FramePublisher.Report> published = CompletableFuture.supplyAsync(
                    () -> new FramePublisher(producer, source, Duration.ZERO)
                            .publish(options.frames, options.rateHz, stop, frame -> {}),
                    thread);
            final FrameReceiver receiver = new FrameReceiver(consumer, source);
            final FrameReceiver.Report received = receiver.receive(() -> lastAnnounced(published), stop, progress);
            return DemoSummary.of(published.join(), received, percentilesNs(receiver.latency()));
        } catch (final CompletionException ex) {
            if (ex.getCause() instanceof final TensorPoolException cause) {
                throw cause;
            }
            throw ex;
        }
    }

    /** Throws what the producer's thread threw. */
    private static long lastAnnounced(final CompletableFuture<FramePublisher.Report> published) {
        return published.isDone() ? published.join().lastAnnounced() : FrameReceiver.UNKNOWN;
    }

    static void awaitConsumer(final Producer producer) {
        if (!producer.awaitConnected(CONNECT_TIMEOUT)) {
            throw new TensorPoolException(producer + ": no consumer came within " + CONNECT_TIMEOUT.toSeconds() + " s");
        }
    }

    static long[] percentilesNs(final LatencyRecorder latency) {
        return new long[] {latency.percentileNs(50), latency.percentileNs(99), latency.percentileNs(99.9)};
    }
}
