package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;
import io.tensorpool.client.ClientEventListener;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.ShmDirectory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A driver that announces by the wall clock, as where machines share one. */
@Timeout(60)
class AnnounceClockTest {
    @Test
    void shouldAnnounceByTheSharedClock() {
        final AtomicLong announcedNs = new AtomicLong();
        final ClientEventListener listener = new ClientEventListener() {
            @Override
            public void onAnnounce(final EpochRegions regions, final int producerId, final long timestampNs) {
                announcedNs.set(timestampNs);
            }
        };
        try (ShmDirectory base = ShmDirectory.create();
                EmbeddedMediaDriver mediaDriver =
                        EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
                TensorPoolDriver driver =
                        TensorPoolDriver.launch(SystemContexts.driver(mediaDriver.aeronDirectoryName(), base.path())
                                .announceClock(ClockDomain.REALTIME_SYNCED));
                TensorPoolClient client = TensorPoolClient.connect(
                        SystemContexts.client(mediaDriver.aeronDirectoryName(), base.path(), SystemContexts.PERIOD_NS)
                                .eventListener(listener));
                Consumer consumer = client.addConsumer(SystemContexts.STREAM_ID);
                Producer producer = client.addProducer(SystemContexts.STREAM_ID)) {
            new FrameLog().awaitFlow(producer, consumer);
            announcedNs.set(0);
            Await.until("the periodic announce", () -> announcedNs.get() != 0);

            assertThat(announcedNs.get())
                    .isCloseTo(SystemEpochNanoClock.INSTANCE.nanoTime(), within(TimeUnit.SECONDS.toNanos(10)));
            assertThat(driver.ended()).isNotDone();
        }
    }
}
