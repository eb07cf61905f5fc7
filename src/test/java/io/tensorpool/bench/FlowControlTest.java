package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.Await;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both sides of flow control over a media driver. */
@Timeout(60)
class FlowControlTest {
    private static final int SLOTS = 64;

    private static RoleOptions options(final EmbeddedMediaDriver mediaDriver) {
        return new RoleOptions(
                mediaDriver.aeronDirectoryName(),
                10_000,
                1900,
                new Setting(64, Work.UNTOUCHED, Flow.CONTROLLED, 0, SLOTS, new Timing(0, 1), new TreeMap<>()));
    }

    @Test
    void shouldLetTheProducerBeHalfTheRingAhead() {
        try (EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch();
                Acknowledger consumer = new Acknowledger(options(mediaDriver));
                FlowControl producer = new FlowControl(options(mediaDriver))) {
            Await.until("connected", producer::isConnected);
            assertThat(producer.mayPublish(SLOTS / 2 - 1, SLOTS)).isTrue();
            assertThat(producer.mayPublish(SLOTS / 2, SLOTS)).isFalse();

            consumer.onPolled(3, 3); // less than a 16th of the ring is not worth a message
            consumer.onPolled(1, 4);
            Await.until("acknowledged", () -> producer.poll() > 0);
            assertThat(producer.poll()).isEqualTo(4);
            assertThat(producer.mayPublish(SLOTS / 2 + 3, SLOTS)).isTrue();
            assertThat(producer.mayPublish(SLOTS / 2 + 4, SLOTS)).isFalse();
        }
    }

    /** Else both would wait for ever, since nobody acknowledges what he was not told of. */
    @Test
    void shouldGoOnWhenNothingButUnannouncedFramesIsAhead() {
        try (EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch();
                Acknowledger consumer = new Acknowledger(options(mediaDriver));
                FlowControl producer = new FlowControl(options(mediaDriver))) {
            Await.until("connected", producer::isConnected);
            consumer.onPolled(4, 4);
            Await.until("acknowledged", () -> producer.poll() == 4);

            assertThat(producer.mayPublish(SLOTS, 5)).isFalse();
            assertThat(producer.mayPublish(SLOTS, 4)).isTrue();
        }
    }

    @Test
    void shouldAcknowledgeTheRestWhenNothingComes() {
        try (EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch();
                Acknowledger consumer = new Acknowledger(options(mediaDriver));
                FlowControl producer = new FlowControl(options(mediaDriver))) {
            Await.until("connected", producer::isConnected);
            consumer.onPolled(1, 1);
            for (int i = 0; i < 99; i++) {
                consumer.onPolled(0, 1);
            }
            assertThat(producer.poll()).isZero();
            Await.until(
                    "acknowledged",
                    () -> {
                        consumer.onPolled(0, 1);
                        return 0;
                    },
                    () -> producer.poll() == 1);
        }
    }

    @Test
    void shouldHoldWhenTheAcknowledgementsBackUp() {
        try (EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch();
                Acknowledger consumer = new Acknowledger(options(mediaDriver));
                FlowControl producer = new FlowControl(options(mediaDriver))) {
            Await.until("connected", producer::isConnected);
            final long last = 4L * 100_000; // more messages than the stream takes unread
            for (long seq = 4; seq <= last; seq += 4) {
                consumer.onPolled(4, seq);
            }
            Await.until(
                    "the last one",
                    () -> {
                        consumer.onPolled(0, last);
                        return 0;
                    },
                    () -> producer.poll() == last);
        }
    }
}
