package io.tensorpool.client;

import static io.tensorpool.client.RegionOwnerRig.ANNOUNCE_NS;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import io.tensorpool.layout.SuperblockLayout;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.FileRules;
import io.tensorpool.shm.PathPolicy;
import io.tensorpool.support.QueuedFileWorker;
import io.tensorpool.support.ResourceCount;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a consumer makes of the descriptions that it hears, in virtual time and with the files of a real owner. */
class EpochFollowerTest implements EpochFollower.Reader {
    private static final long FRESHNESS_NS = 3 * ANNOUNCE_NS;

    private final RegionOwnerRig rig = new RegionOwnerRig();
    private final RegionOwner owner = rig.opened(rig.memory());
    private final QueuedFileWorker files = new QueuedFileWorker();
    private final PathPolicy paths = PathPolicy.conclude(List.of(rig.directory.path()), FileRules.DEFAULT);
    private final LingeringMappings lingering = new LingeringMappings(files, 1, rig.errors::add);
    private final AnnounceCounts counts = new AnnounceCounts();
    private final EpochFollower follower = new EpochFollower(
            new ClientContext()
                    .nanoClock(rig.clock)
                    .announcePeriodNs(ANNOUNCE_NS)
                    .errorHandler(rig.errors::add),
            files,
            paths,
            lingering,
            counts,
            this);
    private final List<String> effects = new ArrayList<>();
    private @Nullable EpochMapping last;
    private boolean hasMapped;
    private final EpochRegions first = rig.epoch().regions();
    private ResourceCount before = ResourceCount.below(rig.directory.path());

    @BeforeEach
    void count() {
        before = ResourceCount.below(rig.directory.path());
    }

    @AfterEach
    void close() {
        follower.reset();
        lingering.close();
        files.close();
        paths.close();
        rig.close();
    }

    @Override
    public void onMapped(final EpochMapping mapping) {
        assertThat(follower.readable()).as("not before it is looked at").isNull();
        hasMapped = true;
    }

    @Override
    public void onUnmapped() {
        assertThat(follower.readable()).isNull();
    }

    @Override
    public void onUnreadable() {
        last = null;
        effects.add("unreadable");
    }

    @Override
    public void onRefused(final EpochRegions regions, final Throwable cause) {
        effects.add("refused");
        assertThat(cause).isInstanceOf(RegionException.class);
    }

    private List<String> follow(final EpochRegions... regions) {
        for (final EpochRegions each : regions) {
            follower.follow(each, true);
        }
        return work();
    }

    private List<String> work() {
        files.drainCompletions();
        follower.doWork(rig.clock.nanoTime());
        lingering.doWork(rig.clock.nanoTime());
        final EpochMapping readable = follower.readable();
        if (readable != null && readable != last) {
            effects.add("readable " + Long.toUnsignedString(readable.epoch() - first.epoch()));
        } else if (readable == null && hasMapped) {
            effects.add("silent");
        }
        last = readable;
        hasMapped = false;
        final List<String> seen = List.copyOf(effects);
        effects.clear();
        return seen;
    }

    /** The owner gives signs of life meanwhile, or not. */
    private List<String> pass(final long ns, final boolean isAlive) {
        if (isAlive) {
            rig.run(owner, ns);
        } else {
            rig.clock.advance(ns);
        }
        return work();
    }

    private EpochRegions nextEpoch() {
        owner.reattach("test");
        rig.run(owner, 0);
        return rig.epoch().regions();
    }

    private static EpochRegions changed(
            final EpochRegions regions, final long epoch, final String ring, final List<PoolRegion> pools) {
        return new EpochRegions(regions.streamId(), epoch, 1, regions.nslots(), ring, pools);
    }

    private EpochRegions withEpoch(final long epoch) {
        return changed(first, epoch, first.headerRegionUri(), first.pools());
    }

    @Test
    void shouldMapWhatIsAnnounced() {
        assertThat(follow(first)).containsExactly("readable 0");

        assertThat(follower.readable()).isNotNull();
        assertThat(follower.epochsMapped()).isEqualTo(1);
    }

