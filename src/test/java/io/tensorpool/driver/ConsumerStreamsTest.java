package io.tensorpool.driver;

import static io.tensorpool.driver.DriverRig.ANNOUNCE_NS;
import static io.tensorpool.driver.DriverRig.LEASE_NS;
import static io.tensorpool.driver.DriverRig.OTHER_STREAM_ID;
import static io.tensorpool.driver.DriverRig.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.ConsumerMode;
import io.tensorpool.ProgressHints;
import io.tensorpool.Role;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerConfigAdapter;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.ConsumerHelloProxy;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.protocol.OwnStreams;
import io.tensorpool.protocol.QosProxy;
import io.tensorpool.support.ShmDirectory;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which streams of their own consumers get from a driver, and when they lose them: in virtual time, with real messages. */
class ConsumerStreamsTest {
    private static final long INTERVAL_NS = Math.max(ANNOUNCE_NS, LEASE_NS / 3);
    private static final OwnStream NONE = OwnStream.NONE;

    private final ShmDirectory directory = ShmDirectory.create();
    private final DriverRig rig = new DriverRig(
            directory.path(),
            DriverRig.context()
                    .expiryGraceIntervals(30)
                    .perConsumerStreamRanges(new StreamIdRange(31_000, 31_001), new StreamIdRange(32_000, 32_000)),
            1_000,
            true);
    private final ConsumerHelloProxy hellos = new ConsumerHelloProxy(rig.requests);
    private final List<ConsumerConfig> configs = new ArrayList<>();
    private final ConsumerConfigAdapter adapter = new ConsumerConfigAdapter(configs::add);
    private long leaseOfFive;

    @AfterEach
    void close() {
        rig.close();
        directory.close();
    }

    private void attachConsumers() {
        rig.attachProducer();
        for (final int clientId : new int[] {15, 16, 17}) {
            rig.attach(clientId, STREAM_ID, clientId, Role.CONSUMER);
            rig.run();
            leaseOfFive = clientId == 15 ? rig.lastLeaseId : leaseOfFive;
        }
    }

    private static OwnStream ipc(final int streamId) {
        return new OwnStream("aeron:ipc", streamId);
    }

    private static ConsumerHello hello(
            final int streamId, final int consumerId, final OwnStream descriptors, final OwnStream controls) {
        return new ConsumerHello(
                streamId,
                consumerId,
                true,
                1,
                new ConsumerHello.Rate(ConsumerMode.RATE_LIMITED, 10),
                ProgressHints.NOT_WANTED,
                new OwnStreams(descriptors, controls));
    }

    private List<ConsumerConfig> heard() {
        rig.run();
        rig.configs.poll(adapter, Integer.MAX_VALUE);
        final List<ConsumerConfig> taken = List.copyOf(configs);
        configs.clear();
        return taken;
    }

    private List<ConsumerConfig> say(final ConsumerHello hello) {
        hellos.hello(hello);
        return heard();
    }

    private List<ConsumerConfig> ask(final int consumerId, final OwnStream descriptors, final OwnStream controls) {
        return say(hello(STREAM_ID, consumerId, descriptors, controls));
    }

    private static ConsumerConfig config(final int consumerId, final OwnStream descriptors, final OwnStream controls) {
        return new ConsumerConfig(
                STREAM_ID, consumerId, true, ConsumerMode.RATE_LIMITED, "", new OwnStreams(descriptors, controls));
    }

    private long counted(final String label) {
        return rig.counters.values().get("consumers' own streams " + label);
    }

    @Test
    void shouldGrantTheWishedIdOrTheLowestFreeOne() {
        attachConsumers();

        assertThat(ask(15, ipc(31_001), NONE)).containsExactly(config(15, ipc(31_001), NONE));
        assertThat(ask(16, ipc(31_001), ipc(7))).containsExactly(config(16, ipc(31_000), ipc(32_000)));
        assertThat(counted("granted")).isEqualTo(3);
    }

    @Test
    void shouldAnswerEachHelloWithTheSameStreams() {
        attachConsumers();
        ask(15, ipc(31_001), NONE);

        assertThat(ask(15, ipc(31_000), NONE)).containsExactly(config(15, ipc(31_001), NONE));
        assertThat(ask(15, ipc(31_000), NONE)).containsExactly(config(15, ipc(31_001), NONE));
        assertThat(counted("granted")).isEqualTo(1);
    }

