package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.tensorpool.AttachException;
import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;
import io.tensorpool.HugepagesPolicy;
import io.tensorpool.PublishMode;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.client.DriverAttachment.State;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.support.Await;
import io.tensorpool.support.TestDriver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Leases by hand from a driver, through a real media driver. */
@Timeout(60)
class DriverClientTest {
    private static final int UNKNOWN_STREAM_ID = 99;

    private static TestDriver driver;
    private static int nextStreamId = 10_000;

    private final int streamId = nextStreamId++;
    private final List<String> events = new ArrayList<>();
    private final DriverHandler handler = new DriverHandler() {
        @Override
        public void onLeaseRevoked(
                final long leaseId,
                final int ofStreamId,
                final int clientId,
                final Role role,
                final RevokeReason reason) {
            events.add("revoked " + leaseId + " " + reason);
        }

        @Override
        public void onDriverShutdown(final ShutdownReason reason, final long timestampNs) {
            events.add("shutdown");
        }

        @Override
        public void onAnnounce(
                final EpochRegions regions,
                final int producerId,
                final long timestampNs,
                final ClockDomain clockDomain) {
            if (regions.streamId() == streamId) {
                events.add("announce " + regions.epoch() + " of " + producerId);
            }
        }
    };

    @BeforeAll
    static void launch() {
        driver = new TestDriver();
    }

    @AfterAll
    static void close() {
        driver.close();
    }

    private DriverClient connect() {
        return DriverClient.connect(context(), handler);
    }

    /** An attach is asked for once; on a busy machine the answer may take long. */
    private static ClientContext context() {
        return driver.clientContext().attachTimeoutNs(TimeUnit.SECONDS.toNanos(10));
    }

    private static DriverAttachment await(
            final DriverClient client, final DriverAttachment attachment, final State state) {
        Await.until(attachment::toString, client::doWork, () -> attachment.state() == state);
        return attachment;
    }

    private DriverAttachment refused(final DriverClient client, final AttachOptions options, final String text) {
        final DriverAttachment attachment = await(client, client.attach(options), State.REFUSED);
        assertThat(attachment.failure()).isInstanceOf(AttachException.class).hasMessageContaining(text);
        assertThat(((AttachException) attachment.failure()).code()).isEqualTo(ResponseCode.REJECTED);
        return attachment;
    }

    @Test
    void shouldGetALeaseAndGiveItBack() {
        try (DriverClient client = connect()) {
            final DriverAttachment first = client.attach(AttachOptions.of(streamId, Role.PRODUCER));
            final DriverAttachment second =
                    client.attach(AttachOptions.of(streamId, Role.CONSUMER).withClientId(4711));
            assertThat(first.state()).isEqualTo(State.ATTACHING);
            await(client, first, State.ATTACHED);
            await(client, second, State.ATTACHED);

            assertThat(first.registrationId()).isEqualTo(1);
            assertThat(second.registrationId()).isEqualTo(2);
            assertThat(first.correlationId()).isNotEqualTo(second.correlationId());
            assertThat(second.clientId()).isEqualTo(4711);
            assertThat(first.regions().pools()).hasSameSizeAs(TestDriver.PROFILE.pools());
            assertThat(first.leaseExpiryNs() - System.nanoTime()).isPositive();
            assertThat(first.nodeId()).isNotEqualTo(second.nodeId());
            Await.until(
                    () -> "announced: " + events,
                    client::doWork,
                    () -> events.contains("announce " + first.regions().epoch() + " of " + first.clientId()));

            client.detach(first);
            await(client, first, State.DETACHED);
            Await.until(
                    () -> "told: " + events,
                    client::doWork,
                    () -> events.contains("revoked " + first.leaseId() + " DETACHED"));
            assertThatThrownBy(() -> client.detach(first))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no lease to give back");
            assertThat(second.state()).isEqualTo(State.ATTACHED);
        }
        Await.until(
                "both leases are given back",
                () -> driver.driver().leases().join().stream().noneMatch(lease -> lease.streamId() == streamId));
    }

