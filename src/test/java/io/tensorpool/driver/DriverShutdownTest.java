package io.tensorpool.driver;

import static io.tensorpool.driver.DriverRig.ANNOUNCE_NS;
import static io.tensorpool.driver.DriverRig.LEASE_NS;
import static io.tensorpool.driver.DriverRig.OTHER_STREAM_ID;
import static io.tensorpool.driver.DriverRig.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.Role;
import io.tensorpool.codec.driver.MessageHeaderDecoder;
import io.tensorpool.codec.driver.ShmDriverShutdownDecoder;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.support.ShmDirectory;
import java.util.concurrent.CompletableFuture;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How a driver comes to its end (driver specification 4.13), in virtual time. */
class DriverShutdownTest {
    private static final String TOKEN = "s3cret";
    private static final long TIMEOUT_NS = LEASE_NS - 1;
    private static final String REFUSED = "shutdown requests refused";

    private final ShmDirectory directory = ShmDirectory.create();
    private DriverRig rig = rig(TOKEN);

    @AfterEach
    void close() {
        rig.close();
        directory.close();
        assertThat(rig.errors).isEmpty();
    }

    private DriverRig rig(final String token) {
        return new DriverRig(
                directory.path(), DriverRig.context().shutdownToken(token).shutdownTimeoutNs(TIMEOUT_NS), 1_000, true);
    }

    private void requestShutdown() {
        rig.client.shutdown(1, ShutdownReason.ADMIN, TOKEN);
    }

    @Test
    void shouldDrainUntilTheLastLeaseIsGivenBack() {
        rig.attachProducer();
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        rig.run();
        requestShutdown();

        assertThat(rig.run()).as("the last announce").containsExactly("announce e1 producer 5 at 0 ms");
        rig.detach(2, 2, 6, Role.CONSUMER);
        assertThat(rig.run()).containsExactly("detached 2 OK", "revoked lease 2 of 6 as CONSUMER on 10000: DETACHED");
        assertThat(rig.conductor.ended()).isNotDone();

        rig.detach(3, 1, 5, Role.PRODUCER);
        assertThat(rig.run())
                .containsExactly(
                        "detached 3 OK",
                        "revoked lease 1 of 5 as PRODUCER on 10000: DETACHED",
                        "announce e2 producer 0 at 0 ms",
                        "shutdown");
        assertThat(rig.conductor.ended()).isCompletedWithValue(ShutdownReason.ADMIN);
    }

    @Test
    void shouldRefuseWhoComesWhileItDrains() {
        rig.attachProducer();
        requestShutdown();
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        rig.attach(2, OTHER_STREAM_ID, 7, Role.PRODUCER);

        assertThat(rig.run())
                .containsExactly(
                        "announce e1 producer 5 at 0 ms",
                        "refused 1 REJECTED: driver is shutting down",
                        "refused 2 REJECTED: driver is shutting down");
    }

    @Test
    void shouldRefuseWhoWaitedForMemoryWhenItBeganToDrain() {
        rig.attachProducer();
        rig.files.hold();
        rig.attach(1, OTHER_STREAM_ID, 6, Role.PRODUCER);
        rig.attach(2, OTHER_STREAM_ID, 7, Role.CONSUMER);
        rig.run();
        requestShutdown();
        rig.run();

        rig.files.release();

        assertThat(rig.run())
                .containsExactly(
                        "refused 1 REJECTED: driver is shutting down",
                        "announce e2 producer 0 at 0 ms",
                        "refused 2 REJECTED: driver is shutting down");
    }

    @Test
    void shouldEndWhenTheTimeIsOverAlthoughALeaseLives() {
        rig.attachProducer();
        requestShutdown();
        rig.run();

        assertThat(rig.run(TIMEOUT_NS - 1)).doesNotContain("shutdown");
        assertThat(rig.conductor.ended()).isNotDone();
        assertThat(rig.run(1)).containsExactly("shutdown");
        assertThat(rig.conductor.ended()).isCompletedWithValue(ShutdownReason.ADMIN);
    }

    @Test
    void shouldServeLeasesWhileItDrains() {
        rig.attachProducer();
        requestShutdown();
        rig.run();
        rig.client.keepalive(1, STREAM_ID, 5, Role.PRODUCER, 0);

        assertThat(rig.run(ANNOUNCE_NS)).containsExactly("announce e1 producer 5 at 1000 ms");
        final CompletableFuture<Boolean> revoked = rig.conductor.revoke(1);
        assertThat(rig.run())
                .containsExactly(
                        "revoked lease 1 of 5 as PRODUCER on 10000: REVOKED",
                        "announce e2 producer 0 at 1000 ms",
                        "shutdown");
        assertThat(revoked.join()).isTrue();
    }

    @Test
    void shouldSayNothingAfterTheNotice() {
        rig.attachProducer();
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        requestShutdown();
        rig.run();
        assertThat(rig.run(TIMEOUT_NS)).endsWith("shutdown");

        assertThat(rig.run(100 * LEASE_NS)).as("leases have ended, with it").isEmpty();
        rig.conductor.onClose();
        assertThat(rig.hear()).as("not twice").isEmpty();
    }

