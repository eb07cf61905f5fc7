package io.tensorpool.system;

import static io.tensorpool.system.ScriptedDriver.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aeron.Aeron;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.Role;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.codec.driver.MessageHeaderEncoder;
import io.tensorpool.codec.driver.ShmAttachResponseDecoder;
import io.tensorpool.codec.driver.ShmLeaseRevokedDecoder;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.system.ScriptedDriver.Attach;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a client makes of what a driver says, right or wrong (driver specification 4.2, 4.4a, 4.7a, 4.9, 4.13 and appendix B): a
 * whole client, a real media driver, a driver that says what the test wants.
 */
@Timeout(60)
class DriverToClientTest {
    private static final int HEADER_LENGTH = MessageHeaderEncoder.ENCODED_LENGTH;
    private static final String BLANK = " ";

    private static EmbeddedMediaDriver mediaDriver;
    private static Aeron aeron;
    private static int nextControlStreamId = 1_500;

    private final List<String> errors = new CopyOnWriteArrayList<>();
    private ScriptedDriver driver;
    private TensorPoolClient client;

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
    void connect() {
        driver = new ScriptedDriver(aeron, nextControlStreamId);
        nextControlStreamId += 2;
        client = TensorPoolClient.connect(driver.clientContext(mediaDriver.aeronDirectoryName())
                .errorHandler(error -> errors.add(String.valueOf(error.getMessage()))));
    }

