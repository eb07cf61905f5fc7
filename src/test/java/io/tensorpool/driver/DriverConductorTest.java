package io.tensorpool.driver;

import static io.tensorpool.driver.DriverRig.ANNOUNCE_NS;
import static io.tensorpool.driver.DriverRig.LEASE_NS;
import static io.tensorpool.driver.DriverRig.OTHER_STREAM_ID;
import static io.tensorpool.driver.DriverRig.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Publication;
import io.tensorpool.PoolRegion;
import io.tensorpool.Role;
import io.tensorpool.codec.driver.HugepagesPolicy;
import io.tensorpool.codec.driver.MessageHeaderEncoder;
import io.tensorpool.codec.driver.PublishMode;
import io.tensorpool.codec.driver.ShmAttachRequestEncoder;
import io.tensorpool.codec.driver.ShmDetachRequestEncoder;
import io.tensorpool.support.ShmDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a driver answers and announces, request by request, in virtual time (driver specification 4 to 8). */
class DriverConductorTest {
    private final ShmDirectory directory = ShmDirectory.create();
    private DriverRig rig = new DriverRig(directory.path());

    @AfterEach
    void close() {
        rig.close();
        directory.close();
        assertThat(rig.errors).isEmpty();
    }

    private void restart(final DriverContext context) {
        rig.close();
        rig = new DriverRig(directory.path(), context, 1_000, true);
    }

    @Test
    void shouldGrantAProducerEverythingItNeeds() {
        rig.attach(-7, STREAM_ID, 5, Role.PRODUCER);

        assertThat(rig.run()).containsExactly("attached -7 lease 1 e1", "announce e1 producer 5 at 0 ms");

        assertThat(rig.lastExpiryNs).isEqualTo(rig.clock.nanoTime() + LEASE_NS);
        assertThat(rig.lastRegions.streamId()).isEqualTo(STREAM_ID);
        assertThat(rig.lastRegions.layoutVersion()).isEqualTo(1);
        assertThat(rig.lastRegions.nslots()).isEqualTo(4);
        final String at = "shm:file?path=" + directory.path() + "/tensorpool-test/default/" + STREAM_ID + "/"
                + Long.toUnsignedString(rig.lastRegions.epoch()) + "/";
        assertThat(rig.lastRegions.headerRegionUri()).isEqualTo(at + "header.ring");
        assertThat(rig.lastRegions.pools())
                .containsExactly(new PoolRegion(1, 4, 128, at + "1.pool"), new PoolRegion(2, 4, 4096, at + "2.pool"));
    }

    @Test
    void shouldGiveConsumersTheProducersEpoch() {
        rig.attachProducer();

        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        rig.attach(2, STREAM_ID, 7, Role.CONSUMER);

        assertThat(rig.run()).containsExactly("attached 1 lease 2 e1", "attached 2 lease 3 e1");
    }

    @Test
    void shouldLetAnyNumberOfConsumersIn() {
        rig.attachProducer();
        for (int clientId = 100; clientId < 400; clientId++) {
            rig.attach(clientId, STREAM_ID, clientId, Role.CONSUMER);
        }

        assertThat(rig.run(0)).hasSize(300).allMatch(line -> line.matches("attached \\d+ lease \\d+ e1"));
    }

    @Test
    void shouldMakeAnEpochForTheFirstConsumerAndAnotherForTheProducer() {
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        assertThat(rig.run()).containsExactly("announce e1 producer 0 at 0 ms", "attached 1 lease 1 e1");

        rig.attach(2, STREAM_ID, 5, Role.PRODUCER);
        assertThat(rig.run()).containsExactly("attached 2 lease 2 e2", "announce e2 producer 5 at 0 ms");
        assertThat(rig.epochs).hasSize(2);
    }

    @Test
    void shouldRefuseASecondProducer() {
        rig.attachProducer();

        rig.attach(1, STREAM_ID, 6, Role.PRODUCER);

        assertThat(rig.run()).containsExactly("refused 1 REJECTED: producer already attached");
    }

    @ParameterizedTest
    @EnumSource
    void shouldRefuseAClientIdThatHasALeaseWhateverItAsksFor(final Role role) {
        rig.attachProducer();

        rig.attach(1, STREAM_ID, 5, role);
        rig.attach(2, OTHER_STREAM_ID, 5, role);

        assertThat(rig.run())
                .containsExactly(
                        "refused 1 REJECTED: client_id already attached",
                        "refused 2 REJECTED: client_id already attached");
    }

