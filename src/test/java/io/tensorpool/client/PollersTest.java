package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.MetadataAttribute;
import io.tensorpool.ProgressState;
import io.tensorpool.ResponseCode;
import io.tensorpool.codec.tracelink.MessageHeaderEncoder;
import io.tensorpool.codec.tracelink.TraceLinkSetEncoder;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.ControlResponseProxy;
import io.tensorpool.protocol.DescriptorListener;
import io.tensorpool.protocol.DescriptorProxy;
import io.tensorpool.protocol.MetadataProxy;
import io.tensorpool.protocol.ProgressListener;
import io.tensorpool.protocol.ProgressProxy;
import io.tensorpool.protocol.PublicationSink;
import io.tensorpool.protocol.TraceLinkListener;
import io.tensorpool.support.Await;
import io.tensorpool.support.FrameLog;
import io.tensorpool.support.Heard;
import io.tensorpool.support.ShmDirectory;
import io.tensorpool.support.TestDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.agrona.CloseHelper;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pollers hear what others say, without a driver and without saying anything. */
@Timeout(60)
class PollersTest {
    /** Heard implements every listener, but the control handler needs its own name. */
    private static final class Told implements ControlHandler {
        private final List<String> lines = new ArrayList<>();

        @Override
        public void onConsumerHello(final ConsumerHello hello) {
            lines.add("hello " + hello.streamId());
        }

        @Override
        public void onAttachRequest(
                final long correlationId,
                final int streamId,
                final int clientId,
                final int roleCode,
                final int expectedLayoutVersion,
                final int publishModeCode,
                final int hugepagesCode,
                final int desiredNodeId) {
            lines.add("attach " + streamId);
        }

        @Override
        public void onAttached(
                final long correlationId,
                final long leaseId,
                final long leaseExpiryNs,
                final int nodeId,
                final io.tensorpool.EpochRegions regions) {
            lines.add("attached " + regions.streamId());
        }

        @Override
        public void onControlResponse(final long correlationId, final ResponseCode code, final String text) {
            lines.add("response " + correlationId);
        }
    }

    private static TestDriver driver;
    private static int nextStreamId = 10_000;

    private final int streamId = nextStreamId++;
    private final Heard heard = new Heard();
    private final List<Throwable> errors = new ArrayList<>();

    @BeforeAll
    static void launch() {
        driver = new TestDriver();
    }

    @AfterAll
    static void close() {
        driver.close();
    }

    private PollerContext context() {
        return new PollerContext()
                .aeronDirectoryName(driver.aeronDirectoryName())
                .descriptorEndpoint(new Endpoint("aeron:ipc?term-length=64k", 1100))
                .errorHandler(errors::add);
    }

    private static Aeron connectAeron(final String directoryName) {
        return Aeron.connect(
                new Aeron.Context().aeronDirectoryName(directoryName).errorHandler(error -> {}));
    }

    private void await(final Poller<? super Heard> poller, final Predicate<String> line) {
        Await.until(
                () -> "heard: " + heard.lines(),
                () -> poller.poll(heard, 10),
                () -> heard.lines().stream().anyMatch(line));
    }

    @Test
    void shouldHearDescriptorsReportsAndMetadataOfOthers() {
        try (Pollers pollers = Pollers.connect(context());
                Poller<DescriptorListener> descriptors = pollers.descriptors();
                TensorPoolClient client = driver.connect();
                Producer producer = client.addProducer(streamId);
                Consumer consumer = client.addConsumer(streamId)) {
            producer.metadata().describe("camera", "");
            producer.metadata()
                    .set(MetadataAttribute.of("table", MetadataAttribute.BYTES, new byte[5_000])); // in fragments
            new FrameLog().awaitFlow(producer, consumer);

            await(descriptors, line -> line.startsWith("frame " + streamId + " "));
            await(pollers.qos(), line -> line.startsWith("qos " + streamId + " "));
            await(pollers.qos(), line -> line.startsWith("qos of producer " + streamId + " "));
            final var metadata = pollers.metadata();
            await(metadata, line -> line.startsWith("source " + streamId + " ") && line.contains("'camera'"));
            await(metadata, line -> line.startsWith("meta " + streamId + " ") && line.contains("5000 bytes"));
            assertThat(metadata.unreadableMessages()).isZero();
        }
        assertThat(errors).isEmpty();
    }

