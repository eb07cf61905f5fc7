package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.Endpoint;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which Aeron streams are used, and how often is spoken there, where nothing else is configured (wire specification 15.11). */
@Timeout(60)
class StreamsTest {
    @Test
    void shouldHaveTheIdsAndPeriodsOfTheSpecification() {
        final ClientContext context = new ClientContext();

        assertThat(List.of(
                        context.controlEndpoint(),
                        context.announceEndpoint(),
                        context.descriptorEndpoint(),
                        context.qosEndpoint(),
                        context.metadata().endpoint()))
                .extracting(Endpoint::streamId)
                .containsExactly(1000, 1001, 1100, 1200, 1300);
        assertThat(List.of(
                        context.announcePeriodNs(),
                        context.reportIntervalNs(),
                        context.keepaliveIntervalNs(),
                        context.metadata().announcePeriodNs(),
                        context.metadata().metadataPeriodNs()))
                .containsOnly(TimeUnit.SECONDS.toNanos(1));
        assertThat(context.freshnessNs()).isEqualTo(TimeUnit.SECONDS.toNanos(3));
    }

    /** Descriptors among everything else: each reader picks out what is for it. */
    @Test
    void shouldShareOneStreamForEverything() {
        final Endpoint all = Endpoint.ipc(1000);
        try (TestDriver driver =
                        new TestDriver(context -> context.controlEndpoint(all).announceEndpoint(all));
                TensorPoolClient client = TensorPoolClient.connect(driver.clientContext()
                        .controlEndpoint(all)
                        .announceEndpoint(all)
                        .descriptorEndpoint(all)
                        .qosEndpoint(all)
                        .metadata(MetadataOptions.DEFAULT.withEndpoint(all)));
                Producer producer = client.addProducer(TestDriver.DEEP_STREAM_ID);
                Consumer consumer = client.addConsumer(TestDriver.DEEP_STREAM_ID)) {
            final FrameLog frames = new FrameLog();
            producer.metadata().describe("camera", "");
            assertThat(producer.awaitConnected(Duration.ofSeconds(10))).isTrue();

            FrameLog.publishAll(producer, 200);
            frames.await(consumer, 200);

            Await.until("its name", () -> client.metadata().source(TestDriver.DEEP_STREAM_ID) != null);
            Await.until("its report", () -> client.qos().consumers().size() == 1);
            assertThat(frames.torn()).isZero();
            assertThat(consumer.counts().received()).isEqualTo(200);
            assertThat(producer.attachment().leases() + consumer.attachment().leases())
                    .isEqualTo(2);
        }
    }

    /** At once, and again and again for those that come later. */
    @Test
    void shouldPresentAConsumerAgainAndAgain() {
        try (TestDriver driver = new TestDriver();
                Pollers pollers = Pollers.connect(new PollerContext().aeronDirectoryName(driver.aeronDirectoryName()));
                Poller<ControlHandler> control = pollers.control();
                TensorPoolClient client = driver.connect();
                Consumer consumer = client.addConsumer(TestDriver.DEEP_STREAM_ID)) {
            final List<Integer> presented = new ArrayList<>();
            final ControlHandler handler = new ControlHandler() {
                @Override
                public void onConsumerHello(final ConsumerHello hello) {
                    presented.add(hello.consumerId());
                }
            };

            Await.until("three hellos", () -> control.poll(handler, 10), () -> presented.size() >= 3);

            assertThat(presented).containsOnly(consumer.attachment().clientId());
        }
    }
}
