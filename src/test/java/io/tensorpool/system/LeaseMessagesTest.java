package io.tensorpool.system;

import static io.tensorpool.system.DriverDialogue.ANNOUNCE_NS;
import static io.tensorpool.system.DriverDialogue.LEASE_NS;
import static io.tensorpool.system.DriverDialogue.OTHER_STREAM_ID;
import static io.tensorpool.system.DriverDialogue.START_NS;
import static io.tensorpool.system.DriverDialogue.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.tensorpool.Endpoint;
import io.tensorpool.Role;
import io.tensorpool.codec.driver.MessageHeaderDecoder;
import io.tensorpool.codec.driver.ShmDetachResponseDecoder;
import io.tensorpool.codec.driver.ShmLeaseRevokedDecoder;
import io.tensorpool.driver.LeaseInfo;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.Await;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How leases live and end, and what becomes of epochs, as a driver tells it on its control stream (driver specification 4.4, 4.7
 * to 4.9 and 5 to 8): a launched driver, a real media driver, a clock that the test moves.
 */
@Timeout(60)
class LeaseMessagesTest {
    private static EmbeddedMediaDriver mediaDriver;
    private static Aeron aeron;
    private static int nextControlStreamId = 1_500;

    private final Endpoint control = Endpoint.ipc(nextControlStreamId++);
    private DriverDialogue talk;

