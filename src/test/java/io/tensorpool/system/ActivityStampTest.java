package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.layout.SuperblockLayout;
import io.tensorpool.support.Await;
import io.tensorpool.support.TestDriver;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who shows in shared memory that a stream is alive, beside a real driver. */
class ActivityStampTest {
    private static final int STREAM_ID = 10_000;
    private static final long PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int STAMPS = 5;

    private static List<Path> regionsOfNewestEpoch(final Path directory) throws IOException {
        final Path stream = directory.resolve("tensorpool-test/default/" + STREAM_ID);
        final Path newest;
        try (Stream<Path> epochs = Files.list(stream)) {
            newest =
                    epochs.max((a, b) -> Long.compare(numberOf(a), numberOf(b))).orElseThrow();
        }
        try (Stream<Path> files = Files.list(newest)) {
            return files.sorted().toList();
        }
    }

    private static long numberOf(final Path path) {
        return Long.parseLong(path.getFileName().toString());
    }

    private static long stampOf(final Path region) {
        try (RandomAccessFile file = new RandomAccessFile(region.toFile(), "r")) {
            file.seek(SuperblockLayout.ACTIVITY_TIMESTAMP_NS_OFFSET);
            return Long.reverseBytes(file.readLong());
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    /** Also without a frame; and the consumer, which trusts nothing else, stays. */
    @Test
    void shouldBeRefreshedByTheProducerInEveryRegion() throws IOException {
        try (TestDriver driver = new TestDriver();
                TensorPoolClient client =
                        TensorPoolClient.connect(driver.clientContext().announcePeriodNs(PERIOD_NS));
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            final List<Path> regions = regionsOfNewestEpoch(driver.directory().path());
            assertThat(regions).hasSize(3);
            for (final Path region : regions) {
                final List<Long> stamps = new ArrayList<>(List.of(stampOf(region)));
                Await.until(region + " is stamped again and again", () -> {
                    final long stamp = stampOf(region);
                    if (stamp != stamps.getLast()) {
                        assertThat(stamp).isGreaterThan(stamps.getLast()).isLessThanOrEqualTo(System.nanoTime());
                        stamps.add(stamp);
                    }
                    return stamps.size() == STAMPS;
                });
            }
            assertThat(consumer.isMapped()).isTrue();
            assertThat(producer.isClosed()).isFalse();
        }
    }
}
