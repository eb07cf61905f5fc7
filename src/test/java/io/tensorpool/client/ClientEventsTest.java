package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.tensorpool.ConsumerMode;
import io.tensorpool.Endpoint;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ControlResponseProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.ShmDirectory;
import io.tensorpool.support.TestDriver;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a listener of control events is told, in whose thread, and what it can do no harm with. */
@Timeout(30)
class ClientEventsTest {
    private static final int STREAM_ID = 10_000;
    private static final int OTHER_STREAM_ID = 10_001;

    private final TestDriver driver = new TestDriver();
    private final List<Throwable> errors = new CopyOnWriteArrayList<>();

    @AfterEach
    void close() {
        driver.close();
    }

    /** Writes down everything, and in which threads. */
    private static class Recorder implements ClientEventListener {
        final List<String> heard = new CopyOnWriteArrayList<>();
        final Set<Thread> threads = new HashSet<>();

        void hear(final String what) {
            threads.add(Thread.currentThread());
            heard.add(what);
        }

        boolean hasHeard(final String what) {
            return heard.stream().anyMatch(each -> each.startsWith(what));
        }

        @Override
        public void onStateChanged(
                final Role role, final int streamId, final AttachmentStatus attachment, final AttachmentState from) {
            hear("state " + role + " " + streamId + " " + from + " " + attachment.state());
        }

        @Override
        public void onAttached(final Role role, final AttachmentStatus attachment, final EpochRegions regions) {
            hear("attached " + role + " " + regions.streamId() + " " + attachment.leases());
        }

        @Override
        public void onRevoked(
                final Role role, final int streamId, final AttachmentStatus attachment, final String cause) {
            hear("revoked " + role + " " + streamId + " " + cause);
        }

        @Override
        public void onAnnounce(final EpochRegions regions, final int producerId, final long timestampNs) {
            hear("announce " + regions.streamId());
        }

        @Override
        public void onMapped(final Role role, final EpochRegions regions) {
            hear("mapped " + role + " " + regions.streamId());
        }

        @Override
        public void onRemapped(final Role role, final EpochRegions regions, final long previousEpoch) {
            assertThat(Long.compareUnsigned(regions.epoch(), previousEpoch)).isPositive();
            hear("remapped " + role + " " + regions.streamId());
        }

        @Override
        public void onMappingFailed(final Role role, final EpochRegions regions, final Throwable cause) {
            hear("mapping failed " + role + " " + regions.streamId() + " " + cause.getMessage());
        }

        @Override
        public void onDriverShutdown(final ShutdownReason reason, final long timestampNs) {
            hear("shutdown " + reason);
        }

        @Override
        public void onConsumerHello(final int streamId, final int consumerId) {
            hear("hello " + streamId + " " + consumerId);
        }

        @Override
        public void onConsumerConfig(final ConsumerConfig config) {
            hear("config " + config.streamId() + " " + config.consumerId());
        }

        @Override
        public void onControlResponse(final long correlationId, final ResponseCode code, final String text) {
            hear("response " + correlationId + " " + code + " " + text);
        }

        @Override
        public void onQosConsumer(
                final int streamId,
                final int consumerId,
                final long epoch,
                final long lastSeqSeen,
                final long dropsGap,
                final long dropsLate,
                final ConsumerMode mode) {
            hear("qos consumer " + streamId);
        }

        @Override
        public void onQosProducer(
                final int streamId,
                final int producerId,
                final long epoch,
                final long currentSeq,
                final int watermark) {
            hear("qos producer " + streamId);
        }
    }

    private TensorPoolClient connect(final ClientEventListener listener) {
        return TensorPoolClient.connect(driver.clientContext()
                .useAgentInvoker(true)
                .eventListener(listener)
                .errorHandler(errors::add));
    }

    private static void await(final TensorPoolClient client, final Recorder recorder, final String... expected) {
        for (final String each : expected) {
            final IntSupplier work = client::doWork;
            Await.until(() -> each + " in " + recorder.heard, work, () -> recorder.hasHeard(each));
        }
    }