    @Test
    void shouldDeclineWhenTheRangeIsExhausted() {
        attachConsumers();
        ask(15, ipc(31_000), ipc(32_000));
        ask(16, ipc(31_001), NONE);

        assertThat(ask(17, ipc(31_000), ipc(32_000))).containsExactly(config(17, NONE, NONE));
        assertThat(counted("declined: range exhausted")).isEqualTo(2);

        ask(16, NONE, NONE);
        assertThat(ask(17, ipc(31_000), NONE)).containsExactly(config(17, ipc(31_001), NONE));
    }

    @Test
    void shouldDeclineWhoeverHoldsNoLeaseOnTheStream() {
        attachConsumers();

        assertThat(ask(99, ipc(31_000), NONE)).containsExactly(config(99, NONE, NONE));
        assertThat(ask(5, ipc(31_000), NONE)).as("the producer").containsExactly(config(5, NONE, NONE));
        rig.attach(41, OTHER_STREAM_ID, 41, Role.PRODUCER);
        rig.run();
        assertThat(say(hello(OTHER_STREAM_ID, 15, ipc(31_000), NONE)))
                .containsExactly(
                        new ConsumerConfig(OTHER_STREAM_ID, 15, true, ConsumerMode.RATE_LIMITED, "", OwnStreams.NONE));
        assertThat(counted("declined: no lease")).isEqualTo(3);
    }

    /** Another driver, or a producer without driver, may be there for it. */
    @Test
    void shouldSayNothingOfAStreamThatIsNotItsOwn() {
        attachConsumers();

        assertThat(say(hello(77, 15, ipc(31_000), NONE))).isEmpty();
        assertThat(counted("declined: no lease")).isZero();
        assertThat(ask(15, ipc(31_000), NONE)).containsExactly(config(15, ipc(31_000), NONE));
    }

    @Test
    void shouldDeclineHalfARequestAndChannelsThatCouldDisturbOthers() {
        attachConsumers();

        assertThat(ask(15, new OwnStream("aeron:ipc", 0), NONE)).containsExactly(config(15, NONE, NONE));
        assertThat(ask(15, new OwnStream("", 31_000), ipc(32_000))).containsExactly(config(15, NONE, ipc(32_000)));
        assertThat(counted("declined: half a request")).isEqualTo(2);

        assertThat(ask(15, new OwnStream("aeron:udp?endpoint=localhost:40123", 31_000), NONE))
                .containsExactly(config(15, NONE, NONE));
        assertThat(counted("declined: channel")).isEqualTo(1);
    }

    @Test
    void shouldCountWhatItCannotRead() {
        attachConsumers();
        say(hello(STREAM_ID, 15, new OwnStream("x".repeat(1_100), 31_000), NONE));
        new QosProxy(rig.requests).qosConsumer(STREAM_ID, 15, 1, 2, 0, 0, ConsumerMode.STREAM);
        rig.qos.offer(new UnsafeBuffer(new byte[] {1, 2, 3}), 0, 3);

        assertThat(heard()).isEmpty();
        assertThat(rig.counters.values()).containsEntry("malformed hellos and reports", 2L);
    }

    /** A stream of reports without end must not keep the ids of consumers that are gone. */
    @Test
    void shouldTakeStreamsBackHoweverManyReportsAreSent() {
        attachConsumers();
        ask(15, ipc(31_000), NONE);
        final QosProxy qos = new QosProxy(rig.qos);
        rig.onDutyCycle(() -> {
            for (int i = 0; i < 40; i++) {
                qos.qosConsumer(STREAM_ID, 16, 1, 2, 0, 0, ConsumerMode.STREAM);
            }
        });
        rig.clock.advance(5 * INTERVAL_NS);
        for (int cycle = 0; cycle < 40_000 && counted("given back") == 0; cycle++) {
            rig.conductor.doWork();
        }

        assertThat(counted("given back")).isEqualTo(1);
    }

    @Test
    void shouldNotAnswerWhoAsksForNothing() {
        attachConsumers();

        assertThat(ask(15, NONE, NONE)).isEmpty();
    }

