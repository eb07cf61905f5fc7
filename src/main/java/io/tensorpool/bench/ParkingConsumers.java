package io.tensorpool.bench;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.TensorPoolClient;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Many consumers of one stream, each in a thread of its own that sleeps when there is nothing. */
final class ParkingConsumers implements BenchRole {
    private static final int LIMIT = 256;
    private static final long PARK_NS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long QUIET_NS = TimeUnit.MILLISECONDS.toNanos(200);

    @Override
    public void run(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        final int count = options.setting().extra(Extras.CONSUMERS);
        final List<FrameSink> sinks = new ArrayList<>();
        final List<Thread> threads = new ArrayList<>();
        try (TensorPoolClient client = RoleClients.connect(options, "bench-consumers")) {
            for (int i = 0; i < count; i++) {
                final Consumer consumer = client.addConsumer(options.streamId());
                final FrameSink sink = new FrameSink(options.setting(), consumer.counts());
                sinks.add(sink);
                threads.add(Thread.ofPlatform().name("bench-consumer-" + i).start(() -> receive(consumer, sink, talk)));
            }
            talk.ready();
            for (final Thread thread : threads) {
                thread.join();
            }
            talk.result(sum(sinks));
        }
    }

    private static void receive(final Consumer consumer, final FrameSink sink, final RoleTalk talk) {
        long heardNs = System.nanoTime();
        while (!talk.isStopped() || System.nanoTime() - heardNs < QUIET_NS) {
            final int polled = consumer.poll(sink, LIMIT);
            if (polled > 0) {
                heardNs = System.nanoTime();
            }
            if (polled < LIMIT) { // else there may be more; but never at the producer's heels
                LockSupport.parkNanos(PARK_NS);
            }
        }
    }

    static Map<String, Long> sum(final List<FrameSink> sinks) {
        final Map<String, Long> sums = new LinkedHashMap<>();
        sinks.forEach(sink -> sink.figures().forEach((name, value) -> sums.merge(name, value, Long::sum)));
        return sums;
    }
}