    @Test
    void shouldNotMapAgainWhatIsMappedOrBeingMapped() {
        assertThat(follow(first, first)).containsExactly("readable 0");
        assertThat(follow(first)).isEmpty();

        assertThat(follower.epochsMapped()).isEqualTo(1);
        assertThat(counts.toString()).isEqualTo(new AnnounceCounts().toString());
    }

    @Test
    void shouldReplaceAnEpochWhenTheNextIsReadyAndNotBefore() {
        follow(first);
        final EpochRegions second = nextEpoch();
        files.hold();

        assertThat(follow(second)).isEmpty();
        assertThat(follower.readable()).extracting(EpochMapping::epoch).isEqualTo(first.epoch());
        files.release();
        assertThat(work()).containsExactly("unreadable", "readable 1");
        pass(1, true);
        assertThat(ResourceCount.below(rig.directory.path()).descriptors()).isEqualTo(before.descriptors());
    }

    @Test
    void shouldMapTheNewestOfThoseThatCameMeanwhile() {
        files.hold();
        follow(first);
        final EpochRegions second = nextEpoch();
        final EpochRegions third = nextEpoch();
        follow(third, second);
        files.release();

        assertThat(work()).as("the first as soon as it was mapped").containsExactly("unreadable", "readable 2");
    }

    @Test
    void shouldIgnoreALowerEpoch() {
        follow(first);
        follow(nextEpoch());

        assertThat(follow(first, withEpoch(1))).isEmpty();

        assertThat(follower.readable()).extracting(EpochMapping::epoch).isEqualTo(first.epoch() + 1);
        assertThat(counts.lowerEpoch()).isEqualTo(2);
    }

    /** Descriptions that a hostile or broken announcer could send, each of an epoch above the one that is read. */
    static Stream<String> hostile() {
        return Stream.of(
                "outside the base",
                "relative",
                "other scheme",
                "no file",
                "other epoch",
                "higher than any",
                "other nslots",
                "other stride",
                "no pools",
                "other pool id",
                "another's ring");
    }

