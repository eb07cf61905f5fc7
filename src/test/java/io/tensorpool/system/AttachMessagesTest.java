package io.tensorpool.system;

import static io.tensorpool.system.DriverDialogue.DYNAMIC_STREAM_ID;
import static io.tensorpool.system.DriverDialogue.LEASE_NS;
import static io.tensorpool.system.DriverDialogue.NSLOTS;
import static io.tensorpool.system.DriverDialogue.OTHER_STREAM_ID;
import static io.tensorpool.system.DriverDialogue.START_NS;
import static io.tensorpool.system.DriverDialogue.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.aeron.Subscription;
import io.tensorpool.Endpoint;
import io.tensorpool.PoolSpec;
import io.tensorpool.Role;
import io.tensorpool.StreamProfile;
import io.tensorpool.codec.driver.HugepagesPolicy;
import io.tensorpool.codec.driver.MessageHeaderEncoder;
import io.tensorpool.codec.driver.PublishMode;
import io.tensorpool.codec.driver.ResponseCode;
import io.tensorpool.codec.driver.ShmAttachRequestEncoder;
import io.tensorpool.codec.driver.ShmAttachResponseDecoder;
import io.tensorpool.codec.driver.ShmDetachRequestEncoder;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a driver answers to whom, byte by byte where it matters (driver specification 4.2, 4.3, 4.4a to 4.6 and 4.8): a launched
 * driver, a real media driver, a clock that the test moves.
 */
@Timeout(60)
class AttachMessagesTest {
    private static final long NO_NODE_ID = 0xFFFF_FFFFL;

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

    private Path namespace() {
        return talk.directory.path().resolve("tensorpool-test/default");
    }

    /** What is there before anybody could have acted on the answer. */
    @ParameterizedTest
    @ValueSource(longs = {-7, 0, Long.MAX_VALUE})
    void shouldGrantALeaseWithEveryFieldAndEveryRegionReady(final long correlationId) {
        talk.attach(correlationId, STREAM_ID, 5, Role.PRODUCER);

        final ShmAttachResponseDecoder granted = talk.nextAttachResponse();

        assertThat(granted.correlationId()).isEqualTo(correlationId);
        assertThat(granted.code()).isEqualTo(ResponseCode.OK);
        assertThat(granted.leaseId()).isBetween(0L, Long.MAX_VALUE);
        assertThat(granted.leaseExpiryTimestampNs()).isEqualTo(START_NS + LEASE_NS);
        assertThat(granted.streamId()).isEqualTo(STREAM_ID);
        assertThat(granted.epoch()).isPositive();
        assertThat(granted.layoutVersion()).isEqualTo(1);
        assertThat(granted.headerNslots()).isEqualTo(NSLOTS);
        assertThat(granted.headerSlotBytes()).isEqualTo(256);
        assertThat(granted.nodeId()).isBetween(1L, 1023L);
        final Path epoch = namespace().resolve(STREAM_ID + "/" + granted.epoch());
        final List<String> pools = new ArrayList<>();
        for (final ShmAttachResponseDecoder.PayloadPoolsDecoder pool : granted.payloadPools()) {
            pools.add(
                    pool.poolId() + ": " + pool.poolNslots() + " of " + pool.strideBytes() + " in " + pool.regionUri());
        }
        assertThat(pools)
                .containsExactly(
                        "1: 4 of 128 in shm:file?path=" + epoch.resolve("1.pool"),
                        "2: 4 of 4096 in shm:file?path=" + epoch.resolve("2.pool"));
        assertThat(granted.headerRegionUri()).isEqualTo("shm:file?path=" + epoch.resolve("header.ring"));
        assertThat(granted.errorMessage()).isEmpty();
        assertThat(epoch.resolve("header.ring")).hasSize(64 + NSLOTS * 256);
        assertThat(epoch.resolve("1.pool")).hasSize(64 + NSLOTS * 128);
        assertThat(epoch.resolve("2.pool")).hasSize(64 + NSLOTS * 4096);
        talk.hear("announce e1 producer 5 at 0 ms");
    }

