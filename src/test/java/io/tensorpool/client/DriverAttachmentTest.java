package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.EpochRegions;
import io.tensorpool.HugepagesPolicy;
import io.tensorpool.PoolRegion;
import io.tensorpool.PublishMode;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.client.DriverAttachment.State;
import io.tensorpool.protocol.DriverRequestAdapter;
import io.tensorpool.protocol.DriverRequestProxy;
import io.tensorpool.support.Heard;
import io.tensorpool.support.ManualClock;
import io.tensorpool.support.MessageLog;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One lease by hand, in virtual time. */
class DriverAttachmentTest {
    private static final int STREAM_ID = 10_000;
    private static final long ANSWER_NS = 1_000;
    private static final long KEEPALIVE_NS = 300;
    private static final long LEASE_NS = 2_000;

    private final ManualClock clock = new ManualClock(Long.MAX_VALUE - 1); // overflows on the way
    private final MessageLog control = new MessageLog();
    private final Heard heard = new Heard();
    private final DriverRequestAdapter driver = new DriverRequestAdapter(heard);
    private final AttachOptions options = AttachOptions.of(STREAM_ID, Role.CONSUMER);
    private final DriverAttachment attachment = newAttachment(options, KEEPALIVE_NS);

    private DriverAttachment newAttachment(final AttachOptions with, final long keepaliveNs) {
        return new DriverAttachment(
                new DriverRequestProxy(control),
                with,
                clock,
                new DriverClient.Timing(ANSWER_NS, keepaliveNs),
                42,
                1,
                77);
    }

    private List<String> work(final DriverAttachment of, final long afterNs) {
        of.doWork(clock.advance(afterNs).nanoTime());
        control.poll(driver, 10);
        return heard.take();
    }

    private List<String> work(final long afterNs) {
        return work(attachment, afterNs);
    }

    private static EpochRegions regions(final int streamId) {
        return new EpochRegions(
                streamId, 9, 1, 8, "shm:file?path=/a", List.of(new PoolRegion(1, 8, 64, "shm:file?path=/b")));
    }

    private void grant() {
        work(0);
        attachment.onAttached(5, clock.nanoTime() + LEASE_NS, 6, regions(STREAM_ID));
    }

    @Test
    void shouldAskOnceForWhatIsWanted() {
        assertThat(work(0)).containsExactly("attach 77 10000 42 2 1 2 0 -1");
        assertThat(work(1)).isEmpty();

        final DriverAttachment other = newAttachment(
                options.withPublishMode(PublishMode.REQUIRE_EXISTING)
                        .withExpectedLayoutVersion(3)
                        .withHugepages(HugepagesPolicy.HUGEPAGES)
                        .withDesiredNodeId(-9),
                0);
        assertThat(work(other, 0)).containsExactly("attach 77 10000 42 2 3 1 2 -9");
        assertThat(work(newAttachment(options.withPublishMode(null).withHugepages(HugepagesPolicy.STANDARD), 0), 0))
                .containsExactly("attach 77 10000 42 2 1 255 1 -1");
    }

    @Test
    void shouldAskLaterWhereThereIsBackPressure() {
        control.backPressured(true);
        assertThat(work(0)).isEmpty();
        control.backPressured(false);
        assertThat(work(1)).hasSize(1);
    }

    @Test
    void shouldShowTheLease() {
        grant();

        assertThat(attachment.state()).isEqualTo(State.ATTACHED);
        assertThat(List.of(
                        attachment.registrationId(),
                        attachment.correlationId(),
                        attachment.leaseId(),
                        attachment.leaseExpiryNs(),
                        attachment.lastKeepaliveNs()))
                .containsExactly(1L, 77L, 5L, clock.nanoTime() + LEASE_NS, clock.nanoTime());
        assertThat(attachment.nodeId()).isEqualTo(6);
        assertThat(attachment.clientId()).isEqualTo(42);
        assertThat(attachment.regions()).isEqualTo(regions(STREAM_ID));
    }

    @Test
    void shouldKeepTheLeaseAliveAtTheInterval() {
        grant();
        assertThat(work(KEEPALIVE_NS - 1)).isEmpty();
        assertThat(work(1)).containsExactly("keepalive 5 10000 42 2 " + clock.nanoTime());
        assertThat(attachment.lastKeepaliveNs()).isEqualTo(clock.nanoTime());
        assertThat(attachment.leaseExpiryNs()).isEqualTo(clock.nanoTime() + LEASE_NS);
    }

