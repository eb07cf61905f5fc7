package io.tensorpool.embedded;

import io.tensorpool.Dtype;
import io.tensorpool.Endpoint;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.TensorPoolException;
import io.tensorpool.TensorShape;
import io.tensorpool.client.ClientContext;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.ConsumerOptions;
import io.tensorpool.client.Frame;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.FrameHandler;
import io.tensorpool.client.MetadataOptions;
import io.tensorpool.client.OwnMemory;
import io.tensorpool.client.Producer;
import io.tensorpool.client.ProducerOptions;
import io.tensorpool.client.TensorPoolClient;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Drives claim, commit, poll and check on streams of its own until the JVM has compiled them. What a stream does only once,
 * with its first frame, has to be seen by the compiler, too, else it comes as a surprise to the compiled code, which is then
 * thrown away: so there are several rounds, each with a new stream. One thread, one use.
 */
final class WarmUp {
    /** Short rounds come first: what happens once per stream has to be usual before anything is compiled. */
    private static final int SHORT_ROUNDS = 32;

    private static final int FRAMES_PER_SHORT_ROUND = 96;
    private static final int LONG_ROUNDS = 8;
    private static final int FRAMES_PER_LONG_ROUND = 10_000;
    private static final int FRAMES_PER_DUTY_CYCLE = 48;
    private static final int EMPTY_POLLS_PER_FRAME = 8;
    private static final int POLL_LIMIT = 16;
    private static final int NSLOTS = 4;
    private static final int SMALL_BYTES = 4096;
    /** From here on a claim takes the other fence. */
    private static final int LARGE_BYTES = 1024 * 1024;

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long MAX_QUIET_WAIT_NS = TimeUnit.SECONDS.toNanos(2);
    private static final StreamProfile PROFILE =
            new StreamProfile("warm-up", NSLOTS, List.of(new PoolSpec(1, SMALL_BYTES), new PoolSpec(2, LARGE_BYTES)));
    /** Short terms: it has to see many of them begin. */
    private static final String CHANNEL = "aeron:ipc?term-length=256k";

    /** Everything that a client does once in a while, it does soon. */
    private static final long PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final int ENDPOINTS = 8;
    private static final String USER = "warm-up";
    private static final String NAMESPACE = "warm-up";

    private final TensorShape[] shapes = {
        TensorShape.of(Dtype.UINT16, 32, 64), TensorShape.of(Dtype.UINT8, 1024, 1024), TensorShape.of(Dtype.UINT8, 64)
    };
    private final FrameClaim claim = new FrameClaim();
    private final MemorySegment source = MemorySegment.ofArray(new byte[LARGE_BYTES]);
    private final int firstStreamId = ThreadLocalRandom.current().nextInt(1 << 20, 1 << 30) & -ENDPOINTS;
    private final ClientContext context;
    private final Path baseDir;
    private long received;
    /** Three classes, so that the compiled code expects any. */
    private final FrameHandler[] handlers = {this::readFrame, this::takeFrame, frame -> received++};

    WarmUp(final ClientContext context) {
        this.baseDir = context.allowedBaseDirs().getFirst();
        this.context = context.controlEndpoint(endpoint(0))
                .announceEndpoint(endpoint(1))
                .descriptorEndpoint(endpoint(2))
                .qosEndpoint(endpoint(3))
                .metadata(MetadataOptions.DEFAULT.withEndpoint(endpoint(4)))
                .announcePeriodNs(PERIOD_NS)
                .reportIntervalNs(PERIOD_NS)
                .useAgentInvoker(true);
    }

    private Endpoint endpoint(final int index) {
        return new Endpoint(CHANNEL, firstStreamId + index);
    }

    /** Returns when the compilers have had nothing to do for a while. */
    void run() {
        try {
            final Path directory = Files.createTempDirectory(baseDir, "tensorpool-warm-up-");
            try {
                run(directory);
            } finally {
                delete(directory);
            }
        } catch (final IOException ex) {
            throw new TensorPoolException("warm-up: no memory below " + baseDir + ": " + ex, ex);
        }
    }