    @Test
    void shouldNotAnnounceWhatIsMadeAfterTheNotice() {
        rig.attachProducer();
        requestShutdown();
        rig.run();
        rig.files.hold();
        rig.detach(1, 1, 5, Role.PRODUCER);
        assertThat(rig.run()).endsWith("shutdown");

        rig.files.release();

        assertThat(rig.run(10 * ANNOUNCE_NS)).isEmpty();
    }

    @Test
    void shouldMakeNoEpochAfterTheNotice() {
        rig.attachProducer();
        requestShutdown();
        rig.run();
        rig.run(TIMEOUT_NS);
        final long made = rig.counters.values().get("epochs made");

        rig.detach(1, 1, 5, Role.PRODUCER);

        assertThat(rig.run()).containsExactly("detached 1 OK", "revoked lease 1 of 5 as PRODUCER on 10000: DETACHED");
        assertThat(rig.counters.values()).containsEntry("epochs made", made);
    }

    @Test
    void shouldEndAtOnceWithoutLeases() {
        requestShutdown();

        assertThat(rig.run()).containsExactly("shutdown");
    }

    @Test
    void shouldNotBeginTwice() {
        rig.attachProducer();
        requestShutdown();
        rig.run();
        rig.run(TIMEOUT_NS - 1);
        final CompletableFuture<ShutdownReason> again = rig.conductor.shutdown(ShutdownReason.ERROR);

        assertThat(rig.run(1)).containsExactly("shutdown");
        assertThat(again).isCompletedWithValue(ShutdownReason.ADMIN);
    }

    @Test
    void shouldEndByOrderOfItsOwner() {
        rig.close();
        rig = rig("");
        final CompletableFuture<ShutdownReason> ended = rig.conductor.shutdown(ShutdownReason.NORMAL);

        assertThat(rig.run()).containsExactly("shutdown");
        assertThat(ended).isCompletedWithValue(ShutdownReason.NORMAL);
    }

    @Test
    void shouldNotHaveEndedBeforeItCouldSaySo() {
        rig.events.backPressured(true);
        requestShutdown();
        assertThat(rig.run(ANNOUNCE_NS)).isEmpty();
        assertThat(rig.conductor.ended()).isNotDone();

        rig.events.backPressured(false);

        assertThat(rig.run()).containsExactly("shutdown");
        assertThat(rig.conductor.ended()).isDone();
    }

    @Test
    void shouldEndUnheardWhenItCannotSaySoForAsLongAsItDrained() {
        rig.events.backPressured(true);
        requestShutdown();
        rig.run();

        rig.run(TIMEOUT_NS - 1);
        assertThat(rig.conductor.ended()).isNotDone();
        rig.run(1);

        assertThat(rig.conductor.ended()).isCompletedWithValue(ShutdownReason.ADMIN);
        assertThat(rig.errors)
                .singleElement()
                .asString()
                .contains("ends unheard: 1 messages could not be sent", "stream 1000");
        assertThat(rig.counters.values()).containsEntry("messages dropped unsent", 1L);
        rig.errors.clear();
    }

    @ParameterizedTest
    @EnumSource
    void shouldGiveTheReasonOfTheRequest(final ShutdownReason reason) {
        rig.client.shutdown(1, reason, TOKEN);
        rig.conductor.doWork();

        final ShmDriverShutdownDecoder notice = new ShmDriverShutdownDecoder()
                .wrapAndApplyHeader(new UnsafeBuffer(rig.events.take()), 0, new MessageHeaderDecoder());
        assertThat(notice.reasonRaw()).isEqualTo((short) reason.code());
        assertThat(notice.timestampNs()).isEqualTo(rig.clock.nanoTime());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s3cre", "s3cret ", "S3CRET", "s3cret\0", "?"})
    void shouldIgnoreARequestWithAnotherToken(final String token) {
        rig.client.shutdown(1, ShutdownReason.ADMIN, token);

        assertThat(rig.run()).isEmpty();
        assertThat(rig.conductor.ended()).isNotDone();
        assertThat(rig.counters.values()).containsEntry(REFUSED, 1L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s3cret"})
    void shouldIgnoreEveryRequestWhereNoTokenIsConfigured(final String token) {
        rig.close();
        rig = rig("");

        rig.client.shutdown(1, ShutdownReason.ADMIN, token);

        assertThat(rig.run()).isEmpty();
        assertThat(rig.counters.values()).containsEntry(REFUSED, 1L);
    }

    @Test
    void shouldIgnoreARequestWithoutAKnownReason() {
        rig.client.shutdown(1, ShutdownReason.ADMIN, TOKEN);
        final UnsafeBuffer request = new UnsafeBuffer(rig.requests.take());
        request.putByte(8 + 8, (byte) 9); // after the header and the correlation id
        rig.requests.offer(request, 0, request.capacity());

        assertThat(rig.run()).isEmpty();
        assertThat(rig.counters.values()).containsEntry(REFUSED, 1L);
    }
}