    @Test
    void shouldTellWhatHappensFromTheDutyCycleOnly() {
        final Recorder recorder = new Recorder();
        try (TensorPoolClient client = connect(recorder);
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            await(
                    client,
                    recorder,
                    "state PRODUCER 10000 CONNECTING ATTACHING",
                    "state PRODUCER 10000 ATTACHING ATTACHED",
                    "attached PRODUCER 10000 1",
                    "mapped PRODUCER 10000",
                    "state PRODUCER 10000 MAPPED ACTIVE",
                    "attached CONSUMER 10000 1",
                    "mapped CONSUMER 10000",
                    "announce 10000",
                    "hello 10000 " + consumer.attachment().clientId(),
                    "qos consumer 10000",
                    "qos producer 10000");

            driver.driver().revoke(producer.attachment().leaseId());
            await(
                    client,
                    recorder,
                    "revoked PRODUCER 10000 the driver revoked it",
                    "remapped PRODUCER 10000",
                    "remapped CONSUMER 10000");

            driver.restart();
            await(client, recorder, "shutdown NORMAL", "revoked CONSUMER 10000 the driver ended");
        }
        assertThat(recorder.threads).containsExactly(Thread.currentThread());
        assertThat(errors).isEmpty();
    }

    @Test
    void shouldTellHowConsumersAreServed() {
        final Recorder recorder = new Recorder();
        try (TensorPoolClient client = connect(recorder);
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(
                        ConsumerOptions.of(STREAM_ID).ownDescriptors(new Endpoint("aeron:ipc", 31_000)))) {
            await(client, recorder, "config 10000 " + consumer.attachment().clientId());
            assertThat(producer.isClosed()).isFalse();
        }
    }

    @Test
    void shouldTellWhatWasAnsweredToAnybody() {
        final Recorder recorder = new Recorder();
        try (Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                TensorPoolClient client = connect(recorder)) {
            final ControlResponseProxy responses = new ControlResponseProxy(
                    new PublicationSink(aeron.addPublication("aeron:ipc?term-length=4m", 1000)));

            assertThat(responses.respond(42, ResponseCode.REJECTED, "no")).isPositive();

            await(client, recorder, "response 42 REJECTED no");
        }
    }

    @Test
    void shouldTellWhatCannotBeMapped() {
        final Recorder recorder = new Recorder();
        try (ShmDirectory other = ShmDirectory.create();
                TensorPoolClient client = TensorPoolClient.connect(driver.clientContext()
                        .allowedBaseDirs(List.of(other.path()))
                        .useAgentInvoker(true)
                        .eventListener(recorder))) {
            assertThatThrownBy(() -> client.addConsumer(STREAM_ID)).hasMessageContaining("refused region");

            await(client, recorder, "mapping failed CONSUMER 10000 ", "state CONSUMER 10000 ATTACHED FAILED");
        }
    }

    /** It throws at every event, and still the client does all that it has to do. */
    @Test
    void shouldGoOnWhateverTheListenerThrows() {
        final Recorder recorder = new Recorder() {
            @Override
            void hear(final String what) {
                super.hear(what);
                if (what.startsWith("qos")) {
                    throw new AssertionError("thrown at " + what);
                }
                throw new IllegalStateException("thrown at " + what);
            }
        };
        try (TensorPoolClient client = connect(recorder);
                Producer producer = client.addProducer(STREAM_ID);
                Consumer consumer = client.addConsumer(STREAM_ID)) {
            await(client, recorder, "qos consumer 10000");
            driver.driver().revoke(producer.attachment().leaseId());
            await(client, recorder, "remapped PRODUCER 10000", "remapped CONSUMER 10000");

            final FrameLog log = new FrameLog();
            final FrameClaim claim = new FrameClaim();
            Await.until(
                    "frames flow",
                    () -> {
                        client.doWork();
                        FrameLog.publish(producer, claim);
                        return consumer.poll(log, 10);
                    },
                    () -> log.seqs().size() >= 5);
            assertThat(log.torn()).isZero();
        }
        assertThat(errors)
                .hasSameSizeAs(recorder.heard)
                .allMatch(error -> error.getMessage().startsWith("thrown at "));
    }

