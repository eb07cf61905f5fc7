package io.tensorpool.driver;

import io.tensorpool.PoolSpec;
import io.tensorpool.Role;
import io.tensorpool.StreamProfile;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * What a driver with many streams costs: how fast it attaches, how much memory that takes, and how long its duty cycles
 * are while keepalives and announces flow once per second and lease and stream. Each stream has 64 slots of 4 KiB, a
 * producer and a consumer, which are leases only: nobody maps or writes. Prints a table for docs/performance.md.
 *
 * <p>Media driver, driver and clients are in this process, in a thread each. Arguments: seconds to measure, then numbers of
 * streams; 20 and 10, 100, 1000 by default.
 */
public final class DriverScaleBenchmark {
    private static final int NSLOTS = 64;
    private static final int STRIDE_BYTES = 4096;
    private static final int FIRST_STREAM_ID = 20_000;
    private static final int AERON_CLIENTS = 4;
    private static final int WARM_UP_STREAMS = 200;
    private static final int WARM_UP_SECONDS = 5;
    private static final long SETTLE_NS = TimeUnit.SECONDS.toNanos(3);
    private static final double NS_PER_MS = 1e6;
    private static final double BYTES_PER_MIB = 1 << 20;

    private DriverScaleBenchmark() {}

    /**
     * Runs it.
     *
     * @param args seconds, then numbers of streams.
     */
    public static void main(final String[] args) throws IOException, InterruptedException {
        final int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 20;
        final int[] streamCounts = args.length > 1
                ? Stream.of(args).skip(1).mapToInt(Integer::parseInt).toArray()
                : new int[] {10, 100, 1000};
        run(WARM_UP_STREAMS, WARM_UP_SECONDS);
        System.out.println(Result.HEADER);
        for (final int streamCount : streamCounts) {
            System.out.println(run(streamCount, seconds));
        }
    }

    private static Result run(final int streamCount, final int seconds) throws IOException, InterruptedException {
        final Path base = Files.createTempDirectory(Path.of("/dev/shm"), "tensorpool-benchmark-");
        try (EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch()) {
            final MeasuredDriver driver = new MeasuredDriver(TensorPoolDriver.launch(
                    context(base, streamCount).aeronDirectoryName(mediaDriver.aeronDirectoryName())));
            try (LeaseHolders holders = new LeaseHolders(mediaDriver.aeronDirectoryName(), AERON_CLIENTS)) {
                final double producersPerSecond = attach(holders, streamCount, Role.PRODUCER);
                final double consumersPerSecond = attach(holders, streamCount, Role.CONSUMER);
                holders.hold(SETTLE_NS);
                driver.reset();
                holders.hold(TimeUnit.SECONDS.toNanos(seconds));
                final Result result = new Result(
                        streamCount,
                        producersPerSecond,
                        consumersPerSecond,
                        usedBytes(base),
                        residentAnonymousBytes(),
                        driver.stop(),
                        seconds);
                holders.requireAll(2 * streamCount);
                return result;
            } finally {
                driver.close();
            }
        } finally {
            deleteTree(base);
        }
    }

    private static DriverContext context(final Path base, final int streamCount) {
        return new DriverContext()
                .useAgentInvoker(true)
                .baseDir(base)
                .addProfile(new StreamProfile("scale", NSLOTS, List.of(new PoolSpec(1, STRIDE_BYTES))))
                .allowDynamicStreams(true)
                .dynamicStreamRange(new StreamIdRange(FIRST_STREAM_ID, FIRST_STREAM_ID + streamCount - 1))
                .announcePeriodNs(TimeUnit.SECONDS.toNanos(1))
                .keepaliveIntervalNs(TimeUnit.SECONDS.toNanos(1));
    }

    /** Leases granted per second. */
    private static double attach(final LeaseHolders holders, final int streamCount, final Role role) {
        final long startNs = System.nanoTime();
        holders.attach(FIRST_STREAM_ID, streamCount, role);
        return streamCount * (double) TimeUnit.SECONDS.toNanos(1) / (System.nanoTime() - startNs);
    }