    @Test
    void shouldBeRefusedWithTheDriversText() {
        try (DriverClient client = connect()) {
            final AttachOptions consumer = AttachOptions.of(streamId, Role.CONSUMER);
            refused(client, AttachOptions.of(UNKNOWN_STREAM_ID, Role.CONSUMER), "stream not provisioned");
            refused(client, consumer.withPublishMode(PublishMode.REQUIRE_EXISTING), "stream not provisioned");
            refused(client, consumer.withExpectedLayoutVersion(2), "layout version mismatch");
            refused(client, consumer.withHugepages(HugepagesPolicy.HUGEPAGES), "hugepages not available");

            final DriverAttachment held = await(client, client.attach(consumer.withDesiredNodeId(500)), State.ATTACHED);
            assertThat(held.nodeId()).isEqualTo(500);
            refused(client, consumer.withDesiredNodeId(500), "desired node_id unavailable");
            refused(client, consumer.withClientId(held.clientId()), "client_id already attached");
            await(client, client.attach(consumer.withExpectedLayoutVersion(0).withPublishMode(null)), State.ATTACHED);
        }
    }

    @Test
    void shouldKeepItsLeasesAlive() {
        try (DriverClient client = connect()) {
            final DriverAttachment attachment =
                    await(client, client.attach(AttachOptions.of(streamId, Role.CONSUMER)), State.ATTACHED);
            final long firstExpiryNs = attachment.leaseExpiryNs();

            Await.until(attachment::toString, client::doWork, () -> System.nanoTime() - firstExpiryNs > 0);

            assertThat(attachment.state()).isEqualTo(State.ATTACHED);
            assertThat(attachment.leaseExpiryNs()).isGreaterThan(firstExpiryNs);
            assertThat(driver.driver().leases().join()).anyMatch(lease -> lease.leaseId() == attachment.leaseId());
        }
    }

    @Test
    void shouldLeaveKeepalivesToTheApplicationIfToldTo() {
        try (DriverClient client = DriverClient.connectWithoutKeepalives(context(), handler)) {
            final DriverAttachment kept =
                    await(client, client.attach(AttachOptions.of(streamId, Role.CONSUMER)), State.ATTACHED);
            final DriverAttachment left =
                    await(client, client.attach(AttachOptions.of(streamId, Role.CONSUMER)), State.ATTACHED);
            final long[] nextNs = {System.nanoTime()};

            Await.until(
                    () -> left + ", " + events,
                    () -> {
                        if (System.nanoTime() - nextNs[0] >= 0) {
                            nextNs[0] += TimeUnit.MILLISECONDS.toNanos(200);
                            kept.keepalive();
                        }
                        return client.doWork();
                    },
                    () -> events.contains("revoked " + left.leaseId() + " EXPIRED"));
            assertThat(left.state()).isIn(State.EXPIRED, State.REVOKED);
            assertThat(kept.state()).isEqualTo(State.ATTACHED);
        }
    }

    @Test
    void shouldHearThatALeaseWasRevokedAndThatTheDriverEnds() {
        try (DriverClient client = connect()) {
            final AttachOptions options = AttachOptions.of(streamId, Role.CONSUMER);
            final DriverAttachment revoked = await(client, client.attach(options), State.ATTACHED);
            final DriverAttachment lost = await(client, client.attach(options), State.ATTACHED);
            driver.driver().revoke(revoked.leaseId());
            await(client, revoked, State.REVOKED);
            assertThat(lost.state()).isEqualTo(State.ATTACHED);

            driver.restart();

            await(client, lost, State.LOST);
            assertThat(events).contains("shutdown");
            await(client, client.attach(options), State.ATTACHED);
        }
    }

    @Test
    void shouldEndClosedWithTheGivenAeronClient() {
        try (Aeron aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(driver.aeronDirectoryName()));
                DriverClient client =
                        DriverClient.connect(driver.clientContext().aeron(aeron), handler)) {
            final AttachOptions options = AttachOptions.of(streamId, Role.CONSUMER);
            final DriverAttachment attachment = await(client, client.attach(options), State.ATTACHED);

            CloseHelper.close(aeron);

            assertThat(client.doWork()).isZero();
            assertThat(client.isClosed()).isTrue();
            assertThat(attachment.state()).isEqualTo(State.LOST);
            assertThatThrownBy(() -> client.attach(options)).isInstanceOf(IllegalStateException.class);
        }
    }
}
