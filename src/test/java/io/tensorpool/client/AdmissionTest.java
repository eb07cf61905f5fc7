package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.AttachException;
import io.tensorpool.Endpoint;
import io.tensorpool.ResponseCode;
import io.tensorpool.TensorPoolException;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.TestDriver;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Adding without waiting, and what an attachment shows of itself. */
@Timeout(30)
class AdmissionTest {
    private static final int COMMAND_CAPACITY = 256;

    private static TestDriver driver;

    @BeforeAll
    static void launch() {
        driver = new TestDriver();
    }

    @AfterAll
    static void shutDown() {
        driver.close();
    }

    @Test
    void shouldBePolledByTheThreadThatDrivesTheClient() {
        try (TensorPoolClient client =
                TensorPoolClient.connect(driver.clientContext().useAgentInvoker(true))) {
            final Admission<Producer> adding = client.asyncAddProducer(ProducerOptions.of(10_000));
            final Admission<Consumer> addingToo = client.asyncAddConsumer(10_000);

            assertThat(adding.isDone()).isFalse();
            assertThat(adding.poll()).isNull();
            assertThat(adding.attachment().state()).isEqualTo(AttachmentState.INIT);
            assertThat(adding.registrationId()).isEqualTo(1);
            assertThat(addingToo.registrationId()).isEqualTo(2);
            Await.until("both are done", client::doWork, () -> adding.isDone() && addingToo.isDone());

            try (Producer producer = adding.poll();
                    Consumer consumer = addingToo.poll()) {
                assertThat(adding.correlationId()).isNotZero().isNotEqualTo(addingToo.correlationId());
                assertThat(producer.attachment()).isSameAs(adding.attachment());
                assertThat(producer.attachment().state()).isEqualTo(AttachmentState.ACTIVE);
                FrameLog.publishAll(producer, 3);
                Await.until(
                        "the consumer reads",
                        client::doWork,
                        () -> consumer.attachment().state() == AttachmentState.ACTIVE);
            }
        }
    }

    @Test
    void shouldSayWhyItWasRefused() {
        try (TensorPoolClient client = driver.connect();
                Producer first = client.addProducer(10_001)) {
            final Admission<Producer> second = client.asyncAddProducer(ProducerOptions.of(10_001));
            Await.until("it is done", second::isDone);

            assertThat(second.failure())
                    .isInstanceOfSatisfying(
                            AttachException.class,
                            refusal -> assertThat(refusal.code()).isEqualTo(ResponseCode.REJECTED));
            assertThatThrownBy(second::poll)
                    .isSameAs(second.failure())
                    .hasMessageContaining("producer already attached");
            assertThat(second.attachment().state()).isEqualTo(AttachmentState.FAILED);
            assertThat(second.attachment().failure()).isSameAs(second.failure());
            assertThat(first.attachment().state()).isEqualTo(AttachmentState.ACTIVE);
        }
    }

    @Test
    void shouldTryUntilItIsCancelled() {
        try (TensorPoolClient client =
                TensorPoolClient.connect(driver.clientContext().controlEndpoint(Endpoint.ipc(1997)))) {
            final Admission<Consumer> adding = client.asyncAddConsumer(10_002);
            Await.until("it was refused an answer", () -> adding.attachment().state() == AttachmentState.BACKOFF);
            assertThat(adding.obstacle()).contains("no driver answers");
            final long asked = adding.correlationId();
            Await.until("it asks again", () -> adding.correlationId() != asked);

            adding.cancel();

            Await.until("it is done", adding::isDone);
            assertThatThrownBy(adding::poll)
                    .isInstanceOf(TensorPoolException.class)
                    .hasMessageContaining("closed before it was attached");
            Await.until("it is closed", () -> adding.attachment().state() == AttachmentState.CLOSED);
            assertThat(adding.attachment().failure()).isNull();
        }
    }

    @Test
    void shouldCloseWhatWasAdmittedWhenItIsCancelled() {
        try (TensorPoolClient client = driver.connect()) {
            final Admission<Consumer> adding = client.asyncAddConsumer(10_002);
            Await.until("it is admitted", adding::isDone);

            adding.cancel();

            assertThat(adding.poll()).returns(true, Consumer::isClosed);
            Await.until("it is closed", () -> adding.attachment().state() == AttachmentState.CLOSED);
        }
    }

    @Test
    void shouldAnswerAtOnceWhenTooManyCommandsWait() {
        try (TensorPoolClient client =
                TensorPoolClient.connect(driver.clientContext().useAgentInvoker(true))) {
            final List<Admission<Consumer>> waiting = Stream.generate(() -> client.asyncAddConsumer(10_003))
                    .limit(COMMAND_CAPACITY)
                    .toList();

            assertThatThrownBy(() -> client.asyncAddConsumer(10_003))
                    .isInstanceOf(TensorPoolException.class)
                    .hasMessageContaining("too many commands wait");

            Await.until("all are done", client::doWork, () -> waiting.stream().allMatch(Admission::isDone));
        }
    }

    @Test
    void shouldShowARevocationAndTheNextLease() {
        try (TensorPoolClient client = driver.connect()) {
            final Producer producer = client.addProducer(10_003);
            final AttachmentStatus attachment = producer.attachment();
            final long leaseId = attachment.leaseId();
            final long keptNs = attachment.lastKeepaliveNs();
            assertThat(attachment.leases()).isEqualTo(1);
            assertThat(attachment.nodeId()).isNotEqualTo(AttachmentStatus.NO_NODE_ID);
            assertThat(attachment.leaseExpiryNs() - System.nanoTime())
                    .isPositive()
                    .isLessThanOrEqualTo(TimeUnit.SECONDS.toNanos(60));
            Await.until("it is kept alive", () -> attachment.lastKeepaliveNs() != keptNs);

            assertThat(driver.driver().revoke(leaseId).join()).isTrue();

            Await.until(
                    "there is another lease",
                    () -> attachment.leases() == 2 && attachment.state() == AttachmentState.ACTIVE);
            assertThat(attachment.leaseId()).isNotEqualTo(leaseId);
            producer.close();
            Await.until("it is closed", () -> attachment.state() == AttachmentState.CLOSED);
        }
    }
}