    @Test
    void shouldHearEverythingOnTheControlStream() {
        final Told told = new Told();
        try (Pollers pollers = Pollers.connect(context());
                Poller<ControlHandler> control = pollers.control();
                TensorPoolClient client = driver.connect();
                Aeron aeron = connectAeron(driver.aeronDirectoryName())) {
            final Publication publication = aeron.addPublication(Endpoint.IPC_CHANNEL, 1000);
            try (Producer producer = client.addProducer(streamId);
                    Consumer consumer = client.addConsumer(streamId)) {
                new FrameLog().awaitFlow(producer, consumer);
                Await.until(
                        "a response is sent",
                        () -> new ControlResponseProxy(new PublicationSink(publication))
                                        .respond(77, ResponseCode.OK, "")
                                > 0);

                Await.until(
                        () -> "heard: " + told.lines,
                        () -> control.poll(told, 10),
                        () -> told.lines.containsAll(List.of(
                                "attach " + streamId, "attached " + streamId, "hello " + streamId, "response 77")));
            }
            assertThat(control.unreadableMessages()).isZero();
        }
    }

    @Test
    void shouldHearTraceLinks() {
        try (Pollers pollers = Pollers.connect(context());
                Poller<TraceLinkListener> links = pollers.traceLinks();
                Aeron aeron = connectAeron(driver.aeronDirectoryName())) {
            final Publication publication = aeron.addPublication(Endpoint.IPC_CHANNEL, 1000);
            final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
            final TraceLinkSetEncoder set = new TraceLinkSetEncoder()
                    .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                    .streamId(streamId)
                    .epoch(2)
                    .seq(3)
                    .traceId(4);
            set.parentsCount(1).next().traceId(5);
            Await.until(
                    "sent",
                    () -> publication.offer(buffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + set.encodedLength()) > 0);

            await(links, line -> line.equals("links " + streamId + " 2 3 4 [5]"));
        }
    }

    @Test
    void shouldHearProgress() {
        try (Pollers pollers = Pollers.connect(context());
                Poller<ProgressListener> progress = pollers.progress();
                Aeron aeron = connectAeron(driver.aeronDirectoryName())) {
            final ProgressProxy proxy =
                    new ProgressProxy(new PublicationSink(aeron.addPublication(Endpoint.IPC_CHANNEL, 1000)));
            Await.until("sent", () -> proxy.progress(streamId, 2, 3, 4, ProgressState.PROGRESS) > 0);

            await(progress, line -> line.startsWith("progress " + streamId + " 2 3 4"));
        }
    }

    @Test
    void shouldCountWhatIsNotReadableThroughAChangeOfHandlers() {
        try (Pollers pollers = Pollers.connect(context());
                Aeron aeron = connectAeron(driver.aeronDirectoryName())) {
            final Endpoint endpoint = Endpoint.ipc(1999);
            final Poller<DescriptorListener> poller = pollers.descriptors(endpoint);
            final Publication publication = aeron.addPublication(endpoint.channel(), endpoint.streamId());
            final UnsafeBuffer cutOff = new UnsafeBuffer(new byte[] {40, 0, 4, 0, (byte) 0x84, 3, 1, 0});
            for (int i = 1; i <= 3; i++) {
                final long count = i;
                Await.until("sent", () -> publication.offer(cutOff) > 0);
                final Heard another = new Heard();
                Await.until(
                        "counted " + count, () -> poller.poll(another, 10), () -> poller.unreadableMessages() == count);
            }
        }
    }

    @Test
    void shouldGoOnAfterAHandlerThrew() {
        try (Pollers pollers = Pollers.connect(context());
                Aeron aeron = connectAeron(driver.aeronDirectoryName())) {
            final Endpoint endpoint = Endpoint.ipc(1998);
            final Poller<DescriptorListener> poller = pollers.descriptors(endpoint);
            final DescriptorProxy frames =
                    new DescriptorProxy(new PublicationSink(aeron.addPublication(endpoint.channel(), 1998)));
            for (int i = 0; i < 3; i++) {
                final long seq = i;
                Await.until("sent", () -> frames.frame(streamId, 1, seq, -1, 0, 0) > 0);
            }
            final List<Long> seqs = new ArrayList<>();

            Await.until(
                    "all",
                    () -> poller.poll(
                            (stream, epoch, seq, timestampNs, metaVersion, traceId) -> {
                                seqs.add(seq);
                                if (seq == 1) {
                                    throw new IllegalStateException("on purpose");
                                }
                            },
                            10),
                    () -> seqs.size() == 3);

            assertThat(seqs).containsExactly(0L, 1L, 2L);
            assertThat(errors).singleElement().asString().contains("on purpose");
        }
    }