    @Test
    void shouldRefuseAnUnknownStream() {
        rig.attach(1, 4711, 5, Role.PRODUCER);
        rig.attach(2, 4711, 5, Role.CONSUMER);

        assertThat(rig.run())
                .containsExactly(
                        "refused 1 REJECTED: stream not provisioned", "refused 2 REJECTED: stream not provisioned");
    }

    private void request(final Consumer<ShmAttachRequestEncoder> change) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[256]);
        final ShmAttachRequestEncoder request = new ShmAttachRequestEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .correlationId(1)
                .streamId(STREAM_ID)
                .clientId(5)
                .role(io.tensorpool.codec.driver.Role.PRODUCER)
                .expectedLayoutVersion(1)
                .publishMode(PublishMode.EXISTING_OR_CREATE)
                .requireHugepages(HugepagesPolicy.UNSPECIFIED)
                .desiredNodeId(ShmAttachRequestEncoder.desiredNodeIdNullValue());
        change.accept(request);
        rig.requests.offer(buffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + request.encodedLength());
    }

    private static void rawByte(final ShmAttachRequestEncoder request, final int encodingOffset, final int value) {
        request.buffer().putByte(request.offset() + encodingOffset, (byte) value);
    }

    @ParameterizedTest
    @ValueSource(longs = {2, 0x8000_0000L, 0xFFFF_FFFEL})
    void shouldRefuseAnotherLayoutVersion(final long version) {
        request(request -> request.expectedLayoutVersion(version));

        assertThat(rig.run()).containsExactly("refused 1 REJECTED: layout version mismatch");
    }

    @Test
    void shouldTakeAnAbsentLayoutVersionForOurs() {
        request(request -> request.expectedLayoutVersion(0));

        assertThat(rig.run()).first().isEqualTo("attached 1 lease 1 e1");
    }

    @Test
    void shouldRefuseHugepagesWhereThereAreNone() {
        request(request -> request.requireHugepages(HugepagesPolicy.HUGEPAGES));

        assertThat(rig.run()).containsExactly("refused 1 REJECTED: hugepages not available");
    }

    @Test
    void shouldRefuseStandardPagesWhereHugepagesAreRequired() {
        restart(DriverRig.context().requireHugepages(true));
        request(request -> request.requireHugepages(HugepagesPolicy.STANDARD));

        assertThat(rig.run()).containsExactly("refused 1 REJECTED: standard pages not available");
    }

    @Test
    void shouldGiveEachLeaseANodeIdOfItsOwn() {
        rig.attach(1, STREAM_ID, 5, Role.CONSUMER);
        rig.attach(2, STREAM_ID, 6, Role.CONSUMER);
        rig.run();
        request(request -> request.desiredNodeId(77).clientId(7));
        rig.run();

        assertThat(rig.nodeIds).containsExactly(1, 2, 77);
    }

    @Test
    void shouldRefuseANodeIdThatIsTakenOrRestsStill() {
        request(request -> request.role(io.tensorpool.codec.driver.Role.CONSUMER)
                .desiredNodeId(3)
                .clientId(5));
        rig.run();
        request(request -> request.role(io.tensorpool.codec.driver.Role.CONSUMER)
                .desiredNodeId(3)
                .clientId(6));
        assertThat(rig.run()).containsExactly("refused 1 REJECTED: desired node_id unavailable");

        rig.detach(2, rig.lastLeaseId, 5, Role.CONSUMER);
        rig.run();
        request(request -> request.role(io.tensorpool.codec.driver.Role.CONSUMER)
                .desiredNodeId(3)
                .clientId(6));
        assertThat(rig.run()).containsExactly("refused 1 REJECTED: desired node_id unavailable");

        rig.run(TimeUnit.SECONDS.toNanos(10));
        request(request -> request.role(io.tensorpool.codec.driver.Role.CONSUMER)
                .desiredNodeId(3)
                .clientId(6));
        rig.run();
        assertThat(rig.nodeIds).endsWith(3);
    }

    @Test
    void shouldRefuseEnumsThatAreNone() {
        request(request -> rawByte(request, ShmAttachRequestEncoder.roleEncodingOffset(), 3));
        request(request -> rawByte(request, ShmAttachRequestEncoder.requireHugepagesEncodingOffset(), 3));
        request(request -> rawByte(request, ShmAttachRequestEncoder.publishModeEncodingOffset(), 9));
        request(request -> request.clientId(0));

        assertThat(rig.run())
                .containsExactly(
                        "refused 1 INVALID_PARAMS: role 3 is neither 1 (PRODUCER) nor 2 (CONSUMER)",
                        "refused 1 INVALID_PARAMS: hugepages policy 3 is not from 0 to 2",
                        "refused 1 UNSUPPORTED: publish mode 9",
                        "refused 1 INVALID_PARAMS: client_id is 0; choose one that is not");
    }

    @Test
    void shouldCreateNothingDynamicForAClientThatWantsWhatExists() {
        restart(DriverRig.context().allowDynamicStreams(true).dynamicStreamRange(new StreamIdRange(20_000, 29_999)));
        request(request -> request.publishMode(PublishMode.REQUIRE_EXISTING).streamId(20_000));
        request(request -> request.publishMode(PublishMode.REQUIRE_EXISTING).streamId(STREAM_ID));
        request(request -> rawByte(
                request.streamId(20_000).clientId(6), ShmAttachRequestEncoder.publishModeEncodingOffset(), 255));
        request(request -> request.publishMode(PublishMode.REQUIRE_EXISTING)
                .streamId(20_000)
                .clientId(7)
                .role(io.tensorpool.codec.driver.Role.CONSUMER));
        request(request -> request.streamId(30_000).clientId(8));

        assertThat(rig.run())
                .containsExactly(
                        "refused 1 REJECTED: stream not provisioned",
                        "refused 1 REJECTED: stream not provisioned",
                        "attached 1 lease 1 e1",
                        "announce e1 producer 5 at 0 ms",
                        "attached 1 lease 2 e2",
                        "announce e2 producer 6 at 0 ms",
                        "attached 1 lease 3 e2");
    }

    @Test
    void shouldAnswerRequestsThatItCannotRead() {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[64]);
        final MessageHeaderEncoder header = new MessageHeaderEncoder();
        new ShmAttachRequestEncoder().wrapAndApplyHeader(buffer, 0, header).correlationId(31);
        header.version(2);
        rig.requests.offer(buffer, 0, 40);
        header.version(1);
        rig.requests.offer(buffer, 0, 20);
        new ShmDetachRequestEncoder().wrapAndApplyHeader(buffer, 0, header).correlationId(32);
        header.version(2);
        rig.requests.offer(buffer, 0, 40);
        header.version(1);
        rig.requests.offer(buffer, 0, 20);

        assertThat(rig.run())
                .containsExactly(
                        "refused 31 UNSUPPORTED: schema version is newer than 1",
                        "refused 31 INVALID_PARAMS: the attach request is too short",
                        "detached 32 UNSUPPORTED",
                        "detached 32 INVALID_PARAMS");
    }

    @Test
    void shouldAnswerARepeatedRequestOnceWithItsLatestCorrelationId() {
        rig.files.hold();
        rig.attach(1, STREAM_ID, 5, Role.PRODUCER);
        assertThat(rig.run()).isEmpty();
        rig.attach(2, STREAM_ID, 5, Role.PRODUCER);
        assertThat(rig.run()).isEmpty();

        rig.files.release();

        assertThat(rig.run()).containsExactly("attached 2 lease 1 e1", "announce e1 producer 5 at 0 ms");
        assertThat(rig.epochs).hasSize(1);
    }

    @Test
    void shouldRefuseAnotherProducerWhileMemoryIsBeingMadeForTheFirst() {
        rig.files.hold();
        rig.attach(1, STREAM_ID, 5, Role.PRODUCER);
        rig.attach(2, STREAM_ID, 6, Role.PRODUCER);
        assertThat(rig.run()).containsExactly("refused 2 REJECTED: producer already attached");

        rig.files.release();

        assertThat(rig.run()).containsExactly("attached 1 lease 1 e1", "announce e1 producer 5 at 0 ms");
    }

    @Test
    void shouldKeepServingOthersWhileMemoryIsBeingMade() {
        rig.attachProducer();
        rig.files.hold();
        rig.attach(1, OTHER_STREAM_ID, 6, Role.PRODUCER);
        rig.attach(2, STREAM_ID, 7, Role.CONSUMER);

        assertThat(rig.run()).containsExactly("attached 2 lease 2 e1");
        assertThat(rig.run(ANNOUNCE_NS)).containsExactly("announce e1 producer 5 at 1000 ms");
    }

    @Test
    void shouldServeAProducerThatComesWhileAnEpochIsMadeForConsumers() {
        rig.files.hold();
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        rig.attach(2, STREAM_ID, 5, Role.PRODUCER);
        rig.run();

        rig.files.release();

        assertThat(rig.run())
                .containsExactly(
                        "announce e1 producer 0 at 0 ms",
                        "attached 2 lease 1 e2",
                        "announce e2 producer 5 at 0 ms",
                        "attached 1 lease 2 e2");
    }

    @Test
    void shouldRefuseTheSecondOfTwoRolesOfOneClientThatWaited() {
        rig.files.hold();
        rig.attach(1, STREAM_ID, 5, Role.PRODUCER);
        rig.attach(2, STREAM_ID, 5, Role.CONSUMER);
        rig.attach(3, OTHER_STREAM_ID, 5, Role.PRODUCER);
        rig.run();

        rig.files.release();

        assertThat(rig.run())
                .containsExactly(
                        "attached 1 lease 1 e1",
                        "announce e1 producer 5 at 0 ms",
                        "refused 2 REJECTED: client_id already attached",
                        "refused 3 REJECTED: client_id already attached",
                        "announce e2 producer 0 at 0 ms",
                        "announce e3 producer 0 at 0 ms"); // sparse: nobody writes it
    }

    @Test
    void shouldEndALeaseByDetachOnceAndWithANewEpoch() {
        rig.attachProducer();

        rig.detach(1, 1, 5, Role.PRODUCER);
        rig.detach(2, 1, 5, Role.PRODUCER);

        assertThat(rig.run())
                .containsExactly(
                        "detached 1 OK",
                        "revoked lease 1 of 5 as PRODUCER on 10000: DETACHED",
                        "detached 2 REJECTED",
                        "announce e2 producer 0 at 0 ms");
        rig.attach(3, STREAM_ID, 5, Role.PRODUCER);
        assertThat(rig.run()).containsExactly("attached 3 lease 2 e3", "announce e3 producer 5 at 0 ms");
    }

    @Test
    void shouldNotDetachWhatBelongsToSomebodyElse() {
        rig.attachProducer();

        rig.detach(1, 2, 5, Role.PRODUCER);
        rig.detach(2, 1, 6, Role.PRODUCER);
        rig.detach(3, 1, 5, Role.CONSUMER);
        rig.client.detach(4, 1, OTHER_STREAM_ID, 5, Role.PRODUCER);

        assertThat(rig.run())
                .containsExactly(
                        "detached 1 REJECTED", "detached 2 REJECTED", "detached 3 REJECTED", "detached 4 REJECTED");
        assertThat(rig.conductor.leases()).isNotCompleted();
        final CompletableFuture<List<LeaseInfo>> leases = rig.conductor.leases();
        rig.run();
        assertThat(leases.join())
                .containsExactly(new LeaseInfo(1, STREAM_ID, 5, Role.PRODUCER, rig.clock.nanoTime() + LEASE_NS));
    }

    @Test
    void shouldKeepTheEpochWhenAConsumerDetaches() {
        rig.attachProducer();
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        rig.run();

        rig.detach(2, 2, 6, Role.CONSUMER);

        assertThat(rig.run()).containsExactly("detached 2 OK", "revoked lease 2 of 6 as CONSUMER on 10000: DETACHED");
    }

    @Test
    void shouldExpireALeaseWithoutKeepalivesAndTellItBeforeTheNewEpoch() {
        rig.attachProducer();

        assertThat(rig.run(LEASE_NS - 1)).containsExactly("announce e1 producer 5 at 2999 ms");
        assertThat(rig.run(1))
                .containsExactly(
                        "revoked lease 1 of 5 as PRODUCER on 10000: EXPIRED", "announce e2 producer 0 at 3000 ms");
    }

    @Test
    void shouldExtendALeaseByEachKeepalive() {
        rig.attachProducer();
        for (int i = 0; i < 10; i++) {
            rig.client.keepalive(1, STREAM_ID, 5, Role.PRODUCER, 0);
            assertThat(rig.run(LEASE_NS - 1)).hasSize(1).allMatch(line -> line.startsWith("announce e1"));
        }

        assertThat(rig.run(LEASE_NS)).first().asString().startsWith("revoked lease 1");
    }

    @Test
    void shouldNotExtendALeaseByKeepalivesThatMeanAnother() {
        rig.attachProducer();
        rig.run(LEASE_NS - 1);
        rig.client.keepalive(2, STREAM_ID, 5, Role.PRODUCER, 0);
        rig.client.keepalive(1, OTHER_STREAM_ID, 5, Role.PRODUCER, 0);
        rig.client.keepalive(1, STREAM_ID, 6, Role.PRODUCER, 0);
        rig.client.keepalive(1, STREAM_ID, 5, Role.CONSUMER, 0);
        rig.run();

        assertThat(rig.run(1)).first().asString().startsWith("revoked lease 1");
    }

    @Test
    void shouldHearKeepalivesThatWaitedWhileItStoodStill() {
        rig.attachProducer();
        for (int clientId = 100; clientId < 200; clientId++) {
            rig.attach(clientId, STREAM_ID, clientId, Role.CONSUMER);
        }
        rig.run();
        for (int lease = 2; lease <= 101; lease++) {
            rig.client.keepalive(lease, STREAM_ID, lease + 98, Role.CONSUMER, 0);
        }
        rig.client.keepalive(1, STREAM_ID, 5, Role.PRODUCER, 0);

        assertThat(rig.run(10 * LEASE_NS)).containsExactly("announce e1 producer 5 at 30000 ms");
    }

    /** Messages that never cease must not keep the leases of the dead alive. */
    @Test
    void shouldExpireLeasesHoweverMuchIsSentToIt() {
        rig.attachProducer();
        rig.onDutyCycle(() -> {
            for (int i = 0; i < 40; i++) {
                rig.client.keepalive(77, STREAM_ID, 6, Role.CONSUMER, 0);
            }
        });
        rig.clock.advance(10 * LEASE_NS);
        final List<String> said = new ArrayList<>();
        for (int cycle = 0; cycle < 40_000 && said.stream().noneMatch(line -> line.startsWith("revoked")); cycle++) {
            rig.conductor.doWork();
            said.addAll(rig.hear());
        }

        assertThat(said).contains("revoked lease 1 of 5 as PRODUCER on 10000: EXPIRED");
    }

    @Test
    void shouldRevokeByOrder() {
        rig.attachProducer();
        final CompletableFuture<Boolean> first = rig.conductor.revoke(1);
        final CompletableFuture<Boolean> second = rig.conductor.revoke(1);

        assertThat(rig.run())
                .containsExactly(
                        "revoked lease 1 of 5 as PRODUCER on 10000: REVOKED", "announce e2 producer 0 at 0 ms");
        assertThat(first.join()).isTrue();
        assertThat(second.join()).isFalse();
    }

    @Test
    void shouldAnnounceEachStreamAtThePeriod() {
        rig.attachProducer();
        rig.attach(1, OTHER_STREAM_ID, 6, Role.CONSUMER);
        rig.run();
        rig.client.keepalive(1, STREAM_ID, 5, Role.PRODUCER, 0);

        assertThat(rig.run(ANNOUNCE_NS - 1)).isEmpty();
        assertThat(rig.run(1))
                .containsExactlyInAnyOrder("announce e1 producer 5 at 1000 ms", "announce e2 producer 0 at 1000 ms");
        assertThat(rig.run(ANNOUNCE_NS)).hasSize(2);
    }

    @Test
    void shouldRetryWhatMetBackPressureInOrder() {
        rig.attachProducer();
        rig.events.backPressured(true);
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        rig.attach(2, STREAM_ID, 7, Role.PRODUCER);
        rig.detach(3, 1, 5, Role.PRODUCER);
        assertThat(rig.run()).isEmpty();
        assertThat(rig.run(ANNOUNCE_NS)).isEmpty();

        rig.events.backPressured(false);

        assertThat(rig.run())
                .containsExactly(
                        "attached 1 lease 2 e1",
                        "refused 2 REJECTED: producer already attached",
                        "detached 3 OK",
                        "revoked lease 1 of 5 as PRODUCER on 10000: DETACHED",
                        "announce e2 producer 0 at 0 ms",
                        "announce e2 producer 0 at 1000 ms");
    }

    @Test
    void shouldNotLetAnAnnounceThatNobodyHearsHoldUpAnswers() {
        rig.close();
        rig = new DriverRig(directory.path(), DriverRig.context(), 1_000, false);
        rig.announces.answer(Publication.NOT_CONNECTED);

        rig.attach(1, STREAM_ID, 5, Role.PRODUCER);
        rig.attach(2, STREAM_ID, 6, Role.CONSUMER);

        assertThat(rig.run()).containsExactly("attached 1 lease 1 e1", "attached 2 lease 2 e1");
        rig.announces.answer(1);
        assertThat(rig.run(ANNOUNCE_NS)).containsExactly("announce e1 producer 5 at 1000 ms");
    }

    @Test
    void shouldTellClientsWhenItEnds() {
        rig.attachProducer();

        rig.conductor.onClose();

        assertThat(rig.hear()).containsExactly("shutdown");
        assertThat(rig.isConnectionClosed).isTrue();
    }

    @Test
    void shouldRefuseOrdersWhenItHasEnded() {
        rig.conductor.onClose();

        assertThat(rig.conductor.revoke(1)).isCompletedExceptionally();
        assertThatThrownBy(() -> rig.conductor.leases().join()).hasMessageContaining("driver 'driver-01' is closed");
    }
}
