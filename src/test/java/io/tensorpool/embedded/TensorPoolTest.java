package io.tensorpool.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.Dtype;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.TensorShape;
import io.tensorpool.client.ClientContext;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.support.ResourceCount;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The first ten lines of a user. */
class TensorPoolTest {
    @Test
    void shouldBringAFrameFromProducerToConsumer() {
        final List<String> seen = new ArrayList<>();
        try (TensorPool pool = TensorPool.launchEmbedded();
                Producer camera = pool.client().addProducer(10_000);
                Consumer viewer = pool.client().addConsumer(10_000)) {
            final TensorShape shape = TensorShape.of(Dtype.UINT16, 1024, 1280);
            final FrameClaim claim = new FrameClaim();
            assertThat(camera.awaitConnected(Duration.ofSeconds(5))).isTrue();

            assertThat(camera.tryClaim(shape, claim)).isZero();
            claim.payload().fill((byte) 7);
            assertThat(claim.commit()).isPositive();

            final long deadlineNs = System.nanoTime() + 5_000_000_000L;
            while (seen.isEmpty() && System.nanoTime() < deadlineNs) {
                viewer.poll(
                        frame -> {
                            final MemorySegment pixels = frame.payload();
                            final byte last = pixels.get(ValueLayout.JAVA_BYTE, pixels.byteSize() - 1);
                            seen.add(frame.seq() + " " + frame.shape() + " " + last + " " + frame.isIntact());
                        },
                        10);
            }
            assertThat(viewer.counts().received()).isEqualTo(1);
        }
        assertThat(seen).containsExactly("0 uint16[1024x1280] 7 true");
    }

    /** As a tool would that knows the media driver's directory, and nothing else of this process. */
    @Test
    void shouldLetOthersAttachToItsDriver() {
        try (TensorPool pool = TensorPool.launchEmbedded();
                Producer camera = pool.client().addProducer(10_000);
                TensorPoolClient other =
                        TensorPoolClient.connect(new ClientContext().aeronDirectoryName(pool.aeronDirectoryName()));
                Consumer viewer = other.addConsumer(10_000)) {
            assertThat(camera.awaitConnected(Duration.ofSeconds(5))).isTrue();
            assertThat(viewer.isMapped()).isTrue();
            assertThatThrownBy(() -> other.addProducer(10_000)).hasMessageContaining("producer already attached");
        }
    }

    @Test
    void shouldLeaveNothingBehind() throws IOException {
        final Path shm = Path.of("/dev/shm");
        final ResourceCount before = ResourceCount.below(shm);
        final List<String> filesBefore = namesBelow(shm);
        final String directory;
        try (TensorPool pool =
                TensorPool.launchEmbedded(new StreamProfile("small", 8, List.of(new PoolSpec(1, 4096))))) {
            directory = pool.aeronDirectoryName();
            pool.client().addProducer(10_000);
            pool.client().addConsumer(10_000);
            assertThat(Path.of(directory)).exists();
            assertThat(ResourceCount.below(shm)).isNotEqualTo(before);
        }
        assertThat(Path.of(directory)).doesNotExist();
        assertThat(ResourceCount.below(shm)).isEqualTo(before);
        assertThat(namesBelow(shm))
                .noneMatch(name ->
                        name.contains("-" + ProcessHandle.current().pid() + "-") && !filesBefore.contains(name));
    }

    private static List<String> namesBelow(final Path directory) throws IOException {
        try (Stream<Path> found = Files.walk(directory, 2)) {
            return found.map(Path::toString).toList();
        }
    }
}
