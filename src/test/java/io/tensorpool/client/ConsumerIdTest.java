package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.tensorpool.ConsumerMode;
import io.tensorpool.Endpoint;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.protocol.QosProxy;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two consumers report under one id (wire specification 10.1.2). */
@Timeout(60)
class ConsumerIdTest {
    private static final int STREAM_ID = TestDriver.DEEP_STREAM_ID;

    private final List<String> errors = new CopyOnWriteArrayList<>();

    private ClientContext context(final TestDriver driver) {
        return driver.clientContext()
                .reportIntervalNs(TimeUnit.MILLISECONDS.toNanos(20))
                .errorHandler(error -> errors.add(String.valueOf(error.getMessage())));
    }

    private static boolean report(final QosProxy as, final int streamId, final int consumerId) {
        return as.qosConsumer(streamId, consumerId, 1, 2, 3, 4, ConsumerMode.STREAM) > 0;
    }

    @Test
    void shouldTakeAnotherIdAndGoOn() {
        try (TestDriver driver = new TestDriver();
                Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                TensorPoolClient client = TensorPoolClient.connect(context(driver));
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            final QosProxy other = new QosProxy(new PublicationSink(aeron.addPublication(Endpoint.IPC_CHANNEL, 1200)));
            final int id = consumer.attachment().clientId();
            final FrameLog frames = new FrameLog();
            frames.awaitFlow(producer, consumer);

            Await.until(
                    "another id",
                    () -> report(other, STREAM_ID, id) ? 1 : 0,
                    () -> consumer.attachment().clientId() != id);

            frames.awaitFlow(producer, consumer);
            assertThat(driver.driver().leases().join())
                    .as("the lease under the first id is given back")
                    .extracting(lease -> lease.clientId())
                    .containsExactlyInAnyOrder(
                            producer.attachment().clientId(),
                            consumer.attachment().clientId());
            assertThat(errors).isEmpty();
        }
    }

    @Test
    void shouldKeepItsIdWhateverIsReportedUnderOthersOrOnOtherStreams() {
        try (TestDriver driver = new TestDriver();
                Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                TensorPoolClient client = TensorPoolClient.connect(context(driver));
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            final QosProxy other = new QosProxy(new PublicationSink(aeron.addPublication(Endpoint.IPC_CHANNEL, 1200)));
            final int id = consumer.attachment().clientId();
            final FrameLog frames = new FrameLog();
            for (int i = 0; i < 20; i++) {
                Await.until("reported", () -> report(other, STREAM_ID + 1, id));
                Await.until("reported", () -> report(other, STREAM_ID, id + 1));
                frames.awaitFlow(producer, consumer);
            }

            assertThat(consumer.attachment().clientId()).isEqualTo(id);
        }
    }

    @Test
    void shouldSayOnceThatAnIdTheApplicationChoseIsTaken() {
        try (TestDriver driver = new TestDriver();
                Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                TensorPoolClient client =
                        TensorPoolClient.connect(context(driver).clientId(500));
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            final QosProxy other = new QosProxy(new PublicationSink(aeron.addPublication(Endpoint.IPC_CHANNEL, 1200)));
            final int id = consumer.attachment().clientId();
            final FrameLog frames = new FrameLog();

            Await.until("an error", () -> report(other, STREAM_ID, id) ? 1 : 0, () -> !errors.isEmpty());
            for (int i = 0; i < 20; i++) {
                Await.until("reported", () -> report(other, STREAM_ID, id));
                frames.awaitFlow(producer, consumer);
            }

            assertThat(errors).hasSize(1).first().asString().contains("another consumer reports as " + id);
            assertThat(consumer.attachment().clientId()).isEqualTo(id);
        }
    }
}