    @Test
    void shouldRefuseAChannelThatIsNone() {
        try (Pollers pollers = Pollers.connect(context())) {
            assertThatThrownBy(() -> pollers.descriptors(new Endpoint("aeron:nonsense", 1)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("'aeron:nonsense'");
        }
    }

    @Test
    void shouldGoOnByThemselvesWithTheNextMediaDriver() {
        try (ShmDirectory base = ShmDirectory.create()) {
            final String directoryName = base.path().resolve("aeron").toString();
            final EmbeddedMediaDriver first = EmbeddedMediaDriver.launch(directoryName);
            try (Pollers pollers = Pollers.connect(context().aeronDirectoryName(directoryName))) {
                final var metadata = pollers.metadata();
                say(directoryName, 1, metadata);

                first.close();
                Await.until("it is noticed", () -> metadata.poll(heard, 10), () -> pollers.losses() == 1);
                assertThat(metadata.poll(heard, 10)).isZero();
                try (EmbeddedMediaDriver second = EmbeddedMediaDriver.launch(directoryName)) {
                    assertThat(second.aeronDirectoryName()).isEqualTo(directoryName);
                    Await.until("it is back", () -> metadata.poll(heard, 10), pollers::isConnected);
                    say(directoryName, 2, metadata);
                    assertThat(pollers.isClosed()).isFalse();
                }
            }
        }
        assertThat(errors).allMatch(error -> error.getMessage().contains("its Aeron client was closed"));
    }

    /** Until it is heard: a subscription that was just added again may miss the first. */
    private void say(final String directoryName, final int epoch, final Poller<? super Heard> metadata) {
        try (Aeron aeron = connectAeron(directoryName)) {
            final MetadataProxy source =
                    new MetadataProxy(new PublicationSink(aeron.addPublication(Endpoint.IPC_CHANNEL, 1300)));
            Await.until(
                    () -> "heard: " + heard.lines(),
                    () -> {
                        source.dataSourceAnnounce(streamId, 1, epoch, 0, "camera", "");
                        return metadata.poll(heard, 10);
                    },
                    () -> heard.lines().contains("source " + streamId + " 1 " + epoch + " 0 'camera' ''"));
        }
    }

    @Test
    void shouldEndClosedWithTheGivenAeronClient() {
        try (Aeron aeron = connectAeron(driver.aeronDirectoryName());
                Pollers pollers = Pollers.connect(context().aeron(aeron))) {
            final var qos = pollers.qos();
            qos.poll(heard, 10);
            assertThat(pollers.isClosed()).isFalse();

            CloseHelper.close(aeron);

            assertThat(qos.poll(heard, 10)).isZero();
            assertThat(pollers.isClosed()).isTrue();
        }
    }

    @Test
    void shouldBeClosedFromWithinAHandler() {
        final Pollers pollers = Pollers.connect(context());
        final var qos = pollers.qos();
        try (TensorPoolClient client = driver.connect();
                Producer producer = client.addProducer(streamId)) {
            final ClosingHandler handler = new ClosingHandler(pollers);
            Await.until("closed by " + producer, () -> qos.poll(handler, 1_000), pollers::isClosed);

            assertThat(qos.poll(handler, 10)).isZero();
        }
        pollers.close();
    }

    private record ClosingHandler(Pollers pollers) implements io.tensorpool.protocol.QosListener {
        @Override
        public void onQosConsumer(
                final int stream,
                final int consumerId,
                final long epoch,
                final long lastSeqSeen,
                final long dropsGap,
                final long dropsLate,
                final io.tensorpool.ConsumerMode mode) {
            pollers.close();
        }

        @Override
        public void onQosProducer(
                final int stream, final int producerId, final long epoch, final long currentSeq, final int watermark) {
            pollers.close();
        }
    }

    /** Whoever closes waits until the poll that is under way is over; otherwise its log would be unmapped under it. */
    @Test
    void shouldBeClosedByAnotherThreadWhilePolling() throws InterruptedException {
        try (Aeron aeron = connectAeron(driver.aeronDirectoryName())) {
            final Endpoint endpoint = Endpoint.ipc(1997);
            final DescriptorProxy frames =
                    new DescriptorProxy(new PublicationSink(aeron.addPublication(endpoint.channel(), 1997)));
            for (int round = 0; round < 5; round++) {
                final Pollers pollers = Pollers.connect(context());
                final Poller<DescriptorListener> poller = pollers.descriptors(endpoint);
                final CountDownLatch polled = new CountDownLatch(1_000);
                final AtomicBoolean isOver = new AtomicBoolean();
                final Thread thread = Thread.ofPlatform().start(() -> {
                    while (!pollers.isClosed()) {
                        frames.frame(streamId, 1, 1, -1, 0, 0);
                        poller.poll((stream, epoch, seq, timestampNs, metaVersion, traceId) -> polled.countDown(), 10);
                    }
                    isOver.set(poller.poll((stream, epoch, seq, time, version, traceId) -> {}, 10) == 0);
                });
                assertThat(polled.await(10, TimeUnit.SECONDS)).isTrue();

                pollers.close();

                thread.join(TimeUnit.SECONDS.toMillis(10));
                assertThat(isOver).isTrue();
            }
        }
    }
}
