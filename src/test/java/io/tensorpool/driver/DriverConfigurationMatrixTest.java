package io.tensorpool.driver;

import static io.tensorpool.driver.MatrixClient.ANNOUNCE_STREAM_ID;
import static io.tensorpool.driver.MatrixClient.CONTROL_STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.ProgressHints;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.config.DriverConfig;
import io.tensorpool.driver.MatrixClient.Answer;
import io.tensorpool.driver.MatrixClient.Request;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.OwnStream;
import io.tensorpool.protocol.OwnStreams;
import io.tensorpool.support.Pairwise;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every pair of settings of a driver and of the requests to it: what it answers, announces, makes and leaves follows from the
 * rules of the specification, whatever the other settings are. Real drivers beside one media driver, configured by files.
 */
@Timeout(60)
class DriverConfigurationMatrixTest {
    private static final long SEED = 20_260_101;
    private static final int STATIC_STREAM_ID = 10_000;
    private static final int DYNAMIC_STREAM_ID = 20_005;
    private static final int NSLOTS = 4;
    private static final String EARLIER_EPOCH = "77";
    private static final String EARLIER_CONTENT = "of an earlier driver";

    enum PublishMode {
        ABSENT,
        REQUIRE_EXISTING,
        EXISTING_OR_CREATE;

        int code() {
            return this == ABSENT ? 255 : ordinal();
        }
    }

    enum LayoutVersion {
        ZERO(0),
        ABSENT(0xFFFF_FFFFL),
        OURS(1),
        WRONG(2);

        private final long number;

        LayoutVersion(final long number) {
            this.number = number;
        }
    }

    enum NodeId {
        ANY,
        WISHED
    }

    enum Pages {
        UNSPECIFIED,
        STANDARD,
        HUGE
    }

    enum Reuse {
        OFF,
        ON
    }

    enum CleanUp {
        OFF,
        ON
    }

    enum AnnounceStream {
        SHARED,
        SEPARATE
    }

    enum PerConsumerStreams {
        NO_RANGE(""),
        DESCRIPTORS("descriptor_stream_id_range = \"31000-31999\""),
        BOTH("descriptor_stream_id_range = \"31000-31999\"\ncontrol_stream_id_range = [32000, 32999]");

        private final String settings;

        PerConsumerStreams(final String settings) {
            this.settings = settings;
        }

        /** What a consumer gets that asks for descriptors at an id of the range, and for progress at one outside it. */
        OwnStreams granted() {
            return new OwnStreams(
                    new OwnStream("aeron:ipc", 31_007),
                    this == BOTH ? new OwnStream("aeron:ipc", 32_000) : OwnStream.NONE);
        }
    }

    enum StreamKind {
        STATIC,
        DYNAMIC
    }

    private static final List<Class<? extends Enum<?>>> AXES = List.of(
            PublishMode.class,
            LayoutVersion.class,
            NodeId.class,
            Pages.class,
            Reuse.class,
            CleanUp.class,
            AnnounceStream.class,
            PerConsumerStreams.class,
            StreamKind.class);

    record Case(
            PublishMode publishMode,
            LayoutVersion layoutVersion,
            NodeId nodeId,
            Pages pages,
            Reuse reuse,
            CleanUp cleanUp,
            AnnounceStream announceStream,
            PerConsumerStreams ownStreams,
            StreamKind stream) {
        int streamId() {
            return stream == StreamKind.STATIC ? STATIC_STREAM_ID : DYNAMIC_STREAM_ID;
        }

        Request request(final Role role, final int clientId) {
            final int wish = nodeId == NodeId.WISHED ? 700 + clientId : NodeIds.NONE;
            return new Request(
                    streamId(), clientId, role, publishMode.code(), layoutVersion.number, pages.ordinal(), wish);
        }

        /** The same without anything that could be refused. */
        Request plainRequest(final Role role, final int clientId) {
            final Request request = request(role, clientId);
            return new Request(streamId(), clientId, role, 2, 0, 0, request.desiredNodeId());
        }

        /** What may be said against the request; the specification leaves open which comes first. */
        Set<String> refusals(final boolean isProvisioned) {
            final Set<String> refusals = new TreeSet<>();
            if (layoutVersion == LayoutVersion.WRONG) {
                refusals.add("layout version mismatch");
            }
            if (pages == Pages.HUGE) {
                refusals.add("hugepages not available");
            }
            if (publishMode == PublishMode.REQUIRE_EXISTING && !isProvisioned) {
                refusals.add("stream not provisioned");
            }
            return refusals;
        }
    }

