package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import io.tensorpool.client.OwnMemory;
import io.tensorpool.client.Producer;
import io.tensorpool.client.ProducerOptions;
import io.tensorpool.client.TensorPoolClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Publishes files as frames. */
@Command(
        name = "publish",
        mixinStandardHelpOptions = true,
        description = "Publishes PNG, JPEG and NPY files as frames of a stream.")
final class PublishCommand implements Callable<Integer> {
    /** The epoch ends with its producer: consumers get so long to read the last frames. */
    private static final long LINGER_MS = 500;
    /** A driver that restarts, or a lease that expired: the client attaches again, and publishing goes on. */
    private static final Duration REATTACH_TIMEOUT = Duration.ofSeconds(60);

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    EndpointOptions endpoints = new EndpointOptions();

    @Mixin
    StreamOption stream = new StreamOption();

    @Option(
            names = "--input",
            required = true,
            arity = "1..*",
            paramLabel = "FILE|DIR",
            description = "files, or directories of files, in turn")
    List<Path> inputs = new ArrayList<>();

    @Option(
            names = "--rate",
            paramLabel = "HZ",
            description = "frames per second, 0 for as many as possible (default: ${DEFAULT-VALUE})")
    double rateHz = 10;

    @Option(
            names = "--frames",
            paramLabel = "N",
            description = "how many frames, from the first file again after the last (default: each file once)")
    long frames;

    @Option(names = "--loop", description = "without --frames: until Ctrl-C")
    boolean isLoop;

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            description = "wait so long for a consumer before the first frame (default: ${DEFAULT-VALUE})")
    long waitSeconds = 10;

    @Option(
            names = "--direct",
            description =
                    "without a driver: makes the stream's memory by itself, in the (first) --base-dir, as much as the"
                            + " largest frame needs, and removes it at the end")
    boolean isDirect;

    PublishCommand() {}

    @Override
    public Integer call() throws Exception {
        common.applyLogLevel();
        if (frames < 0 || !(rateHz >= 0) || Double.isInfinite(rateHz) || waitSeconds < 0) {
            throw new ConfigurationException(
                    "--frames " + frames + ", --rate " + rateHz + ", --wait " + waitSeconds + ": expected 0 or more");
        }
        final int streamId = stream.id();
        final FrameSource source = FileFrames.load(inputs, Runtime.getRuntime().maxMemory() / 2);
        try (StopSignal stop = new StopSignal();
                TensorPoolClient client =
                        TensorPoolClient.connect(endpoints.applyTo(common.clientContext("tensorpool-publish")));
                Producer producer = client.addProducer(options(streamId, source))) {
            if (waitSeconds > 0 && !producer.awaitConnected(Duration.ofSeconds(waitSeconds))) {
                System.err.println(
                        "tensorpool: no consumer came within " + waitSeconds + " s; publishing all the same");
            }
            final FramePublisher.Report report = new FramePublisher(producer, source, REATTACH_TIMEOUT)
                    .publish(count(source), rateHz, stop, frame -> {});
            stop.await(LINGER_MS, TimeUnit.MILLISECONDS);
            System.out.printf(
                    "published %d frames (%d announced), %.1f MB in %.2f s%n",
                    report.committed(), report.announced(), report.bytes() / 1e6, report.seconds());
        }
        return 0;
    }

    private ProducerOptions options(final int streamId, final FrameSource source) {
        final ProducerOptions options = ProducerOptions.of(streamId).withPublishTimestamps();
        return isDirect
                ? options.withOwnMemory(
                        OwnMemory.of(DemoOptions.profile(source)).withBaseDir(common.baseDir()))
                : options;
    }

    private long count(final FrameSource source) {
        if (frames > 0) {
            return frames;
        }
        return isLoop ? Long.MAX_VALUE : source.distinctFrames();
    }
}