    @Test
    void shouldLeaveKeepalivesToTheApplicationIfToldTo() {
        final DriverAttachment byHand = newAttachment(options, 0);
        assertThat(byHand.keepalive()).isFalse();
        work(byHand, 0);
        byHand.onAttached(5, clock.nanoTime() + LEASE_NS, 6, regions(STREAM_ID));
        assertThat(work(byHand, LEASE_NS - 1)).isEmpty();
        assertThat(byHand.keepalive()).isTrue();
        assertThat(work(byHand, LEASE_NS - 1)).hasSize(1);
        assertThat(byHand.state()).isEqualTo(State.ATTACHED);

        assertThat(work(byHand, 1)).isEmpty();
        assertThat(byHand.state()).isEqualTo(State.EXPIRED);
        assertThat(byHand.keepalive()).isFalse();
    }

    @Test
    void shouldExpireWhenNoKeepaliveGetsThrough() {
        grant();
        control.backPressured(true);
        for (int i = 0; i < LEASE_NS; i += 100) {
            assertThat(attachment.state()).isEqualTo(State.ATTACHED);
            work(100);
        }
        assertThat(attachment.state()).isEqualTo(State.EXPIRED);
    }

    @Test
    void shouldGiveBackALeaseThatComesTooLate() {
        work(0);
        work(ANSWER_NS - 1);
        assertThat(attachment.state()).isEqualTo(State.ATTACHING);
        work(1);
        assertThat(attachment.state()).isEqualTo(State.UNANSWERED);

        attachment.onAttached(5, clock.nanoTime() + LEASE_NS, 6, regions(STREAM_ID));
        assertThat(attachment.state()).isEqualTo(State.UNANSWERED);
        assertThat(work(0)).containsExactly("detach 77 5 10000 42 2");
    }

    @Test
    void shouldSayWhyItWasRefused() {
        work(0);
        attachment.onRefused(ResponseCode.REJECTED, "stream not provisioned");
        assertThat(attachment.state()).isEqualTo(State.REFUSED);
        assertThat(attachment.failure()).hasMessageContaining("stream not provisioned");

        attachment.onAttached(5, clock.nanoTime() + LEASE_NS, 6, regions(STREAM_ID));
        assertThat(attachment.state()).isEqualTo(State.REFUSED);
    }

    @Test
    void shouldNotUseAnAnswerForAnotherStream() {
        work(0);
        attachment.onAttached(5, clock.nanoTime() + LEASE_NS, 6, regions(STREAM_ID + 1));
        assertThat(attachment.state()).isEqualTo(State.REFUSED);
        assertThat(attachment.failure()).hasMessageContaining("stream 10001");
    }

    @Test
    void shouldOnlyBeRevokedByWhatMeansIt() {
        grant();
        attachment.onRevoked(6, STREAM_ID, 42, Role.CONSUMER);
        attachment.onRevoked(5, STREAM_ID + 1, 42, Role.CONSUMER);
        attachment.onRevoked(5, STREAM_ID, 43, Role.CONSUMER);
        attachment.onRevoked(5, STREAM_ID, 42, Role.PRODUCER);
        assertThat(attachment.state()).isEqualTo(State.ATTACHED);

        attachment.onRevoked(5, STREAM_ID, 42, Role.CONSUMER);
        assertThat(attachment.state()).isEqualTo(State.REVOKED);
    }

    @Test
    void shouldGiveTheLeaseBack() {
        grant();
        attachment.detach(88);
        assertThat(work(0)).containsExactly("detach 88 5 10000 42 2");
        assertThat(attachment.state()).isEqualTo(State.DETACHING);
        attachment.onDetached(77);
        assertThat(attachment.state()).isEqualTo(State.DETACHING);

        attachment.onDetached(88);
        assertThat(attachment.state()).isEqualTo(State.DETACHED);
    }

    @Test
    void shouldTryAgainToGiveTheLeaseBackUntilItIsTooLate() {
        grant();
        control.backPressured(true);
        attachment.detach(88);
        work(1);
        control.backPressured(false);
        assertThat(work(1)).containsExactly("detach 88 5 10000 42 2");
        assertThat(work(1)).isEmpty();

        work(ANSWER_NS);
        assertThat(attachment.state()).isEqualTo(State.DETACHED);
    }

    @Test
    void shouldWaitForTheNextDriverWhereTheOneThatEndsHasNotAnswered() {
        work(0);
        attachment.onDriverShutdown(clock.nanoTime());
        assertThat(attachment.state()).isEqualTo(State.ATTACHING);
    }

    @Test
    void shouldBeLostWithTheDriver() {
        final long askedNs = clock.nanoTime();
        work(ANSWER_NS / 2);
        grant();
        attachment.onDriverShutdown(askedNs - 1); // of the driver before
        assertThat(attachment.state()).isEqualTo(State.ATTACHED);

        attachment.onDriverShutdown(askedNs); // it may have granted and ended before this side heard of either
        assertThat(attachment.state()).isEqualTo(State.LOST);
        assertThat(work(KEEPALIVE_NS)).isEmpty();
    }
}