    private static EmbeddedMediaDriver mediaDriver;
    private static MatrixClient client;

    @BeforeAll
    static void launchMediaDriver() {
        mediaDriver = EmbeddedMediaDriver.launch();
        client = new MatrixClient(mediaDriver.aeronDirectoryName());
    }

    @AfterAll
    static void closeMediaDriver() {
        client.close();
        mediaDriver.close();
    }

    private static int[] sizes() {
        return AXES.stream().mapToInt(axis -> axis.getEnumConstants().length).toArray();
    }

    static List<Case> cases() {
        System.out.println("DriverConfigurationMatrixTest seed " + SEED);
        final List<Case> cases = new ArrayList<>();
        for (final int[] values : Pairwise.combinations(sizes(), SEED)) {
            cases.add(new Case(
                    PublishMode.values()[values[0]],
                    LayoutVersion.values()[values[1]],
                    NodeId.values()[values[2]],
                    Pages.values()[values[3]],
                    Reuse.values()[values[4]],
                    CleanUp.values()[values[5]],
                    AnnounceStream.values()[values[6]],
                    PerConsumerStreams.values()[values[7]],
                    StreamKind.values()[values[8]]));
        }
        return cases;
    }

    @Test
    void shouldHaveEveryPairOfValues() {
        final Set<Pairwise.Pair> covered = new HashSet<>();
        for (final Case each : cases()) {
            covered.addAll(Pairwise.pairsOf(Stream.of(
                            each.publishMode,
                            each.layoutVersion,
                            each.nodeId,
                            each.pages,
                            each.reuse,
                            each.cleanUp,
                            each.announceStream,
                            each.ownStreams,
                            each.stream)
                    .mapToInt(Enum::ordinal)
                    .toArray()));
        }

        assertThat(Case.class.getRecordComponents()).hasSameSizeAs(AXES);
        assertThat(covered).isEqualTo(Pairwise.allPairs(sizes()));
        assertThat(cases()).hasSizeLessThan(Arrays.stream(sizes()).sum() + 10);
    }

