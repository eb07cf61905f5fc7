package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Publishes frames in bursts to many consumers, and takes the processor time of its thread around each burst: what a frame
 * costs the producer, without what the machine does for the consumers meanwhile.
 */
final class BurstProducer implements BenchRole {
    /** Frames of a burst: few enough for the ring, many enough for a look at the thread's clock to be nothing. */
    static final int FRAMES = 256;

    private static final double BURSTS_PER_SECOND = 50;
    private static final double WARM_UP_FACTOR = 4;
    private static final double WARM_UP_SECONDS = 1;
    private static final double NS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    @Override
    public void run(final RoleOptions options, final RoleTalk talk) throws InterruptedException {
        final Setting setting = options.setting();
        try (TensorPoolClient client = RoleClients.connect(options, "bench-producer");
                Producer producer = client.addProducer(options.streamId())) {
            awaitConsumers(client, options, talk);
            final FrameSender sender = new FrameSender(producer, setting);
            talk.ready();
            warmUp(sender, talk);
            final long publishedBefore = sender.published();
            final long backPressuredBefore = sender.backPressured();
            final Bursts bursts =
                    burst(sender, BURSTS_PER_SECOND, setting.timing().seconds(), talk);
            final Map<String, Long> figures = new LinkedHashMap<>();
            figures.put("frames", sender.published() - publishedBefore);
            figures.put("elapsed_ns", bursts.elapsedNs());
            figures.put("published", sender.published() - publishedBefore);
            figures.put("back_pressured", sender.backPressured() - backPressuredBefore);
            figures.put("cpu_ns", bursts.cpuNs());
            figures.put("median_cpu_ns", bursts.medianCpuNs());
            talk.result(figures);
            talk.awaitStop();
        }
    }

    /** All of them report: those who have not mapped the stream yet would miss the beginning. */
    private static void awaitConsumers(final TensorPoolClient client, final RoleOptions options, final RoleTalk talk)
            throws InterruptedException {
        final int expected = options.setting().extra(Extras.CONSUMERS);
        final long startNs = System.nanoTime();
        long heard = 0;
        while (heard < expected && !talk.isStopped()) {
            if (System.nanoTime() - startNs > RoleClients.CONNECT_TIMEOUT.toNanos()) {
                throw new TensorPoolException(heard + " of " + expected + " consumers came to stream "
                        + options.streamId() + " within " + RoleClients.CONNECT_TIMEOUT.toSeconds() + " s");
            }
            Thread.sleep(10);
            heard = client.qos().consumers().stream()
                    .filter(report -> report.streamId() == options.streamId() && report.epoch() != 0)
                    .count();
        }
    }

    /** Bursts follow each other faster, since the compiler has to see many of them; then a while as they are measured. */
    private void warmUp(final FrameSender sender, final RoleTalk talk) {
        burst(sender, WARM_UP_FACTOR * BURSTS_PER_SECOND, WARM_UP_SECONDS, talk);
        burst(sender, BURSTS_PER_SECOND, WARM_UP_SECONDS, talk);
    }

    /** Processor time and time of all bursts together, and processor time of the one in the middle. */
    private record Bursts(long cpuNs, long elapsedNs, long medianCpuNs) {}

    private Bursts burst(
            final FrameSender sender, final double burstsPerSecond, final double seconds, final RoleTalk talk) {
        final long startNs = System.nanoTime();
        final Pacer pacer = new Pacer(burstsPerSecond);
        final long[] cpuNs = new long[(int) Math.ceil(seconds * burstsPerSecond) + 1];
        int bursts = 0;
        long elapsedNs = 0;
        while (System.nanoTime() - startNs < seconds * NS_PER_SECOND && bursts < cpuNs.length && !talk.isStopped()) {
            pacer.awaitSlot(talk::isStopped);
            final long cpuBeginNs = threads.getCurrentThreadCpuTime();
            final long beginNs = System.nanoTime();
            for (int i = 0; i < FRAMES; i++) {
                sender.send();
            }
            elapsedNs += System.nanoTime() - beginNs;
            cpuNs[bursts++] = threads.getCurrentThreadCpuTime() - cpuBeginNs;
        }
        final long[] sorted = Arrays.copyOf(cpuNs, bursts);
        Arrays.sort(sorted);
        return new Bursts(Arrays.stream(sorted).sum(), elapsedNs, bursts == 0 ? 0 : sorted[bursts / 2]);
    }
}
