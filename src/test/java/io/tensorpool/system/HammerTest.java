package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.tensorpool.driver.LeaseInfo;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.Await;
import io.tensorpool.support.RunningJvm;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Eight producers and sixteen consumers in four processes come and go at random over a few streams, while the driver
 * revokes leases at random. Nothing may be torn, lost without being counted, or left over. {@code -Dhammer.seconds} and
 * {@code -Dhammer.seed} say for how long and from which seed.
 */
@Timeout(900)
class HammerTest {
    /** Fewer than there are producers, so that some are always refused. */
    static final int STREAMS = 6;

    private static final System.Logger LOG = System.getLogger(HammerTest.class.getName());
    private static final int PROCESSES = 4;
    private static final long SECONDS = Long.getLong("hammer.seconds", 60);
    private static final long SEED = Long.getLong("hammer.seed", System.nanoTime());
    private static final int MAX_REVOKE_GAP_MS = 500;
    private static final IdleStrategy PACE = new SleepingMillisIdleStrategy(1);
    private static final Pattern FIGURE = Pattern.compile("(published|received|violations|stays) (\\d+)");

    @Test
    void shouldTearLoseAndLeakNothing() {
        LOG.log(System.Logger.Level.INFO, "seed {0}, {1} s", Long.toString(SEED), SECONDS);
        final Random random = new Random(SEED);
        final List<RunningJvm> processes = new ArrayList<>();
        try (ShmDirectory base = ShmDirectory.create();
                EmbeddedMediaDriver mediaDriver =
                        EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
                TensorPoolDriver driver =
                        TensorPoolDriver.launch(SystemContexts.driver(mediaDriver.aeronDirectoryName(), base.path()));
                Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(mediaDriver.aeronDirectoryName()))) {
            try {
                final List<String> countersBefore = counters(aeron);
                for (int i = 0; i < PROCESSES; i++) {
                    processes.add(RunningJvm.start(
                            HammerProcess.class,
                            mediaDriver.aeronDirectoryName(),
                            base.path().toString(),
                            Integer.toString(i),
                            Long.toString(random.nextLong())));
                }
                processes.forEach(process -> process.await("READY"));
                final int revoked = revokeAtRandom(driver, random);
                processes.forEach(process -> process.say("stop"));
                processes.forEach(HammerTest::check);
                processes.forEach(process -> process.say("quit").await("CLOSED"));

                assertThat(revoked).isPositive();
                Await.until(
                        "all leases are given back",
                        () -> driver.leases().join().isEmpty());
                Await.until(
                        () -> "all counters are gone: before " + countersBefore + ", now " + counters(aeron),
                        () -> 0,
                        () -> countersBefore.containsAll(counters(aeron)));
                awaitFewEpochs(base.path());
            } finally {
                processes.forEach(RunningJvm::close);
            }
        }
    }

    private static int revokeAtRandom(final TensorPoolDriver driver, final Random random) {
        final long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        long nextNs = System.nanoTime();
        int revoked = 0;
        while (System.nanoTime() < endNs) {
            if (System.nanoTime() - nextNs >= 0) {
                nextNs += TimeUnit.MILLISECONDS.toNanos(random.nextInt(MAX_REVOKE_GAP_MS));
                final List<LeaseInfo> leases = driver.leases().join();
                if (!leases.isEmpty()) {
                    final long leaseId =
                            leases.get(random.nextInt(leases.size())).leaseId();
                    revoked += driver.revoke(leaseId).join() ? 1 : 0;
                }
            }
            PACE.idle();
        }
        return revoked;
    }

    private static void check(final RunningJvm process) {
        final String result = process.await("RESULT");
        LOG.log(System.Logger.Level.INFO, result);
        final Matcher figures = FIGURE.matcher(result);
        while (figures.find()) {
            final long value = Long.parseLong(figures.group(2));
            if (figures.group(1).equals("violations")) {
                assertThat(value).as(result).isZero();
            } else {
                assertThat(value).as(result).isPositive();
            }
        }
        assertThat(process.await("HELD")).isEqualTo("[]");
    }

    /** Of publications, subscriptions and clients of ours. */
    private static List<String> counters(final Aeron aeron) {
        final List<String> labels = new ArrayList<>();
        aeron.countersReader().forEach((value, counterId, label) -> {
            if (label.startsWith("pub-") || label.startsWith("sub-") || label.contains("tensorpool-client")) {
                labels.add(label);
            }
        });
        return labels;
    }

    /** The driver keeps two epochs of a stream; the others go when they are old enough. */
    private static void awaitFewEpochs(final Path base) {
        for (int i = 0; i < STREAMS; i++) {
            final Path stream = base.resolve("tensorpool-test/default/" + (SystemContexts.STREAM_ID + i));
            Await.until("at most two epochs in " + stream, () -> entries(stream) <= 2);
        }
    }

    private static long entries(final Path directory) {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.count();
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
