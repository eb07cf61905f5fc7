package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.aeron.Subscription;
import io.tensorpool.ConsumerMode;
import io.tensorpool.Endpoint;
import io.tensorpool.ProgressHints;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerConfigAdapter;
import io.tensorpool.protocol.ConsumerConfigProxy;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.protocol.OwnStreams;
import io.tensorpool.runtime.AeronConnection;
import io.tensorpool.support.Await;
import io.tensorpool.support.MessageLog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A producer and the consumers that ask it for streams of their own: in virtual time, with real publications. */
@Timeout(60)
class ServedConsumersTest {
    private static final int STREAM_ID = 10_000;
    private static final long INTERVAL_NS = 1_000;
    private static final long START_NS = 50_000;
    private static final OwnStream NONE = OwnStream.NONE;

    private static EmbeddedMediaDriver mediaDriver;
    private static AeronConnection connection;
    private static Aeron aeron;
    private static int lastId = 31_000;

    private final MessageLog sent = new MessageLog();
    private final List<ConsumerConfig> heard = new ArrayList<>();
    private final ConsumerConfigAdapter adapter = new ConsumerConfigAdapter(heard::add);
    private final Producer producer = new Producer(ProducerOptions.of(STREAM_ID), () -> 0, null);
    private final ServedConsumers served = new ServedConsumers(
            new ClientContext().reportIntervalNs(INTERVAL_NS),
            connection,
            new ConsumerConfigProxy(sent),
            producer,
            Endpoint.ipc(1101));
    private long nowNs = START_NS;

