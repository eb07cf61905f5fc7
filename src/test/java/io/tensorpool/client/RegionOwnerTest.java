package io.tensorpool.client;

import static io.tensorpool.client.RegionOwnerRig.ANNOUNCE_NS;
import static io.tensorpool.client.RegionOwnerRig.BACKOFF_MIN_NS;
import static io.tensorpool.client.RegionOwnerRig.PRODUCER_ID;
import static io.tensorpool.client.RegionOwnerRig.PROFILE;
import static io.tensorpool.client.RegionOwnerRig.STREAM_ID;
import static io.tensorpool.client.RegionOwnerRig.WALL_NS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ClockDomain;
import io.tensorpool.ConfigurationException;
import io.tensorpool.EpochPolicy;
import io.tensorpool.NoSpaceException;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.TensorPoolException;
import io.tensorpool.client.RegionOwnerRig.Announce;
import io.tensorpool.shm.DriverNamespace;
import io.tensorpool.shm.EpochMapping;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A producer's own memory: its states cell by cell, its files, its announces, in virtual time. */
class RegionOwnerTest {
    private static final EpochPolicy KEEP_ALL = new EpochPolicy(false, 1, -1, false, false);

    private final RegionOwnerRig rig = new RegionOwnerRig();

    @AfterEach
    void close() {
        rig.close();
    }

    private void bringTo(final RegionOwner owner, final String state) throws IOException {
        switch (state) {
            case "OPENING" -> {}
            case "ATTACHED" -> rig.run(owner, 0);
            case "ACTIVE" -> {
                bringTo(owner, "ATTACHED");
                owner.onActive();
            }
            case "MAKING" -> {
                bringTo(owner, "ATTACHED");
                rig.files.hold();
                owner.reattach("test");
            }
            case "BACKOFF" -> {
                bringTo(owner, "ATTACHED");
                block();
                owner.reattach("test");
                rig.files.drainCompletions();
                unblock();
            }
            case "DETACHING" -> {
                bringTo(owner, "ATTACHED");
                rig.files.hold();
                owner.close(0);
            }
            case "CLOSED" -> {
                bringTo(owner, "DETACHING");
                rig.files.release();
                rig.files.drainCompletions();
            }
            case "FAILED" -> {
                bringTo(owner, "ATTACHED");
                owner.fail(new TensorPoolException("test"));
                rig.files.drainCompletions();
            }
            default -> throw new AssertionError(state);
        }
        final boolean isAttaching = state.equals("OPENING") || state.equals("MAKING");
        assertThat(owner.state()).hasToString(isAttaching ? "ATTACHING" : state);
        rig.effects.clear();
        rig.errors.clear();
        rig.log.clear();
    }

    /** A file is where the stream's directory must be, so that no epoch can be made. */
    private void block() throws IOException {
        Files.move(rig.streamDirectory(), rig.streamDirectory().resolveSibling("aside"));
        Files.createFile(rig.streamDirectory());
    }

