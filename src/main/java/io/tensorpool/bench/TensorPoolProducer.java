package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Publishes frames with this implementation. */
final class TensorPoolProducer implements BenchRole {
    private static final int FRAMES_PER_LOOK_AT_CLOCK = 16;
    private static final long LAST_ACKNOWLEDGEMENT_NS = TimeUnit.SECONDS.toNanos(5);

    @Override
    public void run(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        try (TensorPoolClient client = RoleClients.connect(options, "bench-producer");
                Producer producer = client.addProducer(options.streamId())) {
            if (!producer.awaitConnected(RoleClients.CONNECT_TIMEOUT)) {
                throw new TensorPoolException(
                        producer + ": no consumer came within " + RoleClients.CONNECT_TIMEOUT.toSeconds() + " s");
            }
            final FrameSender sender = new FrameSender(producer, options.setting());
            talk.ready();
            talk.result(
                    switch (options.setting().flow()) {
                        case CONTROLLED -> controlled(sender, options, talk);
                        case FREE -> free(sender, options.setting(), talk);
                        case PACED -> paced(sender, options.setting(), talk);
                    });
            talk.awaitStop(); // the memory goes with the producer: not before the consumer is through
        }
    }

    private static Map<String, Long> controlled(
            final FrameSender sender, final RoleOptions options, final RoleTalk talk) {
        try (FlowControl flow = new FlowControl(options)) {
            final Window window = new Window(options.setting().timing(), sender.counts(flow::poll));
            long seq = 0;
            while (!talk.isStopped() && !window.isOver()) {
                for (int i = 0; i < FRAMES_PER_LOOK_AT_CLOCK && flow.mayPublish(seq); i++) {
                    sender.send();
                    seq++;
                }
            }
            awaitAcknowledged(flow, seq, talk);
            return window.figures();
        }
    }

    private static void awaitAcknowledged(final FlowControl flow, final long seq, final RoleTalk talk) {
        final long startNs = System.nanoTime();
        while (flow.poll() < seq && !talk.isStopped() && System.nanoTime() - startNs < LAST_ACKNOWLEDGEMENT_NS) {
            Thread.onSpinWait();
        }
    }

    private static Map<String, Long> free(final FrameSender sender, final Setting setting, final RoleTalk talk) {
        final Window window = new Window(setting.timing(), sender.counts(sender::published));
        while (!talk.isStopped() && !window.isOver()) {
            for (int i = 0; i < FRAMES_PER_LOOK_AT_CLOCK; i++) {
                sender.send();
            }
        }
        return window.figures();
    }

    private static Map<String, Long> paced(final FrameSender sender, final Setting setting, final RoleTalk talk) {
        final long frames = setting.warmupFrames() + setting.measuredFrames();
        final BooleanSupplier stopped = talk::isStopped;
        final LongSupplier published = sender::published;
        final Window window = new Window(setting.timing(), sender.counts(published));
        final Pacer pacer = new Pacer(setting.rateHz());
        for (long i = 0; i < frames && !talk.isStopped(); i++) {
            final long dueNs = pacer.awaitSlot(stopped);
            sender.send(dueNs);
            window.isOver();
        }
        return window.figures();
    }
}