    /** The epochs are gone with their producers; the lock of their directory stays, and that goes here. */
    private void delete(final Path directory) throws IOException {
        final Path ofUser = directory.resolve("tensorpool-" + USER);
        final Path namespace = ofUser.resolve(NAMESPACE + "-" + firstStreamId);
        for (final Path path : List.of(namespace.resolve("driver.lock"), namespace, ofUser, directory)) {
            Files.deleteIfExists(path);
        }
    }

    private void run(final Path directory) {
        final ProducerOptions options = ProducerOptions.of(firstStreamId)
                .withOwnMemory(OwnMemory.of(PROFILE).withBaseDir(directory).withNamespace(USER, NAMESPACE));
        try (TensorPoolClient client = TensorPoolClient.connect(context.allowedBaseDirs(List.of(directory)))) {
            for (int round = 0; round < SHORT_ROUNDS + LONG_ROUNDS; round++) {
                final boolean isShort = round < SHORT_ROUNDS;
                run(
                        client,
                        round % 2 == 0 ? options : options.withPublishTimestamps(),
                        isShort ? FRAMES_PER_SHORT_ROUND : FRAMES_PER_LONG_ROUND);
                if (!isShort) {
                    awaitCompilers();
                }
            }
            // Of a single round none may come: with such short periods, whoever stands still for a moment counts as
            // gone.
            if (received == 0) {
                throw new TensorPoolException("warm-up: no frame came through");
            }
        }
    }

    private void run(final TensorPoolClient client, final ProducerOptions options, final int frames) {
        try (Producer producer = client.addProducer(options);
                Consumer consumer = client.addConsumer(
                        ConsumerOptions.of(options.streamId()).withoutDriver())) {
            if (!producer.awaitConnected(PATIENCE)) {
                throw new TensorPoolException("warm-up: " + consumer + " did not get to the frames of " + producer
                        + " within " + PATIENCE.toSeconds() + " s: " + consumer.attachment());
            }
            for (int i = 0; i < frames; i++) {
                publish(producer, i);
                receive(consumer, i);
                if (i % FRAMES_PER_DUTY_CYCLE == 0) {
                    client.doWork();
                }
            }
        }
    }

    private void publish(final Producer producer, final int frame) {
        final TensorShape shape = shapes[frame & 1];
        if (frame % 16 == 2) {
            producer.offer(shapes[frame % 48 == 2 ? 1 : 2], source);
        } else if (producer.tryClaim(shape, claim) >= 0) {
            final MemorySegment payload = claim.payload();
            payload.set(ValueLayout.JAVA_LONG, 0, frame);
            claim.timestampNs(frame).commit();
        }
    }

    private void receive(final Consumer consumer, final int frame) {
        final FrameHandler handler = handlers[frame % handlers.length];
        if (frame % 16 == 5) {
            consumer.pollLatest(handler);
        } else {
            consumer.poll(handler, POLL_LIMIT);
        }
        for (int i = 0; i < EMPTY_POLLS_PER_FRAME; i++) {
            consumer.poll(handler, POLL_LIMIT);
        }
    }

    private void readFrame(final Frame frame) {
        final long read = frame.payload().get(ValueLayout.JAVA_LONG, 0)
                + frame.seq()
                + frame.epoch()
                + frame.timestampNs()
                + frame.publishTimestampNs()
                + frame.shape().lengthBytes();
        received += frame.isIntact() && read != Long.MIN_VALUE ? 1 : 0;
    }

    private void takeFrame(final Frame frame) {
        received += frame.isIntact() && frame.metaVersion() == 0 && frame.traceId() == 0 ? 1 : 0;
    }

    private static void awaitCompilers() {
        final @Nullable CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
        if (compilers == null || !compilers.isCompilationTimeMonitoringSupported()) {
            return; // nothing is compiled, or nobody says when
        }
        final long startNs = System.nanoTime();
        long quietSinceNs = startNs;
        long lastMs = compilers.getTotalCompilationTime();
        while (System.nanoTime() - quietSinceNs < QUIET_NS && System.nanoTime() - startNs < MAX_QUIET_WAIT_NS) {
            Thread.onSpinWait();
            final long nowMs = compilers.getTotalCompilationTime();
            if (nowMs != lastMs) {
                lastMs = nowMs;
                quietSinceNs = System.nanoTime();
            }
        }
    }
}