    @AfterEach
    void close() {
        final CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close);
        driver.await("the client is closed", closed::isDone);
        driver.close();
    }

    private CompletableFuture<Consumer> addConsumer() {
        return CompletableFuture.supplyAsync(() -> client.addConsumer(STREAM_ID));
    }

    private Consumer awaitAdded(final CompletableFuture<Consumer> adding) {
        driver.await("a consumer", adding::isDone);
        return adding.join();
    }

    private static int offsetOf(final String field) {
        return HEADER_LENGTH
                + switch (field) {
                    case "leaseId" -> ShmAttachResponseDecoder.leaseIdEncodingOffset();
                    case "streamId" -> ShmAttachResponseDecoder.streamIdEncodingOffset();
                    case "epoch" -> ShmAttachResponseDecoder.epochEncodingOffset();
                    case "layoutVersion" -> ShmAttachResponseDecoder.layoutVersionEncodingOffset();
                    case "headerNslots" -> ShmAttachResponseDecoder.headerNslotsEncodingOffset();
                    case "headerSlotBytes" -> ShmAttachResponseDecoder.headerSlotBytesEncodingOffset();
                    case "code" -> ShmAttachResponseDecoder.codeEncodingOffset();
                    default -> throw new AssertionError(field);
                };
    }

    private static PoolRegion pool(final PoolRegion of, final int nslots, final long strideBytes, final String uri) {
        return new PoolRegion(of.poolId(), nslots, strideBytes, uri);
    }

    /** What is wrong with a response, by its bytes or by what it says, and what the client calls it. */
    record Fault(String text, java.util.function.Consumer<UnsafeBuffer> bytes, UnaryOperator<EpochRegions> regions) {
        static Fault bytes(final String text, final java.util.function.Consumer<UnsafeBuffer> change) {
            return new Fault(text, change, regions -> regions);
        }

        static Fault pools(final String text, final UnaryOperator<PoolRegion> change) {
            return new Fault(
                    text,
                    message -> {},
                    regions -> new EpochRegions(
                            regions.streamId(),
                            regions.epoch(),
                            regions.layoutVersion(),
                            regions.nslots(),
                            regions.headerRegionUri(),
                            regions.pools().stream().map(change).toList()));
        }

        static Fault header(final String text, final String uri) {
            return new Fault(
                    text,
                    message -> {},
                    regions -> new EpochRegions(
                            regions.streamId(),
                            regions.epoch(),
                            regions.layoutVersion(),
                            regions.nslots(),
                            uri,
                            regions.pools()));
        }

        @Override
        public String toString() {
            return text;
        }
    }

    static List<Fault> faults() {
        return List.of(
                Fault.bytes("leaseId is null", message -> message.putLong(offsetOf("leaseId"), -1)),
                Fault.bytes("streamId is null", message -> message.putInt(offsetOf("streamId"), -1)),
                Fault.bytes("epoch is null", message -> message.putLong(offsetOf("epoch"), -1)),
                Fault.bytes("layoutVersion is null", message -> message.putInt(offsetOf("layoutVersion"), -1)),
                Fault.bytes("headerNslots is null", message -> message.putInt(offsetOf("headerNslots"), -1)),
                Fault.bytes(
                        "headerSlotBytes is 65535, not 256",
                        message -> message.putShort(offsetOf("headerSlotBytes"), (short) -1)),
                Fault.bytes(
                        "headerSlotBytes is 128, not 256",
                        message -> message.putShort(offsetOf("headerSlotBytes"), (short) 128)),
                Fault.bytes("unknown response code 9", message -> message.putInt(offsetOf("code"), 9)),
                Fault.bytes("it is for stream 10001", message -> message.putInt(offsetOf("streamId"), STREAM_ID + 1)),
                Fault.header("headerRegionUri is absent", ""),
                Fault.header("headerRegionUri is absent", BLANK),
                Fault.pools("regionUri of pool 1 is absent", pool -> pool(pool, pool.nslots(), pool.strideBytes(), "")),
                Fault.pools(
                        "regionUri of pool 1 is absent", pool -> pool(pool, pool.nslots(), pool.strideBytes(), BLANK)),
                Fault.pools(
                        "pool 1 has 16 slots, the header ring 8",
                        pool -> pool(pool, 16, pool.strideBytes(), pool.regionUri())),
                Fault.pools(
                        "pool 1 has 4294967295 slots, the header ring 8",
                        pool -> pool(pool, -1, pool.strideBytes(), pool.regionUri())),
                Fault.pools(
                        "strideBytes of pool 1 is null",
                        pool -> pool(pool, pool.nslots(), 0xFFFF_FFFFL, pool.regionUri())),
                new Fault(
                        "there is no payload pool",
                        message -> {},
                        regions -> new EpochRegions(
                                regions.streamId(),
                                regions.epoch(),
                                regions.layoutVersion(),
                                regions.nslots(),
                                regions.headerRegionUri(),
                                List.of())));
    }

    /** Nothing of it is used, and the client asks again. */
    @ParameterizedTest
    @MethodSource("faults")
    void shouldDropAGrantThatIsNotWholeAndAskAgain(final Fault fault) {
        final EpochRegions regions = driver.newEpoch();
        final ResourceCount before = ResourceCount.below(driver.directory.path());
        final CompletableFuture<Consumer> adding = addConsumer();
        final Attach first = driver.nextAttach();

        driver.grant(first, 1, System.nanoTime() + ScriptedDriver.LEASE_NS, fault.regions.apply(regions), fault.bytes);

        final Attach second = driver.nextAttach();
        assertThat(second.correlationId()).isNotEqualTo(first.correlationId());
        assertThat(adding).isNotDone();
        assertThat(ResourceCount.below(driver.directory.path())).isEqualTo(before);
        assertThat(errors)
                .singleElement()
                .asString()
                .startsWith("CONSUMER of stream 10000")
                .endsWith("the driver's answer is not usable: " + fault.text);
        driver.grant(second, 2, regions);
        assertThat(awaitAdded(adding).isMapped()).isTrue();
        driver.awaitKeepalives(2);
    }

    @Test
    void shouldStayWithTheFirstGrantWhateverElseIsAnswered() {
        final EpochRegions regions = driver.newEpoch();
        final CompletableFuture<Consumer> adding = addConsumer();
        final Attach request = driver.nextAttach();
        driver.grant(new Attach(request.correlationId() + 1, 1, 2), 7, regions);
        driver.grant(request, 1, regions);
        final Consumer consumer = awaitAdded(adding);

        driver.grant(request, 2, regions);
        driver.refuse(request, "producer already attached");
        driver.grant(request, 3, System.nanoTime(), regions, message -> message.putLong(offsetOf("leaseId"), -1));

        driver.awaitKeepalives(1);
        assertThat(consumer.isMapped()).isTrue();
        assertThat(driver.attaches).isEmpty();
        assertThat(driver.detaches).isEmpty();
    }

    @Test
    void shouldAskAgainWithOtherNumbersWhenNobodyAnswers() {
        client.close();
        client = TensorPoolClient.connect(driver.clientContext(mediaDriver.aeronDirectoryName())
                .attachTimeoutNs(TimeUnit.MILLISECONDS.toNanos(5)));
        final CompletableFuture<Consumer> adding = addConsumer();
        final Set<Long> correlationIds = new HashSet<>();
        Attach last = driver.nextAttach();
        for (int i = 0; i < 10; i++) {
            assertThat(correlationIds.add(last.correlationId())).isTrue();
            assertThat(last.clientId()).isNotZero();
            last = driver.nextAttach();
        }

        driver.grant(last, 1, driver.newEpoch());

        awaitAdded(adding);
    }

    /** An answer to a client that is gone must not look like one to the next. */
    @Test
    void shouldBeginItsNumbersElsewhereThanClientsBefore() {
        final List<Long> firstIds = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            final CompletableFuture<Consumer> adding = addConsumer();
            final Attach first = driver.nextAttach();
            assertThat(firstIds)
                    .allSatisfy(other ->
                            assertThat(Math.abs(first.correlationId() - other)).isGreaterThan(1_000_000));
            firstIds.add(first.correlationId());
            driver.grant(first, i + 1, driver.newEpoch());
            awaitAdded(adding);
            final CompletableFuture<Void> closed = CompletableFuture.runAsync(client::close);
            driver.await("the client is closed", closed::isDone);
            client = TensorPoolClient.connect(driver.clientContext(mediaDriver.aeronDirectoryName()));
        }
    }

    @Test
    void shouldTakeAnotherClientIdWhereItsOwnIsTaken() {
        final CompletableFuture<Consumer> adding = addConsumer();
        final Attach first = driver.nextAttach();
        assertThat(first.clientId()).isNotZero();

        driver.refuse(first, "client_id already attached");

        final Attach second = driver.nextAttach();
        assertThat(second.clientId()).isNotZero().isNotEqualTo(first.clientId());
        driver.grant(second, 1, driver.newEpoch());
        awaitAdded(adding);
    }

    @Test
    void shouldTellWhyItIsRefused() {
        final CompletableFuture<Consumer> adding = addConsumer();
        driver.refuse(driver.nextAttach(), "stream not provisioned");

        driver.await("the refusal", adding::isDone);
        assertThatThrownBy(adding::join)
                .isInstanceOf(CompletionException.class)
                .hasMessageContaining("the driver refused a CONSUMER with REJECTED: stream not provisioned");
    }

    /** A consumer with lease 1, as the client id that is returned. */
    private Attach holdLease(final EpochRegions regions) {
        final CompletableFuture<Consumer> adding = addConsumer();
        final Attach request = driver.nextAttach();
        driver.grant(request, 1, regions);
        consumer = awaitAdded(adding);
        return request;
    }

    private Consumer consumer;

    /** Says that a lease is over; whose, the case says. */
    @FunctionalInterface
    interface Notice {
        void give(ScriptedDriver driver, int clientId);
    }

    record NamedNotice(String name, Notice notice) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static NamedNotice spoiled(final String name, final int offset, final int value) {
        return new NamedNotice(
                name,
                (driver, clientId) -> driver.revoke(
                        1, STREAM_ID, clientId, Role.CONSUMER, message -> message.putByte(offset, (byte) value)));
    }

    static List<NamedNotice> noticesThatMeanOthers() {
        return List.of(
                new NamedNotice("another lease", (driver, id) -> driver.revoke(2, STREAM_ID, id, Role.CONSUMER)),
                new NamedNotice("another stream", (driver, id) -> driver.revoke(1, STREAM_ID + 1, id, Role.CONSUMER)),
                new NamedNotice("another client", (driver, id) -> driver.revoke(1, STREAM_ID, id + 1, Role.CONSUMER)),
                new NamedNotice("another role", (driver, id) -> driver.revoke(1, STREAM_ID, id, Role.PRODUCER)),
                spoiled("a reason that is none", HEADER_LENGTH + ShmLeaseRevokedDecoder.reasonEncodingOffset(), 9),
                spoiled("a role that is none", HEADER_LENGTH + ShmLeaseRevokedDecoder.roleEncodingOffset(), 9),
                spoiled("a newer schema", 6, 2),
                spoiled("a template of another message", 2, 44),
                spoiled("another schema", 4, 17));
    }

    @ParameterizedTest
    @MethodSource("noticesThatMeanOthers")
    void shouldKeepItsLeaseWhenANoticeIsNotForItOrCannotBeRead(final NamedNotice notice) {
        final Attach request = holdLease(driver.newEpoch());

        notice.notice.give(driver, request.clientId());

        driver.awaitKeepalives(1);
        assertThat(consumer.isMapped()).isTrue();
        assertThat(driver.attaches).isEmpty();
    }

    static List<NamedNotice> noticesThatEndALease() {
        return List.of(
                new NamedNotice("its lease is over", (driver, id) -> driver.revoke(1, STREAM_ID, id, Role.CONSUMER)),
                new NamedNotice("the driver ends", (driver, id) -> driver.shutdown()));
    }

    @ParameterizedTest
    @MethodSource("noticesThatEndALease")
    void shouldLetGoAtOnceAndAskForAnotherLease(final NamedNotice notice) {
        final Attach request = holdLease(driver.newEpoch());
        final Consumer held = consumer;

        notice.notice.give(driver, request.clientId());

        final Attach again = driver.nextAttach();
        assertThat(held.isMapped()).isFalse();
        assertThat(again.correlationId()).isNotEqualTo(request.correlationId());
        driver.grant(again, 2, driver.newEpoch());
        driver.await("it reads again", held::isMapped);
        driver.revoke(1, STREAM_ID, request.clientId(), Role.CONSUMER); // said twice
        driver.awaitKeepalives(2);
        assertThat(held.isMapped()).isTrue();
        assertThat(driver.attaches).isEmpty();
    }

    @Test
    void shouldLetNoOtherLeaseGoWithOne() {
        final EpochRegions regions = driver.newEpoch();
        final Attach first = holdLease(regions);
        final Consumer firstConsumer = consumer;
        final CompletableFuture<Consumer> adding = addConsumer();
        driver.grant(driver.nextAttach(), 2, regions);
        final Consumer second = awaitAdded(adding);

        driver.revoke(1, STREAM_ID, first.clientId(), Role.CONSUMER);

        driver.nextAttach();
        assertThat(firstConsumer.isMapped()).isFalse();
        driver.awaitKeepalives(2);
        assertThat(second.isMapped()).isTrue();
    }

    /** Whether the client has the files of an epoch mapped; the driver's mappings are writable. */
    private static boolean isMapped(final EpochRegions regions) {
        final String directory = "/" + STREAM_ID + "/" + regions.epoch() + "/";
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.anyMatch(line -> line.contains(" r--s ") && line.contains(directory));
        } catch (final IOException ex) {
            throw new UncheckedIOException(ex);
        }
    }

    @Test
    void shouldFollowOnlyLaterEpochsOfItsStream() {
        final EpochRegions earlier = driver.newEpoch();
        final EpochRegions current = driver.newEpoch();
        final EpochRegions later = driver.newEpoch();
        holdLease(current);
        final EpochRegions other = new EpochRegions(
                STREAM_ID + 1, later.epoch(), 1, later.nslots(), later.headerRegionUri(), later.pools());

        driver.announce(earlier, 5);
        driver.announce(other, 5);
        driver.announce(current, 5);
        driver.awaitKeepalives(1);
        assertThat(consumer.isMapped()).isTrue();
        assertThat(isMapped(current)).isTrue();
        assertThat(isMapped(earlier) || isMapped(later)).isFalse();

        driver.announce(later, 5);
        driver.await("it follows", () -> isMapped(later) && !isMapped(current) && consumer.isMapped());
        assertThat(errors).isEmpty();
    }

    @Test
    void shouldReadNothingOfAnEpochWhoseProducersLeaseIsOver() {
        final EpochRegions current = driver.newEpoch();
        final EpochRegions later = driver.newEpoch();
        holdLease(current);
        driver.announce(current, 5);
        driver.awaitKeepalives(1);

        driver.revoke(77, STREAM_ID, 6, Role.PRODUCER);
        driver.revoke(77, STREAM_ID + 1, 5, Role.PRODUCER);
        driver.revoke(77, STREAM_ID, 5, Role.CONSUMER);
        driver.awaitKeepalives(1);
        assertThat(consumer.isMapped()).as("others' leases").isTrue();

        driver.revoke(77, STREAM_ID, 5, Role.PRODUCER);
        driver.await("it stops", () -> !consumer.isMapped());
        driver.announce(current, 0);
        driver.awaitKeepalives(1);
        assertThat(consumer.isMapped()).as("the same epoch").isFalse();
        assertThat(driver.attaches).as("its own lease goes on").isEmpty();

        driver.announce(later, 0);
        driver.await("it reads the next epoch", () -> consumer.isMapped() && isMapped(later));
        driver.revoke(77, STREAM_ID, 5, Role.PRODUCER);
        driver.awaitKeepalives(1);
        assertThat(consumer.isMapped()).as("said again, late").isTrue();
        assertThat(errors).isEmpty();
    }

    /** Nothing comes after its last frame; what came before is handed on first. */
    @Test
    void shouldReadToTheEndWhatAProducerAnnouncedThatGivesItsLeaseBack() {
        final EpochRegions current = driver.newEpoch();
        holdLease(current);
        driver.announce(current, 5);
        driver.awaitKeepalives(1);

        driver.detachProducer(STREAM_ID, 5);
        driver.awaitKeepalives(1);
        assertThat(consumer.isMapped()).as("not polled since").isTrue();

        assertThat(consumer.poll(frame -> {}, 10)).isZero();
        driver.await("it stops", () -> !consumer.isMapped());
        driver.announce(driver.newEpoch(), 0);
        driver.await("it reads the next epoch", consumer::isMapped);
        assertThat(consumer.poll(frame -> {}, 10)).isZero();
        driver.awaitKeepalives(1);
        assertThat(consumer.isMapped()).isTrue();
        assertThat(errors).isEmpty();
    }

    /** Whatever interval was configured: the driver's leases are what counts. */
    @Test
    void shouldKeepALeaseAliveBeforeItExpires() {
        client.close();
        client = TensorPoolClient.connect(
                driver.clientContext(mediaDriver.aeronDirectoryName()).keepaliveIntervalNs(TimeUnit.HOURS.toNanos(1)));
        final CompletableFuture<Consumer> adding = addConsumer();
        final Attach request = driver.nextAttach();
        final long grantedNs = System.nanoTime();
        final long leaseNs = TimeUnit.SECONDS.toNanos(2);
        driver.grant(request, 1, grantedNs + leaseNs, driver.newEpoch(), message -> {});

        driver.await("its keepalive", () -> !driver.keepalives.isEmpty());

        assertThat(System.nanoTime() - grantedNs).isLessThan(leaseNs);
        awaitAdded(adding);
    }
}