    /** Memory that the files of the streams take. */
    private static long usedBytes(final Path base) throws IOException {
        final FileStore store = Files.getFileStore(base);
        long blocks = 0;
        try (Stream<Path> files = Files.walk(base)) {
            for (final Path file : files.filter(Files::isRegularFile).toList()) {
                final long pageBytes = store.getBlockSize();
                blocks += (Files.size(file) + pageBytes - 1) / pageBytes * pageBytes;
            }
        }
        return blocks;
    }

    /** Memory of this process that is neither shared nor a file. */
    private static long residentAnonymousBytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("RssAnon:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .sum()
                    * 1024;
        }
    }

    private static void deleteTree(final Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (final Path file :
                    files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** A driver in a thread that measures each of its duty cycles; idle as a driver's own thread is. */
    private static final class MeasuredDriver implements AutoCloseable {
        private static final long HIGHEST_NS = TimeUnit.MINUTES.toNanos(1);

        private final TensorPoolDriver driver;
        private final Thread thread;
        private final Histogram all = new Histogram(HIGHEST_NS, 3);
        private final Histogram working = new Histogram(HIGHEST_NS, 3);
        private volatile boolean isReset;
        private volatile boolean isStopped;

        MeasuredDriver(final TensorPoolDriver driver) {
            this.driver = driver;
            thread = Thread.ofPlatform().name("driver").start(this::run);
        }

        private void run() {
            final IdleStrategy idle =
                    new BackoffIdleStrategy(10, 20, TimeUnit.MICROSECONDS.toNanos(1), TimeUnit.MILLISECONDS.toNanos(1));
            while (!isStopped) {
                if (isReset) {
                    all.reset();
                    working.reset();
                    isReset = false;
                }
                final long startNs = System.nanoTime();
                final int workCount = driver.doWork();
                final long durationNs = System.nanoTime() - startNs;
                all.recordValue(Math.min(durationNs, HIGHEST_NS));
                if (workCount > 0) {
                    working.recordValue(Math.min(durationNs, HIGHEST_NS));
                }
                idle.idle(workCount);
            }
        }

        void reset() {
            isReset = true;
            while (isReset) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            }
        }

        /** Duty cycles since the reset: all, and those that had something to do. */
        List<Histogram> stop() throws InterruptedException {
            isStopped = true;
            thread.join();
            return List.of(all, working);
        }

        @Override
        public void close() throws InterruptedException {
            stop();
            driver.close();
        }
    }

    /** One row of the table. */
    private record Result(
            int streams,
            double producersPerSecond,
            double consumersPerSecond,
            long sharedBytes,
            long anonymousBytes,
            List<Histogram> cycles,
            int seconds) {
        static final String HEADER = """
            | Streams | Leases | Producers attached/s | Consumers attached/s | /dev/shm, MiB | RssAnon, MiB \
            | Cycles/s | p50, µs | p99, µs | max, ms | Cycles with work/s | p50, µs | p99, µs | Busy, ms/s |
            |--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|""";

        @Override
        public String toString() {
            final Histogram all = cycles.getFirst();
            final Histogram working = cycles.getLast();
            return String.format(
                    Locale.ROOT,
                    "| %,d | %,d | %,.0f | %,.0f | %,.1f | %,.0f | %,d | %.1f | %.1f | %.2f | %,d | %.1f | %.1f | %.1f |",
                    streams,
                    2 * streams,
                    producersPerSecond,
                    consumersPerSecond,
                    sharedBytes / BYTES_PER_MIB,
                    anonymousBytes / BYTES_PER_MIB,
                    all.getTotalCount() / seconds,
                    all.getValueAtPercentile(50) / 1e3,
                    all.getValueAtPercentile(99) / 1e3,
                    all.getMaxValue() / NS_PER_MS,
                    working.getTotalCount() / seconds,
                    working.getValueAtPercentile(50) / 1e3,
                    working.getValueAtPercentile(99) / 1e3,
                    all.getMean() * all.getTotalCount() / seconds / NS_PER_MS);
        }
    }
}