    /** Adding and closing are commands; what waits would wait for itself. */
    @Test
    void shouldLetTheListenerAddAndCloseButNotWait() {
        final List<Admission<Consumer>> added = new ArrayList<>();
        final List<Throwable> refused = new ArrayList<>();
        final TensorPoolClient[] client = new TensorPoolClient[1];
        final Recorder recorder = new Recorder() {
            @Override
            public void onMapped(final Role role, final EpochRegions regions) {
                if (regions.streamId() == STREAM_ID) {
                    added.add(client[0].asyncAddConsumer(OTHER_STREAM_ID));
                    for (final Runnable waiting :
                            List.<Runnable>of(() -> client[0].addConsumer(OTHER_STREAM_ID), client[0]::doWork)) {
                        try {
                            waiting.run();
                        } catch (final IllegalStateException ex) {
                            refused.add(ex);
                        }
                    }
                } else {
                    added.getFirst().cancel();
                }
                super.onMapped(role, regions);
            }
        };
        client[0] = connect(recorder);
        try (TensorPoolClient closed = client[0]) {
            closed.addProducer(STREAM_ID);

            await(closed, recorder, "mapped CONSUMER 10001", "state CONSUMER 10001 DETACHING CLOSED");
        }
        assertThat(refused).hasSize(2).allMatch(error -> error.getMessage().contains("must not"));
        assertThat(errors).isEmpty();
    }

    /** It stands in for the conductor then, and cannot wait until that has made room. */
    @Test
    void shouldLetTheListenerCloseWhileTheCommandsAreFull() {
        final TensorPoolClient[] client = new TensorPoolClient[1];
        final AtomicReference<Admission<Consumer>> adding = new AtomicReference<>();
        final AtomicInteger refusals = new AtomicInteger();
        final ClientEventListener closing = new ClientEventListener() {
            @Override
            public void onMapped(final Role role, final EpochRegions regions) {
                Await.until("it is known", () -> adding.get() != null);
                try {
                    while (true) {
                        client[0].asyncAddConsumer(OTHER_STREAM_ID).cancel();
                    }
                } catch (final TensorPoolException full) {
                    refusals.incrementAndGet();
                }
                adding.get().cancel();
            }
        };
        client[0] = TensorPoolClient.connect(
                driver.clientContext().eventListener(closing).errorHandler(errors::add));
        try (TensorPoolClient closed = client[0]) {
            adding.set(closed.asyncAddConsumer(STREAM_ID));

            Await.until("it is closed", () -> adding.get().attachment().state() == AttachmentState.CLOSED);
        }
        assertThat(refusals).hasValue(1);
        assertThat(errors).isEmpty();
    }

    /** Neither the listener nor the error handler of an application ends the client. */
    @Test
    void shouldGoOnWhateverTheErrorHandlerThrows() {
        final Recorder recorder = new Recorder() {
            @Override
            void hear(final String what) {
                super.hear(what);
                throw new IllegalStateException("thrown at " + what);
            }
        };
        try (TensorPoolClient client = TensorPoolClient.connect(
                driver.clientContext().eventListener(recorder).errorHandler(error -> {
                    errors.add(error);
                    throw new AssertionError("thrown by the error handler", error);
                }))) {
            final Admission<Consumer> added = client.asyncAddConsumer(STREAM_ID);

            Await.until("it is added", added::isDone);

            assertThat(added.poll()).isNotNull();
            assertThat(errors).isNotEmpty();
        }
    }

    /** The conductor cannot wait for its own end: it ends after the duty cycle in which it was told to. */
    @Test
    void shouldLetTheListenerCloseTheClient() {
        final TensorPoolClient[] client = new TensorPoolClient[1];
        final ClientEventListener closing = new ClientEventListener() {
            @Override
            public void onMapped(final Role role, final EpochRegions regions) {
                client[0].close();
            }
        };
        client[0] = TensorPoolClient.connect(driver.clientContext()
                .clientName("closed-within")
                .eventListener(closing)
                .errorHandler(errors::add));

        final Admission<Consumer> adding = client[0].asyncAddConsumer(STREAM_ID);

        Await.until("it is closed", () -> adding.attachment().state() == AttachmentState.CLOSED);
        Await.until(
                "its thread has ended",
                () -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("closed-within")));
        client[0].close();
        assertThat(errors).isEmpty();
    }
}