    @Test
    void shouldBringAnAnswerOfManyFragmentsWhole() {
        talk.close();
        final List<PoolSpec> pools = IntStream.rangeClosed(1, 100)
                .mapToObj(id -> new PoolSpec(id, 64L * id))
                .toList();
        talk = new DriverDialogue(
                aeron,
                Endpoint.ipc(control.streamId() + 1_000),
                context ->
                        context.addProfile(new StreamProfile("many", 1, pools)).addStream(77, "many"));

        talk.attach(1, 77, 5, Role.CONSUMER);
        talk.nextMessage(); // the announce
        final ShmAttachResponseDecoder granted = talk.nextAttachResponse();

        final List<PoolSpec> heard = new ArrayList<>();
        for (final ShmAttachResponseDecoder.PayloadPoolsDecoder pool : granted.payloadPools()) {
            heard.add(new PoolSpec(pool.poolId(), pool.strideBytes()));
            assertThat(pool.poolNslots()).isEqualTo(granted.headerNslots());
            assertThat(pool.regionUri()).endsWith("/" + pool.poolId() + ".pool");
        }
        assertThat(heard).isEqualTo(pools);
        assertThat(granted.headerRegionUri()).endsWith("/header.ring");
        assertThat(granted.encodedLength())
                .as("more than one fragment")
                .isGreaterThan(talk.publication.maxPayloadLength());
    }

    private static void raw(final ShmAttachRequestEncoder request, final int encodingOffset, final int value) {
        request.buffer().putByte(request.offset() + encodingOffset, (byte) value);
    }

    /** A wish of client 7 that is refused; the driver has a producer and a consumer with node id 700. */
    record Wish(String name, Consumer<ShmAttachRequestEncoder> change, ResponseCode code, String text) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Wish> refusedWishes() {
        final io.tensorpool.codec.driver.Role consumer = io.tensorpool.codec.driver.Role.CONSUMER;
        return List.of(
                new Wish("another producer", wish -> {}, ResponseCode.REJECTED, "producer already attached"),
                new Wish(
                        "the client id of the producer",
                        wish -> wish.clientId(5).role(consumer),
                        ResponseCode.REJECTED,
                        "client_id already attached"),
                new Wish(
                        "the client id of the consumer, on another stream",
                        wish -> wish.clientId(6).streamId(OTHER_STREAM_ID),
                        ResponseCode.REJECTED,
                        "client_id already attached"),
                new Wish(
                        "a stream that is neither configured nor in the range",
                        wish -> wish.streamId(4711),
                        ResponseCode.REJECTED,
                        "stream not provisioned"),
                new Wish(
                        "a stream on demand that must exist",
                        wish -> wish.streamId(DYNAMIC_STREAM_ID).publishMode(PublishMode.REQUIRE_EXISTING),
                        ResponseCode.REJECTED,
                        "stream not provisioned"),
                new Wish(
                        "a stream to read that must exist",
                        wish -> wish.streamId(DYNAMIC_STREAM_ID)
                                .role(consumer)
                                .publishMode(PublishMode.REQUIRE_EXISTING),
                        ResponseCode.REJECTED,
                        "stream not provisioned"),
                new Wish(
                        "a later layout",
                        wish -> wish.role(consumer).expectedLayoutVersion(2),
                        ResponseCode.REJECTED,
                        "layout version mismatch"),
                new Wish(
                        "the highest layout that is none",
                        wish -> wish.role(consumer).expectedLayoutVersion(0xFFFF_FFFEL),
                        ResponseCode.REJECTED,
                        "layout version mismatch"),
                new Wish(
                        "huge pages",
                        wish -> wish.role(consumer).requireHugepages(HugepagesPolicy.HUGEPAGES),
                        ResponseCode.REJECTED,
                        "hugepages not available"),
                new Wish(
                        "a node id that is taken",
                        wish -> wish.role(consumer).desiredNodeId(700),
                        ResponseCode.REJECTED,
                        "desired node_id unavailable"),
                new Wish(
                        "a role that is none",
                        wish -> raw(wish, ShmAttachRequestEncoder.roleEncodingOffset(), 3),
                        ResponseCode.INVALID_PARAMS,
                        "role 3 is neither 1 (PRODUCER) nor 2 (CONSUMER)"),
                new Wish(
                        "pages that are none",
                        wish -> raw(wish, ShmAttachRequestEncoder.requireHugepagesEncodingOffset(), 3),
                        ResponseCode.INVALID_PARAMS,
                        "hugepages policy 3 is not from 0 to 2"),
                new Wish(
                        "client id 0",
                        wish -> wish.clientId(0),
                        ResponseCode.INVALID_PARAMS,
                        "client_id is 0; choose one that is not"),
                new Wish(
                        "a publish mode that is none",
                        wish -> raw(wish, ShmAttachRequestEncoder.publishModeEncodingOffset(), 3),
                        ResponseCode.UNSUPPORTED,
                        "publish mode 3"));
    }