    @BeforeAll
    static void launchMediaDriver() {
        mediaDriver = EmbeddedMediaDriver.launch();
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(mediaDriver.aeronDirectoryName()));
    }

    @AfterAll
    static void closeMediaDriver() {
        aeron.close();
        mediaDriver.close();
    }

    @BeforeEach
    void launch() {
        talk = new DriverDialogue(aeron, control, context -> {});
    }

    @AfterEach
    void close() {
        talk.close();
        assertThat(talk.errors).isEmpty();
    }

    enum End {
        DETACHED,
        EXPIRED,
        REVOKED
    }

    /** Ends L2 (client 6) or L1 (client 5), whichever has the role, and no other. */
    private void end(final End how, final Role role) {
        final String lease = role == Role.PRODUCER ? "L1" : "L2";
        final int clientId = role == Role.PRODUCER ? 5 : 6;
        switch (how) {
            case DETACHED -> talk.detach(77, lease, clientId, role);
            case REVOKED ->
                assertThat(talk.answer(talk.driver.revoke(talk.leaseId(lease)))).isTrue();
            case EXPIRED -> {
                talk.hearAfter(ANNOUNCE_NS, "announce e1 producer 5 at 1000 ms");
                if (role == Role.PRODUCER) {
                    talk.keepAlive("L2", 6, Role.CONSUMER);
                } else {
                    talk.keepAlive("L1", 5, Role.PRODUCER);
                }
                talk.hear();
                talk.clock.advance(LEASE_NS - ANNOUNCE_NS);
            }
        }
    }

    /** The notice goes to all, and before the announce; a producer's end brings a new epoch, and a consumer's does not. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            DETACHED | PRODUCER | detached 77 OK, revoked L1 of 5 as PRODUCER on 10000: DETACHED, announce e2 producer 0 at 0 ms
            DETACHED | CONSUMER | detached 77 OK, revoked L2 of 6 as CONSUMER on 10000: DETACHED
            REVOKED  | PRODUCER | revoked L1 of 5 as PRODUCER on 10000: REVOKED, announce e2 producer 0 at 0 ms
            REVOKED  | CONSUMER | revoked L2 of 6 as CONSUMER on 10000: REVOKED
            EXPIRED  | PRODUCER | revoked L1 of 5 as PRODUCER on 10000: EXPIRED, announce e1 producer 0 at 3000 ms, announce e2 producer 0 at 3000 ms
            EXPIRED  | CONSUMER | revoked L2 of 6 as CONSUMER on 10000: EXPIRED, announce e1 producer 5 at 3000 ms
            """)
    void shouldSayThatALeaseEndedAndThenWhatFollowsFromIt(final End how, final Role role, final String lines) {
        talk.holdProducer();
        talk.holdConsumer(6);

        end(how, role);

        talk.hear(lines.split(", "));
        assertThat(talk.answer(talk.driver.leases()))
                .extracting(LeaseInfo::clientId)
                .containsExactly(role == Role.PRODUCER ? 6 : 5);
        assertThat(talk.epochs()).isSorted();
    }

    @Test
    void shouldLetALeaseLiveUntilItsTimeIsOver() {
        talk.holdProducer();

        talk.hearAfter(LEASE_NS - 1, "announce e1 producer 5 at 2999 ms");
        talk.hearAfter(1, "revoked L1 of 5 as PRODUCER on 10000: EXPIRED", "announce e2 producer 0 at 3000 ms");
    }

    @Test
    void shouldExtendALeaseByEachKeepalive() {
        talk.holdProducer();
        for (int i = 1; i <= 5; i++) {
            talk.keepAlive("L1", 5, Role.PRODUCER);
            talk.hear();
            talk.hearAfter(LEASE_NS - 1, "announce e1 producer 5 at " + (3_000 * i - 1) + " ms");
        }

        talk.hearAfter(1, "revoked L1 of 5 as PRODUCER on 10000: EXPIRED", "announce e2 producer 0 at 14999 ms");
    }

    @Test
    void shouldNotExtendALeaseByKeepalivesThatMeanAnother() {
        talk.holdProducer();
        talk.hearAfter(LEASE_NS - 1, "announce e1 producer 5 at 2999 ms");
        final long leaseId = talk.leaseId("L1");
        talk.send(() -> talk.client.keepalive(leaseId + 1, STREAM_ID, 5, Role.PRODUCER, 0));
        talk.send(() -> talk.client.keepalive(leaseId, OTHER_STREAM_ID, 5, Role.PRODUCER, 0));
        talk.send(() -> talk.client.keepalive(leaseId, STREAM_ID, 6, Role.PRODUCER, 0));
        talk.send(() -> talk.client.keepalive(leaseId, STREAM_ID, 5, Role.CONSUMER, 0));
        talk.hear();

        talk.hearAfter(1, "revoked L1 of 5 as PRODUCER on 10000: EXPIRED", "announce e2 producer 0 at 3000 ms");
    }

    @Test
    void shouldNotReviveALeaseThatIsOver() {
        talk.holdProducer();
        talk.hearAfter(
                LEASE_NS,
                "revoked L1 of 5 as PRODUCER on 10000: EXPIRED",
                "announce e1 producer 0 at 3000 ms",
                "announce e2 producer 0 at 3000 ms");

        talk.keepAlive("L1", 5, Role.PRODUCER);
        talk.detach(1, "L1", 5, Role.PRODUCER);

        talk.hear("detached 1 REJECTED");
        assertThat(talk.answer(talk.driver.leases())).isEmpty();
    }

    @Test
    void shouldNotDetachWhatBelongsToSomebodyElse() {
        talk.holdProducer();
        final long leaseId = talk.leaseId("L1");

        talk.send(() -> talk.client.detach(1, leaseId + 1, STREAM_ID, 5, Role.PRODUCER));
        talk.send(() -> talk.client.detach(2, leaseId, OTHER_STREAM_ID, 5, Role.PRODUCER));
        talk.send(() -> talk.client.detach(3, leaseId, STREAM_ID, 6, Role.PRODUCER));
        talk.send(() -> talk.client.detach(4, leaseId, STREAM_ID, 5, Role.CONSUMER));

        talk.hear("detached 1 REJECTED", "detached 2 REJECTED", "detached 3 REJECTED", "detached 4 REJECTED");
        assertThat(talk.answer(talk.driver.leases()))
                .containsExactly(new LeaseInfo(leaseId, STREAM_ID, 5, Role.PRODUCER, START_NS + LEASE_NS));
    }

    @Test
    void shouldSayWhyALeaseIsNotDetached() {
        talk.detach(-42, "unknown", 5, Role.PRODUCER);

        final ShmDetachResponseDecoder answer = talk.nextDetachResponse();
        assertThat(answer.correlationId()).isEqualTo(-42);
        assertThat(answer.errorMessage()).isEqualTo("lease not found");
    }

    /** By every way a lease can end, once each. */
    @ParameterizedTest
    @EnumSource
    void shouldSayNoSecondTimeThatALeaseEnded(final End how) {
        talk.holdProducer();
        talk.holdConsumer(6);
        end(how, Role.CONSUMER);
        final List<String> first = new ArrayList<>();
        Await.until(
                "the notice",
                talk::work,
                () -> talk.take(first).stream().anyMatch(line -> line.startsWith("revoked L2")));

        talk.detach(78, "L2", 6, Role.CONSUMER);
        assertThat(talk.answer(talk.driver.revoke(talk.leaseId("L2")))).isFalse();

        talk.hear("detached 78 REJECTED");
        talk.keepAlive("L1", 5, Role.PRODUCER);
        talk.hear();
        talk.clock.advance(2 * ANNOUNCE_NS);
        Await.until("an announce", talk::work, () -> talk.take(first).getLast().startsWith("announce"));
        assertThat(first).filteredOn(line -> line.startsWith("revoked")).hasSize(1);
    }

    @Test
    void shouldTellTheTimeAndTheWholeLeaseInItsNotice() {
        talk.holdProducer();
        talk.detach(1, "L1", 5, Role.PRODUCER);
        talk.clock.advance(17);
        talk.nextDetachResponse();

        final ShmLeaseRevokedDecoder notice =
                new ShmLeaseRevokedDecoder().wrapAndApplyHeader(talk.nextMessage(), 0, new MessageHeaderDecoder());

        assertThat(notice.timestampNs()).isBetween(START_NS, START_NS + 17);
        assertThat(notice.leaseId()).isEqualTo(talk.leaseId("L1"));
        assertThat(notice.streamId()).isEqualTo(STREAM_ID);
        assertThat(notice.clientId()).isEqualTo(5);
        assertThat(notice.role()).isEqualTo(io.tensorpool.codec.driver.Role.PRODUCER);
        assertThat(notice.reason()).isEqualTo(io.tensorpool.codec.driver.LeaseRevokeReason.DETACHED);
        talk.hear("announce e2 producer 0 at 0 ms");
    }

    @Test
    void shouldAnnounceAtThePeriodWithTheProducerThatIsThere() {
        talk.attach(1, STREAM_ID, 6, Role.CONSUMER);
        talk.hear("announce e1 producer 0 at 0 ms", "attached 1 L1 e1");
        talk.attach(2, STREAM_ID, 0x8000_0005, Role.PRODUCER);
        talk.hear("attached 2 L2 e2", "announce e2 producer -2147483643 at 0 ms");

        talk.hearAfter(ANNOUNCE_NS - 1);
        talk.hearAfter(1, "announce e2 producer -2147483643 at 1000 ms");
        talk.hearAfter(ANNOUNCE_NS - 1);
        talk.hearAfter(1, "announce e2 producer -2147483643 at 2000 ms");
    }

    @Test
    void shouldGiveTheNextProducerAnEpochAfterThatOfAFailedOne() {
        talk.holdProducer();
        talk.hearAfter(
                LEASE_NS,
                "revoked L1 of 5 as PRODUCER on 10000: EXPIRED",
                "announce e1 producer 0 at 3000 ms",
                "announce e2 producer 0 at 3000 ms");

        talk.attach(1, STREAM_ID, 6, Role.PRODUCER);

        talk.hear("attached 1 L2 e3", "announce e3 producer 6 at 3000 ms");
        assertThat(talk.epochs()).hasSize(3).isSorted();
    }

    /** Between the end of one lease and the next grant there is always an epoch, also where both come at once. */
    @Test
    void shouldGiveAProducerThatWaitsAnEpochAfterThatOfTheLast() {
        talk.holdProducer();
        talk.detach(1, "L1", 5, Role.PRODUCER);
        talk.attach(2, STREAM_ID, 5, Role.PRODUCER);

        talk.hear(
                "detached 1 OK",
                "revoked L1 of 5 as PRODUCER on 10000: DETACHED",
                "announce e2 producer 0 at 0 ms",
                "attached 2 L2 e3",
                "announce e3 producer 5 at 0 ms");
        assertThat(talk.epochs()).isSorted();
    }

    @Test
    void shouldTellItsClientsWhenItEnds() {
        talk.holdProducer();

        talk.driver.close();

        Await.until(
                "the notice", talk::listen, () -> !talk.take(new ArrayList<>()).isEmpty());
        assertThat(talk.take(new ArrayList<>())).isEmpty();
    }

    /** A subscriber that stands still holds up everybody on its stream until Aeron leaves it behind. */
    @Test
    void shouldSayLaterAndInOrderWhatMetBackPressure() {
        talk.close();
        talk = new DriverDialogue(
                aeron, new Endpoint("aeron:ipc?term-length=64k", control.streamId() + 1_000), context -> {});
        talk.holdProducer();
        talk.send(() -> talk.client.attach(1, STREAM_ID, 6, Role.CONSUMER, 1, -1));
        talk.send(() -> talk.client.attach(2, STREAM_ID, 7, Role.PRODUCER, 1, -1));
        talk.send(() -> talk.client.detach(3, talk.leaseId("L1"), STREAM_ID, 5, Role.PRODUCER));
        long junk = 1;
        while (junk > 0) {
            junk = talk.client.keepalive(1, 2, 3, Role.CONSUMER, 0);
        }
        assertThat(junk).isEqualTo(Publication.BACK_PRESSURED);
        assertThat(talk.driveOnly()).as("it hears, and cannot answer").isPositive();

        talk.hear(
                "attached 1 L2 e1",
                "refused 2 REJECTED: producer already attached",
                "detached 3 OK",
                "revoked L1 of 5 as PRODUCER on 10000: DETACHED",
                "announce e2 producer 0 at 0 ms");
    }
}