    private EpochRegions hostile(final String how, final EpochRegions real) {
        final PoolRegion pool = real.pools().getFirst();
        final long epoch = real.epoch();
        final String ring = real.headerRegionUri();
        return switch (how) {
            case "outside the base" -> changed(real, epoch, "shm:file?path=/etc/passwd", real.pools());
            case "relative" -> changed(real, epoch, "shm:file?path=header.ring", real.pools());
            case "other scheme" -> changed(real, epoch, ring.replace("shm:", "http:"), real.pools());
            case "no file" -> changed(real, epoch, ring + ".not", real.pools());
            case "other epoch" -> changed(real, epoch + 1, ring, real.pools());
            case "higher than any" -> changed(real, -1, ring, real.pools());
            case "other nslots" ->
                new EpochRegions(
                        real.streamId(),
                        epoch,
                        1,
                        2 * real.nslots(),
                        ring,
                        real.pools().stream()
                                .map(each -> new PoolRegion(
                                        each.poolId(), 2 * each.nslots(), each.strideBytes(), each.regionUri()))
                                .toList());
            case "other stride" ->
                changed(
                        real,
                        epoch,
                        ring,
                        List.of(new PoolRegion(
                                pool.poolId(), pool.nslots(), pool.strideBytes() / 2, pool.regionUri())));
            case "no pools" -> changed(real, epoch, ring, List.of());
            case "other pool id" ->
                changed(
                        real,
                        epoch,
                        ring,
                        List.of(new PoolRegion(
                                pool.poolId() + 1, pool.nslots(), pool.strideBytes(), pool.regionUri())));
            case "another's ring" -> changed(real, epoch, first.headerRegionUri(), real.pools());
            default -> throw new AssertionError(how);
        };
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void shouldRefuseWhatCannotBeMappedWithoutLosingWhatIs(final String how) {
        follow(first);
        final EpochRegions second = nextEpoch();
        final EpochRegions hostile = hostile(how, second);

        assertThat(follow(hostile)).containsExactly("refused");
        assertThat(follow(hostile)).as("said once").isEmpty();

        assertThat(counts.refused()).isEqualTo(2);
        assertThat(follower.readable()).extracting(EpochMapping::epoch).isEqualTo(first.epoch());
        assertThat(follow(second)).as("the true one").containsExactly("unreadable", "readable 1");
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void shouldMapTheTrueDescriptionAfterAWrongOne(final String how) {
        final EpochRegions second = nextEpoch();

        assertThat(follow(hostile(how, second))).containsExactly("refused");
        assertThat(follow(second)).containsExactly("readable 1");
    }

    @Test
    void shouldIgnoreOtherRegionsOfTheEpochThatIsRead() {
        follow(first);

        assertThat(follow(
                        changed(
                                first,
                                first.epoch(),
                                first.headerRegionUri(),
                                first.pools().subList(0, 1)),
                        changed(first, first.epoch(), "shm:file?path=/etc/passwd", first.pools())))
                .isEmpty();

        assertThat(counts.conflicting()).isEqualTo(2);
        assertThat(follower.readable()).isNotNull();
        assertThat(follower.epochsMapped()).isEqualTo(1);
    }

    @Test
    void shouldWithholdAnEpochWithoutASignOfLifeAndHandItOutAgain() {
        follow(first);
        assertThat(pass(FRESHNESS_NS, false)).isEmpty();

        assertThat(pass(ANNOUNCE_NS, false)).containsExactly("unreadable");
        assertThat(follower.readable()).isNull();
        assertThat(follow(first)).as("announced, but not alive").isEmpty();
        assertThat(pass(0, true)).containsExactly("readable 0");
        assertThat(follower.epochsMapped()).isEqualTo(1);
    }

    @Test
    void shouldSayThatAnEpochIsMappedThoughNobodyWrites() {
        pass(FRESHNESS_NS + 1, false);

        assertThat(follow(first)).containsExactly("silent");

        assertThat(follower.isMapped()).isTrue();
        assertThat(pass(0, true)).containsExactly("readable 0");
    }

    @Test
    void shouldNotReadAnEpochWhosePidChangesUntilThereIsANewOne() throws IOException {
        follow(first);
        try (RandomAccessFile ring = new RandomAccessFile(ringFile(first), "rw")) {
            ring.seek(SuperblockLayout.PID_OFFSET);
            ring.write(~ring.read());
        }

        assertThat(pass(ANNOUNCE_NS, true)).containsExactly("unreadable");
        assertThat(follow(first)).isEmpty();
        assertThat(rig.errors).singleElement().asString().contains("the pid in epoch", "changed");
        assertThat(follow(nextEpoch())).containsExactly("readable 1");
    }

    private static String ringFile(final EpochRegions regions) {
        return Path.of(regions.headerRegionUri().substring("shm:file?path=".length()))
                .toString();
    }

    @Test
    void shouldMapAnEpochAgainAfterAFaultWhenItIsAnnouncedAgain() {
        follow(first);
        final EpochMapping faulted = rig.epoch();
        follower.onFault(faulted);
        assertThat(follower.readable()).as("another mapping's fault").isNotNull();

        follower.onFault(follower.readable());
        assertThat(work()).containsExactly("unreadable");
        assertThat(follow(withEpoch(1))).as("a lower one does not come back").isEmpty();
        assertThat(follow(first)).containsExactly("readable 0");
        assertThat(follower.epochsMapped()).isEqualTo(2);
    }

    @Test
    void shouldForgetWhatItFollowedAndWhatIsBeingMapped() {
        follow(first);
        final EpochRegions second = nextEpoch();
        follow(second);
        files.hold();
        final EpochRegions third = nextEpoch();
        follow(third);

        follower.reset();
        files.release();
        assertThat(work()).containsExactly("unreadable");
        assertThat(follower.isMapped()).isFalse();
        assertThat(follow(second)).as("lower than one that was asked for").containsExactly("readable 1");
    }

    @Test
    void shouldLeaveNothingMappedOrOpen() {
        follow(first);
        follow(hostile("other stride", nextEpoch()));
        follower.reset();
        pass(1, false);
        work();

        assertThat(ResourceCount.below(rig.directory.path()).descriptors()).isEqualTo(before.descriptors());
        assertThat(ResourceCount.below(rig.directory.path()).mappings().stream()
                        .filter(mapping -> mapping.contains("r--s"))
                        .toList())
                .isEmpty();
    }
}