    private static DriverContext context(final Case settings, final Path directory) throws IOException {
        final String file = """
            [driver]
            announce_stream_id = %d
            stream_id_range = "20000-29999"
            %s
            [shm]
            base_dir = "%s"
            [policies]
            allow_dynamic_streams = %s
            announce_period_ms = 20
            reuse_existing_shm = %s
            cleanup_shm_on_exit = %s
            [profiles.small]
            header_nslots = %d
            payload_pools = [ { pool_id = 3, stride_bytes = 128 }, { pool_id = 4, stride_bytes = 1024 } ]
            [streams.configured]
            stream_id = %d
            profile = "small"
            """.formatted(
                        settings.announceStream == AnnounceStream.SHARED ? CONTROL_STREAM_ID : ANNOUNCE_STREAM_ID,
                        settings.ownStreams.settings,
                        directory,
                        settings.stream == StreamKind.DYNAMIC,
                        settings.reuse == Reuse.ON,
                        settings.cleanUp == CleanUp.ON,
                        NSLOTS,
                        STATIC_STREAM_ID);
        final Path path = directory.resolve("driver.toml");
        Files.writeString(path, file);
        return DriverConfig.read(path, Map.of()).user("test").aeronDirectoryName(mediaDriver.aeronDirectoryName());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void shouldDoAsTheRulesSayWhateverElseIsSet(final Case settings) throws IOException {
        try (ShmDirectory directory = ShmDirectory.create()) {
            final Path namespace = directory.path().resolve("tensorpool-test/default");
            final Path stream = namespace.resolve(Integer.toString(settings.streamId()));
            final Path earlier = stream.resolve(EARLIER_EPOCH).resolve("header.ring");
            Files.createDirectories(earlier.getParent());
            Files.writeString(earlier, EARLIER_CONTENT);
            client.forget();
            final Answer producer;
            try (TensorPoolDriver driver = TensorPoolDriver.launch(context(settings, directory.path()))) {
                producer = attachProducer(settings, stream);
                final Answer consumer = attachConsumer(settings, producer);
                assertThat(driver.leases().join()).hasSize(2);
                assertAnnounced(settings, producer);
                assertThat(earlier).as("not used again").hasContent(EARLIER_CONTENT);
                assertOwnStreams(settings);

                assertThat(client.detach(consumer.leaseId(), settings.streamId(), 6, Role.CONSUMER))
                        .isEqualTo(ResponseCode.OK);
                assertThat(client.detach(producer.leaseId(), settings.streamId(), 5, Role.PRODUCER))
                        .isEqualTo(ResponseCode.OK);
                client.await(
                        "revocations of both",
                        () -> client.revoked.containsAll(List.of(consumer.leaseId(), producer.leaseId())));
                client.await("an announce of the next epoch, without a producer", () -> {
                    final MatrixClient.Announce last = client.heard.getLast();
                    return last.producerId() == 0
                            && last.regions().epoch() > producer.regions().epoch();
                });
                assertThat(driver.leases().join()).isEmpty();
            }
            assertLeft(settings, namespace, producer);
        }
    }

    private static void assertRefused(final Answer answer, final Set<String> reasons) {
        assertThat(answer.code()).isEqualTo(ResponseCode.REJECTED);
        assertThat(reasons).contains(answer.text());
    }

    /** As the case asks, and where that must be refused, once more without what is in the way. */
    private static Answer attachProducer(final Case settings, final Path stream) throws IOException {
        final Set<String> refusals = settings.refusals(settings.stream == StreamKind.STATIC);
        Answer answer = client.attach(settings.request(Role.PRODUCER, 5));
        if (!refusals.isEmpty()) {
            assertRefused(answer, refusals);
            assertThat(epochs(stream)).as("nothing is made").containsExactly(EARLIER_EPOCH);
            answer = client.attach(settings.plainRequest(Role.PRODUCER, 5));
        }
        assertGranted(settings, answer, 5);
        assertThat(epochs(stream))
                .containsExactlyInAnyOrder(
                        EARLIER_EPOCH, Long.toUnsignedString(answer.regions().epoch()));
        final Path epoch = stream.resolve(Long.toUnsignedString(answer.regions().epoch()));
        assertThat(epoch.resolve("header.ring")).hasSize(64 + NSLOTS * 256);
        assertThat(epoch.resolve("3.pool")).hasSize(64 + NSLOTS * 128);
        assertThat(epoch.resolve("4.pool")).hasSize(64 + NSLOTS * 1024);
        assertThat(answer.regions().headerRegionUri()).isEqualTo("shm:file?path=" + epoch.resolve("header.ring"));
        assertThat(answer.regions().pools())
                .extracting(pool -> pool.regionUri())
                .containsExactly(
                        "shm:file?path=" + epoch.resolve("3.pool"), "shm:file?path=" + epoch.resolve("4.pool"));
        return answer;
    }

    /** The stream exists by now, so that what requires an existing one gets it. */
    private static Answer attachConsumer(final Case settings, final Answer producer) {
        assertRefused(
                client.attach(new Request(31_005, 9, Role.CONSUMER, 2, 0, 0, NodeIds.NONE)),
                Set.of("stream not provisioned"));
        assertRefused(
                client.attach(new Request(settings.streamId(), 9, Role.CONSUMER, 2, 0, 0, producer.nodeId())),
                Set.of("desired node_id unavailable"));
        assertRefused(
                client.attach(new Request(settings.streamId(), 9, Role.PRODUCER, 2, 0, 0, NodeIds.NONE)),
                Set.of("producer already attached"));
        final Set<String> refusals = settings.refusals(true);
        Answer answer = client.attach(settings.request(Role.CONSUMER, 6));
        if (!refusals.isEmpty()) {
            assertRefused(answer, refusals);
            answer = client.attach(settings.plainRequest(Role.CONSUMER, 6));
        }
        assertGranted(settings, answer, 6);
        assertThat(answer.regions()).isEqualTo(producer.regions());
        assertThat(answer.nodeId()).isNotEqualTo(producer.nodeId());
        assertThat(answer.leaseId()).isNotEqualTo(producer.leaseId());
        return answer;
    }

    private static void assertGranted(final Case settings, final Answer answer, final int clientId) {
        assertThat(answer.code()).as(answer.text()).isEqualTo(ResponseCode.OK);
        assertThat(answer.regions().streamId()).isEqualTo(settings.streamId());
        assertThat(answer.regions().layoutVersion()).isEqualTo(1);
        assertThat(answer.regions().nslots()).isEqualTo(NSLOTS);
        if (settings.nodeId == NodeId.WISHED) {
            assertThat(answer.nodeId()).isEqualTo(700 + clientId);
        } else {
            assertThat(answer.nodeId()).isBetween(1, 1023);
        }
    }

    private static void assertAnnounced(final Case settings, final Answer producer) {
        client.heard.clear();
        client.await("three announces", () -> client.heard.size() >= 3);
        assertThat(client.heard).allSatisfy(announce -> {
            assertThat(announce.regions()).isEqualTo(producer.regions());
            assertThat(announce.producerId()).isEqualTo(5);
            assertThat(announce.onStreamId())
                    .isEqualTo(
                            settings.announceStream == AnnounceStream.SHARED ? CONTROL_STREAM_ID : ANNOUNCE_STREAM_ID);
        });
    }

    /** Client 6 holds the consumer's lease. A driver without ranges leaves the answer to the producer. */
    private static void assertOwnStreams(final Case settings) {
        final OwnStreams wishes = new OwnStreams(new OwnStream("aeron:ipc", 31_007), new OwnStream("aeron:ipc", 7));
        client.hello(hello(settings, 6, wishes));
        client.hello(hello(settings, 5, wishes));
        client.hello(hello(settings, 6, OwnStreams.NONE));
        if (settings.ownStreams == PerConsumerStreams.NO_RANGE) {
            client.heard.clear();
            client.await("announces", () -> client.heard.size() >= 2);
            assertThat(client.configured).isEmpty();
        } else {
            client.await("answers", () -> client.configured.size() == 3);
            assertThat(client.configured)
                    .extracting(config -> config.consumerId() + " " + config.assigned())
                    .containsExactly(
                            "6 " + settings.ownStreams.granted(), "5 " + OwnStreams.NONE, "6 " + OwnStreams.NONE);
        }
    }

    private static ConsumerHello hello(final Case settings, final int consumerId, final OwnStreams wishes) {
        return new ConsumerHello(
                settings.streamId(), consumerId, true, 1, ConsumerHello.Rate.ALL, ProgressHints.NOT_WANTED, wishes);
    }

    private static void assertLeft(final Case settings, final Path namespace, final Answer producer)
            throws IOException {
        if (settings.cleanUp == CleanUp.ON) {
            assertThat(namespace.toFile().list()).containsExactly("driver.lock");
            return;
        }
        assertThat(namespace.toFile().list())
                .containsExactlyInAnyOrder("driver.lock", Integer.toString(settings.streamId()));
        assertThat(epochs(namespace.resolve(Integer.toString(settings.streamId()))))
                .contains(EARLIER_EPOCH)
                .anySatisfy(epoch -> assertThat(Long.parseUnsignedLong(epoch))
                        .isGreaterThan(producer.regions().epoch()));
    }

    private static List<String> epochs(final Path stream) throws IOException {
        try (Stream<Path> found = Files.list(stream)) {
            return found.map(path -> path.getFileName().toString()).toList();
        }
    }
}
