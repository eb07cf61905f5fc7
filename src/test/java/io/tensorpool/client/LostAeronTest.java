package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.Endpoint;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.TensorPoolException;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.ShmDirectory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is left when Aeron closes the clients of this process: no crash, and nothing open or mapped. */
class LostAeronTest {
    private static final int STREAM_ID = 10_000;
    private static final Endpoint CONTROL = Endpoint.ipc(1500);

    @Test
    void shouldEndClosedWhenTheMediaDriverEnds() {
        try (ShmDirectory base = ShmDirectory.create()) {
            final EmbeddedMediaDriver mediaDriver =
                    EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
            final TensorPoolDriver driver = TensorPoolDriver.launch(new DriverContext()
                    .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                    .errorHandler(error -> {})
                    .controlEndpoint(CONTROL)
                    .baseDir(base.path())
                    .addProfile(new StreamProfile("small", 8, List.of(new PoolSpec(1, 4096))))
                    .addStream(STREAM_ID, "small"));
            final TensorPoolClient client = TensorPoolClient.connect(new ClientContext()
                    .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                    .controlEndpoint(CONTROL)
                    .errorHandler(error -> {}));
            final Producer producer = client.addProducer(STREAM_ID);
            final Consumer consumer = client.addConsumer(STREAM_ID);

            mediaDriver.close();

            Await.until("both ended", () -> producer.isClosed() && consumer.isClosed());
            assertThat(producer.tryClaim(FrameLog.SHAPE, new FrameClaim())).isEqualTo(Producer.CLOSED);
            assertThat(consumer.poll(frame -> {}, 1)).isZero();
            assertThatThrownBy(() -> client.addConsumer(STREAM_ID)).isInstanceOf(TensorPoolException.class);
            Await.until("the driver ended", () -> driver.ended().isCompletedExceptionally());
            consumer.close();
            producer.close();
            client.close();
            driver.close();
            assertThat(ResourceCount.below(base.path().resolve("tensorpool-" + System.getProperty("user.name"))))
                    .isEqualTo(new ResourceCount(List.of(), List.of()));
        }
    }
}
