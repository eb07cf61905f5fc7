package io.tensorpool.bench;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.ConsumerOptions;
import io.tensorpool.client.TensorPoolClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Receives many streams in turn, in one thread that never rests. */
final class StreamsConsumer implements BenchRole {
    private static final int LIMIT = 64;
    private static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final double NS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    /** Time and frames of the rounds that found something, once warm. */
    private long busyNs;

    private long busyFrames;

    @Override
    public void run(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        final int consumed = options.setting().extra(Extras.CONSUMED);
        try (TensorPoolClient client = TensorPoolClient.connect(StreamsEndpoints.context(options, "bench-consumer"));
                Acknowledger acknowledger = new Acknowledger(options)) {
            final List<Consumer> consumers = RoleClients.addAll(
                    consumed,
                    i -> client.asyncAddConsumer(ConsumerOptions.of(options.streamId() + i)
                            .descriptorEndpoint(StreamsEndpoints.descriptors(options, i))));
            final List<FrameSink> sinks = new ArrayList<>();
            consumers.forEach(consumer -> sinks.add(new FrameSink(options.setting(), consumer.counts())));
            talk.ready();
            receive(
                    consumers.toArray(Consumer[]::new),
                    sinks.toArray(FrameSink[]::new),
                    acknowledger,
                    options.setting(),
                    talk);
            final Map<String, Long> figures = ParkingConsumers.sum(sinks);
            figures.put("busy_ns", busyNs);
            figures.put("busy_frames", busyFrames);
            talk.result(figures);
        }
    }

    private void receive(
            final Consumer[] consumers,
            final FrameSink[] sinks,
            final Acknowledger acknowledger,
            final Setting setting,
            final RoleTalk talk) {
        final long warmupNs = (long) (setting.timing().warmupSeconds() * NS_PER_SECOND);
        long firstNs = 0;
        long heardNs = System.nanoTime();
        while (!talk.isStopped() || heardNs - System.nanoTime() > -QUIET_NS) {
            final long beginNs = System.nanoTime();
            int polled = 0;
            long nextRound = Long.MAX_VALUE;
            for (int i = 0; i < consumers.length; i++) {
                polled += consumers[i].poll(sinks[i], LIMIT);
                nextRound = Math.min(nextRound, sinks[i].nextSeq());
            }
            acknowledger.onPolled(polled, nextRound);
            final long endNs = System.nanoTime();
            TensorPoolConsumer.relax(polled, setting);
            if (polled > 0) {
                heardNs = endNs;
                firstNs = firstNs == 0 ? heardNs : firstNs;
                if (heardNs - firstNs > warmupNs && !talk.isStopped()) {
                    busyNs += heardNs - beginNs;
                    busyFrames += polled;
                }
            }
        }
    }
}
