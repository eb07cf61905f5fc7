package io.tensorpool.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.TensorPoolException;
import io.tensorpool.client.ClientContext;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.ShmDirectory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The way of a frame is driven before there is one, and nothing of that is left. */
@Timeout(60)
class WarmUpTest {
    @Test
    void shouldLeaveNothingBehind() {
        try (ShmDirectory base = ShmDirectory.create();
                EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch()) {
            final ResourceCount before = ResourceCount.below(base.path());

            final Duration took = TensorPool.warmUp(new ClientContext()
                    .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                    .allowedBaseDirs(List.of(base.path())));

            assertThat(took).isPositive();
            assertThat(base.path()).isEmptyDirectory();
            assertThat(ResourceCount.below(base.path())).isEqualTo(before);
        }
    }

    @Test
    void shouldSayThatThereIsNoMediaDriver() {
        final ClientContext context = new ClientContext()
                .aeronDirectoryName("/dev/shm/no-such-media-driver")
                .aeronTimeoutNs(200_000_000);

        assertThatThrownBy(() -> TensorPool.warmUp(context))
                .isInstanceOf(TensorPoolException.class)
                .hasMessageContaining("/dev/shm/no-such-media-driver");
    }
}