    @Test
    void shouldWithdrawWhatIsNotAskedForAnyMore() {
        attachConsumers();
        ask(15, ipc(31_000), ipc(32_000));

        assertThat(ask(15, ipc(31_000), NONE)).containsExactly(config(15, ipc(31_000), NONE));
        assertThat(ask(16, NONE, ipc(32_000))).containsExactly(config(16, NONE, ipc(32_000)));
        assertThat(ask(15, NONE, NONE)).containsExactly(config(15, NONE, NONE));
        assertThat(counted("given back")).isEqualTo(1);
    }

    @Test
    void shouldTakeBackTheStreamsOfAConsumerThatIsNotHeardOf() {
        attachConsumers();
        ask(15, ipc(31_000), NONE);
        ask(16, ipc(31_001), NONE);

        final QosProxy qos = new QosProxy(rig.qos);
        for (int i = 0; i < 4; i++) {
            rig.clock.advance(INTERVAL_NS);
            qos.qosConsumer(STREAM_ID, 16, 1, 2, 0, 0, ConsumerMode.STREAM);
            qos.qosConsumer(OTHER_STREAM_ID, 15, 1, 2, 0, 0, ConsumerMode.STREAM);
            assertThat(heard()).isEmpty();
        }
        rig.clock.advance(INTERVAL_NS);
        qos.qosConsumer(STREAM_ID, 16, 1, 2, 0, 0, ConsumerMode.STREAM);

        assertThat(heard()).as("withdrawn").containsExactly(config(15, NONE, NONE));
        assertThat(ask(17, ipc(31_000), NONE)).containsExactly(config(17, ipc(31_000), NONE));
        assertThat(ask(16, ipc(31_000), NONE)).containsExactly(config(16, ipc(31_001), NONE));
    }

    /** A driver that stood still finds the hellos that came meanwhile; it has not read them all after one duty cycle. */
    @Test
    void shouldReadWhatWaitsBeforeItCallsAConsumerGone() {
        attachConsumers();
        ask(15, ipc(31_000), NONE);
        rig.clock.advance(20 * INTERVAL_NS);
        for (int i = 0; i < 100; i++) {
            hellos.hello(hello(STREAM_ID, 99, NONE, NONE));
        }

        assertThat(ask(15, ipc(31_000), NONE)).containsExactly(config(15, ipc(31_000), NONE));
        assertThat(counted("given back")).isZero();
    }

    @Test
    void shouldTakeBackTheStreamsOfAConsumerWhoseLeaseEnded() {
        attachConsumers();
        ask(15, ipc(31_000), ipc(32_000));

        rig.detach(1, leaseOfFive, 15, Role.CONSUMER);
        rig.run();
        rig.run(INTERVAL_NS);

        assertThat(ask(16, ipc(31_000), ipc(32_000))).contains(config(16, ipc(31_000), ipc(32_000)));
        assertThat(counted("given back")).isEqualTo(1);
    }

    @Test
    void shouldDeclineAKindThatNoRangeIsConfiguredFor() {
        rig.close();
        try (ShmDirectory other = ShmDirectory.create();
                DriverRig withoutControls = new DriverRig(
                        other.path(),
                        DriverRig.context().perConsumerStreamRanges(new StreamIdRange(31_000, 31_000), null),
                        1_000,
                        true)) {
            withoutControls.attach(1, STREAM_ID, 15, Role.CONSUMER);
            withoutControls.run();
            new ConsumerHelloProxy(withoutControls.requests).hello(hello(STREAM_ID, 15, ipc(31_000), ipc(32_000)));
            withoutControls.run();
            withoutControls.configs.poll(adapter, 10);

            assertThat(configs).containsExactly(config(15, ipc(31_000), NONE));
            assertThat(withoutControls.counters.values())
                    .containsEntry("consumers' own streams declined: no range", 1L);
        }
    }

    @Test
    void shouldTryAgainWithTheNextHelloWhatCouldNotBeSent() {
        attachConsumers();
        rig.configs.backPressured(true);
        assertThat(ask(15, ipc(31_000), NONE)).isEmpty();

        rig.configs.backPressured(false);
        assertThat(ask(15, ipc(31_000), NONE)).containsExactly(config(15, ipc(31_000), NONE));
    }
}
