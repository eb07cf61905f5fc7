package io.tensorpool.cli;

import io.tensorpool.ConfigurationException;
import io.tensorpool.TensorPoolException;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.ConsumerCounts;
import io.tensorpool.client.ConsumerOptions;
import io.tensorpool.client.Frame;
import io.tensorpool.client.TensorPoolClient;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Receives frames, shows them, and saves them. */
@Command(
        name = "subscribe",
        mixinStandardHelpOptions = true,
        description = "Receives the frames of a stream, until --frames or Ctrl-C.")
final class SubscribeCommand implements Callable<Integer> {
    private static final int LIMIT = 16;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    EndpointOptions endpoints = new EndpointOptions();

    @Mixin
    StreamOption stream = new StreamOption();

    @Option(names = "--frames", paramLabel = "N", description = "end after so many frames (default: at Ctrl-C)")
    long frames = Long.MAX_VALUE;

    @Option(names = "--save", paramLabel = "DIR", description = "write each frame to a file in this directory")
    @Nullable
    Path directory;

    @Option(
            names = "--format",
            description = "of the saved files: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    FrameSaver.Format format = FrameSaver.Format.NPY;

    @Option(names = "--json", description = "print one JSON object at the end, and nothing per frame")
    boolean isJson;

    @Option(
            names = "--direct",
            description =
                    "without a driver: reads what is announced, such as by publish --direct, and waits until it is")
    boolean isDirect;

    private @Nullable FrameSaver saver;
    private long handled;
    private long saved;
    private long bytes;

    SubscribeCommand() {}

    @Override
    public Integer call() throws Exception {
        common.applyLogLevel();
        if (frames < 1) {
            throw new ConfigurationException("--frames " + frames + ": expected at least 1");
        }
        final int streamId = stream.id();
        if (directory != null) {
            saver = new FrameSaver(directory, format);
        }
        final long startNs = System.nanoTime();
        try (StopSignal stop = new StopSignal();
                TensorPoolClient client =
                        TensorPoolClient.connect(endpoints.applyTo(common.clientContext("tensorpool-subscribe")));
                Consumer consumer = client.addConsumer(options(streamId))) {
            final IdleStrategy idle = new BackoffIdleStrategy(
                    100, 20, TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MICROSECONDS.toNanos(200));
            while (handled < frames && !stop.isStopped() && !System.out.checkError()) {
                idle.idle(consumer.poll(this::onFrame, (int) Math.min(LIMIT, frames - handled)));
                if (consumer.isClosed()) {
                    throw new TensorPoolException(consumer + " ended: the Aeron client was closed");
                }
            }
            report(consumer.counts(), (System.nanoTime() - startNs) / 1e9); // before the JVM may end
        }
        return 0;
    }

    private ConsumerOptions options(final int streamId) {
        final ConsumerOptions options = ConsumerOptions.of(streamId);
        return isDirect ? options.withoutDriver() : options;
    }

    private void onFrame(final Frame frame) {
        final long lengthBytes = frame.shape().lengthBytes();
        final boolean isKept =
                saver == null || saver.save(frame.seq(), frame.shape(), frame.payload(), frame::isIntact);
        if (!isKept || !frame.isIntact()) {
            return;
        }
        handled++;
        bytes += lengthBytes;
        saved += saver == null ? 0 : 1;
        if (!isJson) {
            System.out.println(Long.toUnsignedString(frame.seq()) + " " + frame.shape() + " " + lengthBytes + " bytes");
        }
    }

    private void report(final ConsumerCounts counts, final double seconds) {
        if (!isJson) {
            System.out.println(counts);
            return;
        }
        final StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), text)) {
            json.writeStartObject();
            json.writeNumberProperty("framesReceived", counts.received());
            json.writeNumberProperty("framesSaved", saved);
            json.writeNumberProperty("dropsGap", counts.dropsGap());
            json.writeNumberProperty("dropsLate", counts.dropsLate());
            json.writeNumberProperty("rejected", counts.rejected());
            json.writeNumberProperty("bytes", bytes);
            json.writeNumberProperty("seconds", seconds);
            json.writeEndObject();
        }
        System.out.println(text);
    }
}