    private void unblock() throws IOException {
        Files.delete(rig.streamDirectory());
        Files.move(rig.streamDirectory().resolveSibling("aside"), rig.streamDirectory());
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            OPENING   | work          | ATTACHING |
            OPENING   | reattach      | ATTACHING |
            OPENING   | mapped        | ATTACHING |
            OPENING   | lost    | ATTACHING |
            OPENING   | done          | ATTACHING |
            OPENING   | done, work    | ATTACHED  | made, announced
            OPENING   | done, refused | FAILED    | failed
            OPENING   | done, pressed | ATTACHING |
            OPENING   | done, lost    | ATTACHING |
            OPENING   | done, again   | ATTACHING |
            OPENING   | done, close   | DETACHING |
            OPENING   | fails         | FAILED    | failed
            OPENING   | close         | DETACHING |
            OPENING   | close, done   | CLOSED    |
            OPENING   | close, fails  | CLOSED    |
            OPENING   | fail          | FAILED    | failed
            OPENING   | fail, done    | FAILED    | failed
            OPENING   | abandon       | CLOSED    |
            OPENING   | abandon, done | CLOSED    |

            ATTACHED  | work          | ATTACHED  |
            ATTACHED  | mapped        | MAPPED    |
            ATTACHED  | active        | ACTIVE    |
            ATTACHED  | due           | ATTACHED  | announced
            ATTACHED  | reattach      | ATTACHING | lost
            ATTACHED  | lost    | ATTACHING | lost
            ATTACHED  | close         | DETACHING | lost
            ATTACHED  | close, done   | CLOSED    | lost
            ATTACHED  | fail          | FAILED    | lost, failed
            ATTACHED  | abandon       | CLOSED    | lost

            ACTIVE    | due           | ACTIVE    | announced
            ACTIVE    | unmapped      | ATTACHED  |
            ACTIVE    | reattach      | ATTACHING | lost
            ACTIVE    | lost    | ATTACHING | lost
            ACTIVE    | close         | DETACHING | lost
            ACTIVE    | fail          | FAILED    | lost, failed
            ACTIVE    | abandon       | CLOSED    | lost

            MAKING    | work          | ATTACHING |
            MAKING    | due           | ATTACHING |
            MAKING    | active        | ATTACHING |
            MAKING    | reattach      | ATTACHING |
            MAKING    | lost    | ATTACHING |
            MAKING    | done          | ATTACHING |
            MAKING    | done, work    | ATTACHED  | made, announced
            MAKING    | fails         | BACKOFF   | error
            MAKING    | close         | DETACHING |
            MAKING    | close, done   | CLOSED    |
            MAKING    | close, fails  | CLOSED    |
            MAKING    | abandon, done | CLOSED    |

            BACKOFF   | work          | BACKOFF   |
            BACKOFF   | due           | ATTACHING |
            BACKOFF   | due, done     | ATTACHING |
            BACKOFF   | due,done,work | ATTACHED  | made, announced
            BACKOFF   | due, fails    | BACKOFF   | error
            BACKOFF   | reattach      | BACKOFF   |
            BACKOFF   | lost    | BACKOFF   |
            BACKOFF   | close         | DETACHING |
            BACKOFF   | close, done   | CLOSED    |
            BACKOFF   | fail          | FAILED    | failed
            BACKOFF   | abandon       | CLOSED    |

            DETACHING | work          | DETACHING |
            DETACHING | due           | DETACHING |
            DETACHING | reattach      | DETACHING |
            DETACHING | lost    | DETACHING |
            DETACHING | done          | CLOSED    |
            DETACHING | close         | DETACHING |
            DETACHING | abandon       | CLOSED    |

            CLOSED    | due           | CLOSED    |
            CLOSED    | reattach      | CLOSED    |
            CLOSED    | close         | CLOSED    |
            CLOSED    | fail          | CLOSED    |
            CLOSED    | abandon       | CLOSED    |

            FAILED    | due           | FAILED    |
            FAILED    | reattach      | FAILED    |
            FAILED    | close         | FAILED    |
            FAILED    | fail          | FAILED    |
            FAILED    | abandon       | FAILED    |
            """)
    void shouldGoFromStateToState(
            final String from, final String events, final AttachmentState to, final String effects) throws IOException {
        final RegionOwner owner = rig.open(rig.memory());
        bringTo(owner, from);
        rig.files.hold();
        for (final String event : events.split(", ?")) {
            apply(owner, event, from.equals("OPENING"));
        }
        rig.heard().forEach(announce -> rig.effects.add("announced"));
        rig.errors.forEach(error -> rig.effects.add("error"));

        assertThat(owner.state()).isEqualTo(to);
        assertThat(rig.effects).containsExactly(effects == null ? new String[0] : effects.split(", "));
        assertThat(!to.isFinal() || isUnlockedSoon()).as("the lock is free").isTrue();
    }

    private void apply(final RegionOwner owner, final String event, final boolean isFirst) throws IOException {
        switch (event) {
            case "work" -> owner.doWork(rig.clock.nanoTime());
            case "due" -> owner.doWork(rig.clock.advance(ANNOUNCE_NS).nanoTime());
            case "mapped" -> owner.onMapped();
            case "active" -> owner.onActive();
            case "unmapped" -> owner.onUnmapped();
            case "reattach" -> owner.reattach("test");
            case "fail" -> owner.fail(new TensorPoolException("test"));
            case "abandon" -> owner.abandon(new TensorPoolException("test"));
            case "lost" -> owner.onAeronLost();
            case "again" -> owner.reattach("test");
            case "pressed" -> {
                rig.log.backPressured(true);
                owner.doWork(rig.clock.nanoTime());
            }
            case "refused" -> {
                rig.refuse = true;
                owner.doWork(rig.clock.nanoTime());
            }
            case "close" -> owner.close(0);
            case "done" -> complete();
            case "fails" -> {
                if (isFirst) {
                    Files.createDirectories(rig.streamDirectory().getParent());
                    Files.createFile(rig.streamDirectory());
                } else {
                    block();
                }
                complete();
            }
            default -> throw new AssertionError(event);
        }
    }

    /** Whoever ends gives the lock back, when the file worker comes to it. */
    private boolean isUnlockedSoon() {
        complete();
        try (DriverNamespace locked = DriverNamespace.lock(rig.directory.path(), "test", "direct-10000", 0660, false)) {
            locked.keepEpochs();
            return true;
        } catch (final ConfigurationException held) {
            return false;
        }
    }

    private void complete() {
        rig.files.release();
        rig.files.drainCompletions();
        rig.files.hold();
    }

    @Test
    void shouldMakeItsMemoryInTheCanonicalPlaceReallyAllocated() throws IOException {
        rig.opened(rig.memory());

        final EpochMapping epoch = rig.epoch();
        assertThat(epoch.epoch()).isEqualTo(WALL_NS);
        final Path directory = rig.streamDirectory().resolve(Long.toUnsignedString(WALL_NS));
        assertThat(epoch.regions().headerRegionUri()).isEqualTo("shm:file?path=" + directory.resolve("header.ring"));
        assertThat(directory.resolve("7.pool")).hasSize(64 + 8 * 64 * 1024);
        assertThat(allocatedBytes(directory.resolve("7.pool"))).isGreaterThanOrEqualTo(64 + 8 * 64 * 1024);
        assertThat(epoch.nslots()).isEqualTo(8);
    }

    private static long allocatedBytes(final Path file) throws IOException {
        final Process stat = new ProcessBuilder("stat", "-c", "%b %B", file.toString()).start();
        final String[] blocks = new String(stat.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                .strip()
                .split(" ");
        return Long.parseLong(blocks[0]) * Long.parseLong(blocks[1]);
    }

    @Test
    void shouldTellEachStateItHasLeft() {
        final RegionOwner owner = rig.open(rig.memory());
        rig.run(owner, 0);
        owner.onMapped();
        owner.onActive();
        owner.onActive();
        owner.reattach("test");
        rig.run(owner, 0);
        owner.close(0);
        rig.run(owner, 0);

        assertThat(rig.transitions)
                .containsExactly(
                        "ATTACHING", "ATTACHED", "MAPPED", "ACTIVE", "REVOKED", "ATTACHING", "ATTACHED", "DETACHING");
    }

    @Test
    void shouldAnnounceAtOnceAndThenEachPeriod() {
        final RegionOwner owner = rig.open(rig.memory());
        rig.run(owner, 0);
        final long firstNs = rig.clock.nanoTime();

        assertThat(rig.heard())
                .containsExactly(new Announce(rig.epoch().regions(), PRODUCER_ID, firstNs, ClockDomain.MONOTONIC));
        rig.run(owner, ANNOUNCE_NS - 1);
        assertThat(rig.heard()).isEmpty();
        rig.run(owner, 1);
        assertThat(rig.heard())
                .containsExactly(
                        new Announce(rig.epoch().regions(), PRODUCER_ID, firstNs + ANNOUNCE_NS, ClockDomain.MONOTONIC));
        rig.run(owner, ANNOUNCE_NS);
        assertThat(rig.heard()).hasSize(1);
    }

    @Test
    void shouldAnnounceByTheSharedClockIfToldTo() {
        final RegionOwner owner = rig.open(rig.memory().withAnnounceClock(ClockDomain.REALTIME_SYNCED));

        rig.run(owner, 5);

        assertThat(rig.heard())
                .containsExactly(
                        new Announce(rig.epoch().regions(), PRODUCER_ID, WALL_NS + 5, ClockDomain.REALTIME_SYNCED));
        assertThat(rig.epoch().activityTimestampNs()).as("stamps").isEqualTo(rig.clock.nanoTime());
    }

    @Test
    void shouldAnnounceAsSoonAsBackPressureIsOver() {
        final RegionOwner owner = rig.open(rig.memory());
        rig.log.backPressured(true);
        rig.run(owner, 0);
        rig.run(owner, 1);
        rig.log.backPressured(false);
        assertThat(rig.heard()).isEmpty();

        rig.run(owner, 1);

        assertThat(rig.heard()).hasSize(1);
    }

    @Test
    void shouldStampEachPeriodWhateverBecomesOfTheAnnounces() {
        final RegionOwner owner = rig.opened(rig.memory());
        final long madeNs = rig.clock.nanoTime();
        rig.log.backPressured(true);

        assertThat(rig.epoch().activityTimestampNs()).isEqualTo(madeNs);
        rig.run(owner, ANNOUNCE_NS - 1);
        assertThat(rig.epoch().activityTimestampNs()).isEqualTo(madeNs);
        rig.run(owner, 1);
        assertThat(rig.epoch().activityTimestampNs()).isEqualTo(madeNs + ANNOUNCE_NS);
    }

    @Test
    void shouldRefuseASecondProducerOfTheStreamUntilTheFirstIsClosed() {
        final RegionOwner first = rig.opened(rig.memory());

        final RegionOwner second = rig.open(rig.memory());
        rig.run(second, 0);
        assertThat(second.state()).isEqualTo(AttachmentState.FAILED);
        assertThat(rig.refusal)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("stream 10000 has a producer without a driver already")
                .hasMessageContaining("direct-10000/driver.lock is locked");
        rig.run(first, ANNOUNCE_NS);
        assertThat(rig.heard()).as("the first goes on").hasSize(1);
        assertThat(rig.epochsOnDisk()).containsExactly(WALL_NS);

        first.close(0);
        rig.run(first, 0);
        final RegionOwner third = rig.open(rig.memory());
        rig.run(third, 0);
        assertThat(third.state()).isEqualTo(AttachmentState.ATTACHED);
    }

    @Test
    void shouldNotStandInTheWayOfADriver() {
        rig.opened(rig.memory());

        try (DriverNamespace ofDriver = DriverNamespace.lock(rig.directory.path(), "test", "default", 0660, false)) {
            assertThat(ofDriver.epochDirectories()).isEmpty();
        }
    }

    @Test
    void shouldRemoveItsFilesWhenClosedAndKeepTheHighestEpoch() {
        final RegionOwner owner = rig.opened(rig.memory());
        owner.reattach("test");
        rig.run(owner, 0);

        owner.close(0);
        rig.run(owner, 1);

        assertThat(owner.state()).isEqualTo(AttachmentState.CLOSED);
        assertThat(rig.epochsOnDisk()).isEmpty();
        assertThat(rig.streamDirectory().getParent()).isDirectoryNotContaining(path -> !path.endsWith("driver.lock"));
        assertThat(rig.made).allMatch(EpochMapping::isClosed);
        rig.wallClock.advance(-WALL_NS / 2);
        rig.opened(rig.memory());
        assertThat(rig.epoch().epoch()).as("though the clock was set back").isEqualTo(WALL_NS + 2);
    }

    @Test
    void shouldLeaveItsFilesIfToldToAndCollectThemAtTheNextStart() {
        final RegionOwner owner = rig.opened(rig.memory().withEpochPolicy(KEEP_ALL));
        owner.close(0);
        rig.run(owner, 1);
        assertThat(rig.epochsOnDisk()).as("as after a crash").containsExactly(WALL_NS);

        rig.opened(rig.memory());

        assertThat(rig.epochsOnDisk()).containsExactly(WALL_NS + 1);
    }

    @Test
    void shouldKeepTheNewestEpochsAndThoseThatAreYoung() {
        final RegionOwner owner = rig.opened(rig.memory());
        owner.reattach("one");
        rig.run(owner, 0);
        owner.reattach("two");
        rig.run(owner, 3 * ANNOUNCE_NS - 1);
        assertThat(rig.epochsOnDisk()).containsExactly(WALL_NS, WALL_NS + 1, WALL_NS + 2);

        rig.run(owner, 1);

        assertThat(rig.epochsOnDisk()).containsExactly(WALL_NS + 1, WALL_NS + 2);
        assertThat(rig.made.get(1).isClosed()).as("lingered").isTrue();
        assertThat(rig.heard().getLast().regions()).isEqualTo(rig.epoch().regions());
        assertThat(rig.errors).isEmpty();
    }

    @Test
    void shouldMakeAnotherEpochWhenAFileOfItsOwnIsTruncated() throws IOException {
        final RegionOwner owner = rig.opened(rig.memory());
        final Path pool =
                Path.of(rig.epoch().regions().pools().getFirst().regionUri().substring("shm:file?path=".length()));
        try (RandomAccessFile file = new RandomAccessFile(pool.toFile(), "rw")) {
            file.setLength(0);
        }

        rig.run(owner, ANNOUNCE_NS);

        assertThat(rig.effects).containsExactly("lost", "made");
        assertThat(rig.epoch().epoch()).isEqualTo(WALL_NS + 1);
        assertThat(rig.heard()).extracting(heard -> heard.regions().epoch()).containsExactly(WALL_NS + 1);
    }

    @Test
    void shouldTryAgainWithGrowingDelaysWhatFailedLater() throws IOException {
        final RegionOwner owner = rig.opened(rig.memory());
        block();
        owner.reattach("test");
        rig.run(owner, 0);
        assertThat(rig.errors).hasSize(1);
        rig.run(owner, BACKOFF_MIN_NS / 2 - 1);
        assertThat(rig.errors).as("not at once").hasSize(1);

        rig.run(owner, BACKOFF_MIN_NS / 2 + 1);
        assertThat(rig.errors).hasSize(2);
        rig.run(owner, BACKOFF_MIN_NS - 1);
        assertThat(rig.errors).as("later than the first time").hasSize(2);
        unblock();
        rig.run(owner, BACKOFF_MIN_NS + 1);

        assertThat(owner.state()).isEqualTo(AttachmentState.ATTACHED);
        assertThat(rig.heard())
                .extracting(heard -> heard.regions().epoch())
                .containsExactly(rig.epoch().epoch());
    }

    @Test
    void shouldSayThatThereIsNoMemoryForIt() {
        final StreamProfile huge = new StreamProfile("huge", 1 << 15, List.of(new PoolSpec(1, 1L << 31)));

        final RegionOwner owner = rig.open(new OwnMemory(
                huge,
                rig.directory.path(),
                "test",
                "direct",
                rig.memory().regionOptions(),
                rig.memory().epochPolicy(),
                ClockDomain.MONOTONIC));
        rig.run(owner, 0);

        assertThat(rig.refusal).isInstanceOf(NoSpaceException.class).hasMessageContaining("stream 10000 needs");
        assertThat(rig.epochsOnDisk()).isEmpty();
    }

    @Test
    void shouldRefuseMorePoolsThanAnAnnounceHolds() {
        rig.refuse = true;

        final RegionOwner owner = rig.open(rig.memory());
        rig.run(owner, 0);

        assertThat(owner.state()).isEqualTo(AttachmentState.FAILED);
        assertThat(rig.refusal)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("its 2 pools cannot be announced on")
                .hasMessageContaining("exceeds maxMessageLength");
        assertThat(rig.epochsOnDisk()).isEmpty();
    }

    @Test
    void shouldFailInOrderAlsoWhereNoPastEpochIsToStay() {
        rig.refuse = true;

        final RegionOwner owner = rig.open(rig.memory().withEpochPolicy(new EpochPolicy(true, 1, 0, false, true)));
        rig.run(owner, 0);

        assertThat(owner.state()).isEqualTo(AttachmentState.FAILED);
        assertThat(rig.errors).isEmpty();
        assertThat(rig.epochsOnDisk()).isEmpty();
    }

    @Test
    void shouldRefuseANamespaceWithoutAName() {
        assertThatThrownBy(() -> OwnMemory.of(PROFILE).withNamespace("test", ""))
                .isInstanceOf(ConfigurationException.class);
        assertThat(OwnMemory.of(PROFILE).namespaceOf(-1)).isEqualTo("direct-4294967295");
        assertThat(OwnMemory.of(PROFILE).namespaceOf(STREAM_ID)).isEqualTo("direct-10000");
    }
}