    /** With nothing but the reason: every optional field is null, so that nobody takes a part of it for a lease. */
    @ParameterizedTest
    @MethodSource("refusedWishes")
    void shouldRefuseWithACodeAndATextAndNothingElse(final Wish wish) {
        talk.holdProducer();
        talk.request(request -> request.correlationId(902)
                .clientId(6)
                .role(io.tensorpool.codec.driver.Role.CONSUMER)
                .desiredNodeId(700));
        talk.hear("attached 902 L2 e1");

        talk.request(request -> wish.change.accept(request.correlationId(-9).clientId(7)));

        final ShmAttachResponseDecoder refusal = talk.nextAttachResponse();
        assertThat(refusal.correlationId()).isEqualTo(-9);
        assertThat(refusal.code()).isEqualTo(wish.code);
        assertNullFields(refusal);
        assertThat(refusal.payloadPools().count()).isZero();
        assertThat(refusal.headerRegionUri()).isEmpty();
        assertThat(refusal.errorMessage()).isEqualTo(wish.text);
        talk.hear();
        assertThat(talk.answer(talk.driver.leases())).as("and no lease").hasSize(2);
    }

    private static void assertNullFields(final ShmAttachResponseDecoder refusal) {
        assertThat(refusal.leaseId()).isEqualTo(-1);
        assertThat(refusal.leaseExpiryTimestampNs()).isEqualTo(-1);
        assertThat(refusal.streamId()).isEqualTo(0xFFFF_FFFFL);
        assertThat(refusal.epoch()).isEqualTo(-1);
        assertThat(refusal.layoutVersion()).isEqualTo(0xFFFF_FFFFL);
        assertThat(refusal.headerNslots()).isEqualTo(0xFFFF_FFFFL);
        assertThat(refusal.headerSlotBytes()).isEqualTo(0xFFFF);
        assertThat(refusal.nodeId()).isEqualTo(0xFFFF_FFFFL);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            what exists, of what is configured | 10000 | 1   | 1
            or what may be made                | 10000 | 2   | 1
            whatever is meant by saying nothing | 10000 | 255 | 1
            what may be made on demand         | 20003 | 2   | 1
            on demand by saying nothing        | 20003 | 255 | 1
            any layout                         | 10000 | 2   | 0
            any layout by saying nothing       | 10000 | 2   | 4294967295
            """)
    void shouldGrantWhatNothingStandsAgainst(
            final String name, final int streamId, final int publishMode, final long layoutVersion) {
        talk.request(request -> raw(
                request.streamId(streamId).expectedLayoutVersion(layoutVersion),
                ShmAttachRequestEncoder.publishModeEncodingOffset(),
                publishMode));

        talk.hear("attached 1 L1 e1", "announce e1 producer 5 at 0 ms");
    }

    @Test
    void shouldFindWhatOthersMadeOnDemand() {
        talk.attach(1, DYNAMIC_STREAM_ID, 5, Role.PRODUCER);
        talk.hear("attached 1 L1 e1", "announce e1 producer 5 at 0 ms");

        talk.request(request -> request.correlationId(2)
                .streamId(DYNAMIC_STREAM_ID)
                .clientId(6)
                .role(io.tensorpool.codec.driver.Role.CONSUMER)
                .publishMode(PublishMode.REQUIRE_EXISTING));

        talk.hear("attached 2 L2 e1");
    }

    @Test
    void shouldLetAnyNumberOfConsumersIn() {
        talk.holdProducer();
        final List<String> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            talk.attach(i, STREAM_ID, 100 + i, Role.CONSUMER);
            expected.add("attached " + i + " L" + (i + 2) + " e1");
        }

        talk.hear(expected.toArray(new String[0]));
    }

    private long nodeIdFor(final int clientId, final long wish) {
        talk.request(request -> request.clientId(clientId)
                .role(io.tensorpool.codec.driver.Role.CONSUMER)
                .desiredNodeId(wish));
        return talk.nextAttachResponse().nodeId();
    }

    @Test
    void shouldGiveANodeIdForAsLongAsTheLeaseAndLetItRestThen() {
        talk.close();
        final long restNs = DriverDialogue.ANNOUNCE_NS;
        talk = new DriverDialogue(
                aeron, Endpoint.ipc(control.streamId() + 1_000), context -> context.nodeIdCooldownNs(restNs));
        talk.holdProducer();
        assertThat(nodeIdFor(6, 33)).isEqualTo(33);
        final TreeSet<Long> ids = new TreeSet<>();
        for (int clientId = 100; clientId < 150; clientId++) {
            ids.add(nodeIdFor(clientId, NO_NODE_ID));
        }
        assertThat(ids).as("each another one").hasSize(50).doesNotContain(33L, NO_NODE_ID);
        assertThat(nodeIdFor(7, 33)).isEqualTo(NO_NODE_ID);

        talk.detach(2, "L2", 6, Role.CONSUMER);
        talk.hear("detached 2 OK", "revoked L2 of 6 as CONSUMER on 10000: DETACHED");
        talk.hearAfter(restNs - 1);
        assertThat(nodeIdFor(7, 33)).isEqualTo(NO_NODE_ID);
        talk.hearAfter(1, "announce e1 producer 5 at 1000 ms");
        assertThat(nodeIdFor(7, 33)).isEqualTo(33);
    }

    @Test
    void shouldAnswerARequestThatIsRepeatedWhileMemoryIsMadeOnceAndToTheLatest() {
        talk.send(() -> talk.client.attach(1, STREAM_ID, 5, Role.PRODUCER, 1, -1));
        talk.send(() -> talk.client.attach(2, STREAM_ID, 5, Role.PRODUCER, 1, -1));

        talk.hear("attached 2 L1 e1", "announce e1 producer 5 at 0 ms");
    }

    @Test
    void shouldRefuseAnotherProducerWhileMemoryIsMadeForTheFirst() {
        talk.send(() -> talk.client.attach(1, STREAM_ID, 5, Role.PRODUCER, 1, -1));
        talk.send(() -> talk.client.attach(2, STREAM_ID, 6, Role.PRODUCER, 1, -1));

        talk.hear(
                "refused 2 REJECTED: producer already attached", "attached 1 L1 e1", "announce e1 producer 5 at 0 ms");
    }

    @Test
    void shouldSayWhatItCannotRead() {
        final UnsafeBuffer message = new UnsafeBuffer(new byte[128]);
        final MessageHeaderEncoder header = new MessageHeaderEncoder();
        new ShmAttachRequestEncoder().wrapAndApplyHeader(message, 0, header).correlationId(31);
        header.version(2);
        talk.offer(message, 40);
        talk.hear("refused 31 UNSUPPORTED: schema version is newer than 1");
        header.version(1);
        talk.offer(message, 20);
        talk.hear("refused 31 INVALID_PARAMS: the attach request is too short");
        new ShmDetachRequestEncoder().wrapAndApplyHeader(message, 0, header).correlationId(32);
        header.version(2);
        talk.offer(message, 40);
        talk.hear("detached 32 UNSUPPORTED");
        header.version(1);
        talk.offer(message, 20);
        talk.hear("detached 32 INVALID_PARAMS");
    }

    @ParameterizedTest(name = "schema {0}, template {1}")
    @CsvSource({"900, 1", "902, 1", "901, 2", "901, 9", "901, 63", "901, 65535", "0, 1"})
    void shouldNotTakeOtherMessagesForRequests(final int schemaId, final int templateId) {
        talk.request(request -> new MessageHeaderEncoder()
                .wrap(request.buffer(), 0)
                .schemaId(schemaId)
                .templateId(templateId));

        talk.hear();
        assertThat(talk.answer(talk.driver.leases())).isEmpty();
    }

    @Test
    void shouldSayThatItFailedAndGrantWhenItCan() throws IOException {
        final Path stream = Files.createFile(namespace().resolve(Integer.toString(STREAM_ID)));
        talk.attach(1, STREAM_ID, 5, Role.PRODUCER);

        final ShmAttachResponseDecoder failure = talk.nextAttachResponse();
        assertThat(failure.code()).isEqualTo(ResponseCode.INTERNAL_ERROR);
        assertNullFields(failure);
        failure.payloadPools();
        failure.headerRegionUri();
        assertThat(failure.errorMessage()).contains(stream.toString());
        assertThat(talk.errors).singleElement().asString().contains("stream 10000: no memory for its next epoch");
        talk.errors.clear();

        Files.delete(stream);
        talk.attach(2, STREAM_ID, 5, Role.PRODUCER);
        talk.hear("attached 2 L1 e1", "announce e1 producer 5 at 0 ms");
    }

    /** Each kind of message where it was configured, and nowhere else. */
    @Test
    void shouldTalkOnTheStreamsThatAreConfigured() {
        final Endpoint announces = Endpoint.ipc(control.streamId() + 1_000);
        final Endpoint answers = Endpoint.ipc(control.streamId() + 2_000);
        try (Subscription usual = aeron.addSubscription(Endpoint.IPC_CHANNEL, 1000);
                Subscription usualAnnounces = aeron.addSubscription(Endpoint.IPC_CHANNEL, 1001);
                Subscription configured = aeron.addSubscription(announces.channel(), announces.streamId())) {
            talk.close();
            talk = new DriverDialogue(aeron, answers, context -> context.announceEndpoint(announces));

            talk.attach(1, STREAM_ID, 5, Role.PRODUCER);

            talk.hear("attached 1 L1 e1");
            final int[] announced = {0};
            Await.until(
                    "its announce",
                    () -> configured.poll((buffer, offset, length, header) -> announced[0]++, 10),
                    () -> announced[0] == 1);
            assertThat(usual.isConnected()).isFalse();
            assertThat(usualAnnounces.isConnected()).isFalse();
        }
    }

    @Test
    void shouldMakeNothingForARequestThatItRefuses() throws IOException {
        talk.request(request -> request.expectedLayoutVersion(2));
        talk.hear("refused 1 REJECTED: layout version mismatch");

        try (Stream<Path> made = Files.list(namespace())) {
            assertThat(made.map(path -> path.getFileName().toString())).containsExactly("driver.lock");
        }
        talk.clock.advance(TimeUnit.HOURS.toNanos(1));
        talk.hear();
    }
}