    @BeforeAll
    static void launch() {
        mediaDriver = EmbeddedMediaDriver.launch();
        connection = AeronConnection.connect(
                new ClientContext()
                        .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                        .conclude(),
                "served-consumers");
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(mediaDriver.aeronDirectoryName()));
    }

    @AfterAll
    static void closeAll() {
        aeron.close();
        connection.close();
        mediaDriver.close();
    }

    @AfterEach
    void close() {
        served.close();
        served.release();
    }

    private static OwnStream newStream() {
        return new OwnStream("aeron:ipc", ++lastId);
    }

    private static ConsumerHello hello(final int consumerId, final OwnStream descriptors, final OwnStream controls) {
        return new ConsumerHello(
                STREAM_ID,
                consumerId,
                true,
                1,
                ConsumerHello.Rate.ALL,
                ProgressHints.ANY,
                new OwnStreams(descriptors, controls));
    }

    private void ask(final int consumerId, final OwnStream descriptors, final OwnStream controls) {
        served.onHello(hello(consumerId, descriptors, controls), nowNs);
    }

    private static ConsumerConfig answer(final int consumerId, final OwnStream descriptors, final OwnStream controls) {
        return new ConsumerConfig(
                STREAM_ID, consumerId, true, ConsumerMode.STREAM, "", new OwnStreams(descriptors, controls));
    }

    /** What the producer said; it hears it, too, as on a real control stream. */
    private List<ConsumerConfig> said() {
        sent.poll(adapter, Integer.MAX_VALUE);
        final List<ConsumerConfig> taken = List.copyOf(heard);
        heard.clear();
        taken.forEach(served::onConfig);
        return taken;
    }

    private List<ConsumerConfig> awaitSaid() {
        await("an answer", () -> !sent.isEmpty());
        return said();
    }

    private void await(final String what, final BooleanSupplier condition) {
        Await.until(what, this::doWork, condition);
    }

    private void work() {
        for (int i = 0; i < 10; i++) {
            doWork();
        }
    }

    private int doWork() {
        return connection.doWork() + served.doWork(nowNs);
    }

    private int open() {
        return producer.consumerStreams().served();
    }

    private static boolean isPublished(final OwnStream stream) {
        try (Subscription subscription = aeron.addSubscription(stream.channel(), stream.streamId())) {
            final long startNs = System.nanoTime();
            while (!subscription.isConnected() && System.nanoTime() - startNs < 200_000_000L) {
                Thread.yield();
            }
            return subscription.isConnected();
        }
    }

    @Test
    void shouldGrantWhatIsAskedForIfNobodyElseAnswersWithinAnInterval() {
        final OwnStream descriptors = newStream();
        final OwnStream controls = newStream();
        ask(42, descriptors, controls);

        nowNs += INTERVAL_NS - 1;
        work();
        assertThat(said()).as("somebody else may still answer").isEmpty();
        assertThat(open()).isZero();

        nowNs++;
        assertThat(awaitSaid()).containsExactly(answer(42, descriptors, controls));
        assertThat(open()).isEqualTo(2);
        assertThat(isPublished(descriptors)).isTrue();
        assertThat(isPublished(controls)).isTrue();
        assertThat(producer.consumerPublications().controls()[0].consumerId()).isEqualTo(42);
    }

    @Test
    void shouldAnswerEachFurtherHelloAtOnceAndTheSame() {
        final OwnStream stream = newStream();
        ask(42, stream, NONE);
        nowNs += INTERVAL_NS;
        awaitSaid();

        ask(42, stream, NONE);
        work();
        assertThat(said()).containsExactly(answer(42, stream, NONE));
        work();
        assertThat(said()).as("once per hello").isEmpty();
        assertThat(open()).isEqualTo(1);
    }

    @Test
    void shouldFollowWhoeverElseAnswersAndStaySilent() {
        final OwnStream assigned = newStream();
        ask(42, newStream(), NONE);
        nowNs += INTERVAL_NS / 2;
        served.onConfig(answer(42, assigned, NONE));

        await("the assigned stream", () -> open() == 1);
        assertThat(isPublished(assigned)).isTrue();
        for (int i = 0; i < 10; i++) {
            nowNs += INTERVAL_NS;
            ask(42, newStream(), NONE);
            served.onConfig(answer(42, assigned, NONE));
            work();
        }
        assertThat(said()).isEmpty();
        assertThat(open()).isEqualTo(1);
    }

    @Test
    void shouldFollowAnAnswerThatComesAfterItsOwn() {
        final OwnStream asked = newStream();
        final OwnStream assigned = newStream();
        ask(42, asked, NONE);
        nowNs += INTERVAL_NS;
        awaitSaid();

        served.onConfig(answer(42, assigned, NONE));
        doWork();
        await("the other stream", () -> open() == 1);
        assertThat(isPublished(assigned)).isTrue();
        ask(42, asked, NONE);
        nowNs += INTERVAL_NS;
        work();

        assertThat(said()).isEmpty();
        assertThat(open()).isEqualTo(1);
        await("the first one is gone", () -> !isPublished(asked));
    }

    @Test
    void shouldAnswerItselfOnceNobodyElseDoesForAsLongAsAConsumerMayBeSilent() {
        final OwnStream asked = newStream();
        ask(42, asked, NONE);
        served.onConfig(answer(42, newStream(), NONE));
        await("the assigned stream", () -> open() == 1);

        for (int i = 0; i <= 4; i++) {
            assertThat(said()).isEmpty();
            ask(42, asked, NONE);
            nowNs += INTERVAL_NS;
            work();
        }
        assertThat(awaitSaid()).containsExactly(answer(42, asked, NONE));
    }

    @Test
    void shouldCloseTheStreamsOfAConsumerThatIsStale() {
        final OwnStream stream = newStream();
        ask(42, stream, NONE);
        nowNs += INTERVAL_NS;
        awaitSaid();

        nowNs += 3 * INTERVAL_NS;
        work();
        assertThat(open()).isEqualTo(1);
        served.onReport(42, nowNs);
        nowNs += 4 * INTERVAL_NS;
        work();
        assertThat(open()).as("a report is a sign of life, too").isEqualTo(1);

        nowNs++;
        work();
        assertThat(open()).isZero();
        await("it is closed", () -> !isPublished(stream));
    }

    @Test
    void shouldCloseTheStreamsOfAConsumerThatIsGoneOrAsksNoMore() {
        ask(42, newStream(), newStream());
        ask(43, newStream(), NONE);
        ask(44, newStream(), NONE);
        nowNs += INTERVAL_NS;
        await("all streams", () -> open() == 4);

        served.onGone(42);
        work();
        assertThat(open()).isEqualTo(2);
        ask(43, NONE, NONE);
        work();
        assertThat(open()).isEqualTo(1);
        served.close();
        assertThat(open()).isZero();
    }

    @Test
    void shouldCloseAStreamThatIsWithdrawn() {
        final OwnStream stream = newStream();
        ask(42, stream, NONE);
        served.onConfig(answer(42, stream, NONE));
        await("the stream", () -> open() == 1);

        served.onConfig(answer(42, NONE, NONE));
        work();

        assertThat(open()).isZero();
        await("it is closed", () -> !isPublished(stream));
    }

    /** The one before gave it up, although this producer did not hear of it. */
    @Test
    void shouldLeaveAnIdThatIsAssignedToAnotherConsumer() {
        final OwnStream stream = newStream();
        ask(42, stream, NONE);
        served.onConfig(answer(42, stream, NONE));
        await("the stream", () -> open() == 1);

        ask(43, stream, NONE);
        served.onConfig(answer(43, stream, NONE));

        await("one publication", () -> open() == 1);
    }

    @Test
    void shouldNotCloseAPublicationWhileTheProducersThreadIsInside() {
        final OwnStream stream = newStream();
        ask(42, stream, NONE);
        nowNs += INTERVAL_NS;
        awaitSaid();
        producer.useMark().enter();
        served.onGone(42);
        work();
        assertThat(open()).isZero();
        assertThat(isPublished(stream)).isTrue();

        producer.useMark().leave();
        await("it is closed", () -> !isPublished(stream));
    }

    @ParameterizedTest(name = "''{0}'' {1}")
    @CsvSource({
        "aeron:ipc, 0",
        "'', 31000",
        "aeron:udp?endpoint=localhost:40123, 31000",
        "aeron:ipc?session-id=5, 31000",
        "aeron:ipc, 1000",
        "aeron:ipc, 1001",
        "aeron:ipc, 1100",
        "aeron:ipc, 1101",
        "aeron:ipc, 1200",
        "aeron:ipc, -1",
    })
    void shouldDeclineWhatIsHalfOrCouldDisturbOthers(final String channel, final int streamId) {
        final OwnStream stream = newStream();
        ask(42, new OwnStream(channel, streamId), stream);
        nowNs += INTERVAL_NS;

        assertThat(awaitSaid()).containsExactly(answer(42, NONE, stream));
        assertThat(producer.consumerStreams().declined()).isEqualTo(1);
    }

    @Test
    void shouldDeclineAnIdThatAnotherConsumerHasUntilItIsFree() {
        final OwnStream stream = newStream();
        ask(42, stream, NONE);
        nowNs += INTERVAL_NS;
        awaitSaid();

        ask(43, stream, NONE);
        nowNs += INTERVAL_NS;
        assertThat(awaitSaid()).containsExactly(answer(43, NONE, NONE));

        served.onGone(42);
        ask(43, stream, NONE);
        nowNs += INTERVAL_NS;
        assertThat(awaitSaid()).containsExactly(answer(43, stream, NONE));
    }

    @Test
    void shouldDeclineWhatTheMediaDriverRefuses() {
        final OwnStream stream = newStream();
        try (io.aeron.ExclusivePublication other =
                aeron.addExclusivePublication("aeron:ipc?term-length=64k|mtu=1408", stream.streamId())) {
            assertThat(other.isClosed()).isFalse();
            ask(42, new OwnStream("aeron:ipc?term-length=64k|alias=" + "x".repeat(5_000), stream.streamId()), NONE);
            nowNs += INTERVAL_NS;

            assertThat(awaitSaid()).containsExactly(answer(42, NONE, NONE));
        }
    }

    @Test
    void shouldIgnoreAnAssignmentThatCouldDisturbOthers() {
        ask(42, newStream(), NONE);

        served.onConfig(answer(42, new OwnStream("aeron:ipc", 1000), NONE));
        work();

        assertThat(open()).isZero();
        assertThat(producer.consumerStreams().declined()).isEqualTo(1);
    }

    @Test
    void shouldIgnoreWhatIsAssignedToConsumersThatDidNotAsk() {
        served.onConfig(answer(42, newStream(), NONE));
        work();

        assertThat(open()).isZero();
    }

    @Test
    void shouldServeSoManyConsumersAndNoMore() {
        for (int id = 1; id <= ServedConsumers.MAX_CONSUMERS; id++) {
            ask(id, new OwnStream("aeron:ipc?term-length=64k", 40_000 + id), NONE);
        }
        nowNs += INTERVAL_NS;
        await("all streams", () -> open() == ServedConsumers.MAX_CONSUMERS);

        ask(1_000, newStream(), NONE);
        nowNs += INTERVAL_NS;
        work();
        said();

        assertThat(open()).isEqualTo(ServedConsumers.MAX_CONSUMERS);
        assertThat(producer.consumerStreams().declined()).isEqualTo(1);
        served.onGone(1);
        ask(1_000, newStream(), NONE);
        nowNs += INTERVAL_NS;
        await("its stream", () -> open() == ServedConsumers.MAX_CONSUMERS);
    }

    @Test
    void shouldLetThoseThatWereDeclinedMakeRoom() {
        for (int id = 1; id <= ServedConsumers.MAX_CONSUMERS; id++) {
            ask(id, new OwnStream("aeron:ipc", 0), NONE);
        }
        nowNs += INTERVAL_NS;
        work();
        assertThat(said()).hasSize(ServedConsumers.MAX_CONSUMERS);

        final OwnStream stream = newStream();
        ask(1_000, stream, NONE);
        nowNs += INTERVAL_NS;

        await("its stream", () -> open() == 1);
    }
}
