package io.tensorpool.driver;

import static io.tensorpool.driver.DriverRig.OTHER_STREAM_ID;
import static io.tensorpool.driver.DriverRig.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.EpochPolicy;
import io.tensorpool.PoolSpec;
import io.tensorpool.Role;
import io.tensorpool.StreamProfile;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a driver does when there is no memory for an epoch: it removes what nobody uses, tries once more, and says why not. */
class DriverMemoryTest {
    private static final EpochPolicy COLLECTS_NOTHING = new EpochPolicy(false, 2, -1, false, true);

    private final ShmDirectory directory = ShmDirectory.create();
    private DriverRig rig = new DriverRig(directory.path());

    @AfterEach
    void close() {
        rig.close();
        directory.close();
    }

    private List<String> epochsOf(final Path base, final int streamId) throws IOException {
        final Path stream = base.resolve("tensorpool-test/default/" + streamId);
        if (!Files.isDirectory(stream)) {
            return List.of();
        }
        try (Stream<Path> found = Files.list(stream)) {
            return found.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private Path blocked() {
        return directory.path().resolve("tensorpool-test/default/" + OTHER_STREAM_ID);
    }

    /** Leaves a past epoch, which was the producer's. */
    private void comeAndGo() {
        rig.attachProducer();
        rig.detach(901, rig.lastLeaseId, 5, Role.PRODUCER);
        rig.run();
    }

    private void attachOther() {
        rig.attach(1, OTHER_STREAM_ID, 6, Role.PRODUCER);
    }

    @Test
    void shouldRemoveNothingWhenSomethingElseThanSpaceIsMissing() throws IOException {
        comeAndGo();
        Files.createFile(blocked());
        attachOther();

        assertThat(rig.run()).singleElement().asString().startsWith("refused 1 INTERNAL_ERROR: ");

        assertThat(epochsOf(directory.path(), STREAM_ID)).containsExactly("1000", "1001");
        assertThat(rig.errors).hasSize(1);
        Files.delete(blocked());
        attachOther();
        rig.run();
        assertThat(rig.lastRegions.epoch()).as("1002 failed").isEqualTo(1003);
    }

    @Test
    void shouldNotTryOnceMoreWhereThereIsNothingToRemove() throws IOException {
        rig.attachProducer();
        Files.createFile(blocked());
        attachOther();
        assertThat(rig.run()).singleElement().asString().startsWith("refused 1 INTERNAL_ERROR: ");

        Files.delete(blocked());
        attachOther();
        rig.run();

        assertThat(rig.lastRegions.epoch()).as("1001 failed").isEqualTo(1002);
        assertThat(epochsOf(directory.path(), STREAM_ID)).containsExactly("1000");
    }

    @Test
    void shouldRemovePastEpochsOfOtherStreamsForEachEpochThatFindsNoRoom() throws Exception {
        onSmallFileSystem(small -> {
            rig = new DriverRig(small, withLargeStream(), 1_000, true);
            for (int i = 0; i < 3; i++) {
                comeAndGo();
                assertThat(epochsOf(small, STREAM_ID)).hasSizeGreaterThan(1);
                rig.attach(1, 10_002, 6, Role.PRODUCER);
                assertThat(rig.run()).singleElement().asString().startsWith("refused 1 INTERNAL_ERROR: ");
                assertThat(epochsOf(small, STREAM_ID))
                        .as("young, and not in use")
                        .hasSize(1);
            }
        });
    }

    private static DriverContext withLargeStream() {
        final StreamProfile large = new StreamProfile("large", 4, List.of(new PoolSpec(1, 32 * 1024)));
        return DriverRig.context().addProfile(large).addStream(10_002, "large");
    }

    @Test
    void shouldMakeRoomOfWhatAKilledDriverLeft() throws Exception {
        onSmallFileSystem(small -> {
            rig = new DriverRig(
                    small, DriverRig.context().epochPolicy(new EpochPolicy(true, 2, -1, false, false)), 1_000, true);
            comeAndGo();
            rig.close();
            assertThat(epochsOf(small, STREAM_ID)).containsExactly("1000", "1001");

            rig = new DriverRig(small, DriverRig.context(), 2_000, true);
            rig.attach(1, STREAM_ID, 5, Role.PRODUCER);

            assertThat(rig.run()).first().asString().startsWith("attached 1 ");
            assertThat(epochsOf(small, STREAM_ID)).containsExactly("2001");
        });
    }

    @Test
    void shouldRemoveNothingWhereCollectionIsOff() throws IOException {
        rig.close();
        rig = new DriverRig(directory.path(), DriverRig.context().epochPolicy(COLLECTS_NOTHING), 1_000, true);
        comeAndGo();
        Files.createFile(blocked());
        attachOther();

        assertThat(rig.run()).singleElement().asString().startsWith("refused 1 INTERNAL_ERROR: ");

        assertThat(epochsOf(directory.path(), STREAM_ID)).hasSize(2);
        Files.delete(blocked());
    }

    @Test
    void shouldGiveAConsumerTheEpochThatThereIsWhenTheProducersFails() throws IOException {
        rig.attach(1, STREAM_ID, 7, Role.CONSUMER);
        rig.run();
        final Path stream = blocked().resolveSibling(Integer.toString(STREAM_ID));
        final Path moved = Files.move(stream, stream.resolveSibling("moved"));
        Files.createFile(stream);
        rig.files.hold();
        rig.attach(2, STREAM_ID, 5, Role.PRODUCER);
        rig.attach(3, STREAM_ID, 6, Role.CONSUMER);
        rig.run();

        rig.files.release();

        assertThat(rig.run())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("refused 2 INTERNAL_ERROR: "),
                        line -> assertThat(line).isEqualTo("attached 3 lease 2 e1"));
        Files.delete(stream);
        Files.move(moved, stream);
    }

    /** 16 pages: the lock takes one, an epoch of a producer 7, one without a producer 3. */
    @Test
    void shouldMakeRoomOnAFullFileSystem() throws Exception {
        onSmallFileSystem(small -> {
            rig = new DriverRig(small);
            comeAndGo();
            assertThat(epochsOf(small, STREAM_ID)).containsExactly("1000", "1001");

            rig.attach(1, STREAM_ID, 5, Role.PRODUCER);

            assertThat(rig.run()).containsExactly("attached 1 lease 2 e3", "announce e3 producer 5 at 0 ms");
            assertThat(epochsOf(small, STREAM_ID)).containsExactly("1001", "1003");
            assertThat(rig.errors).isEmpty();
        });
    }

    @Test
    void shouldSayHowMuchIsNeededAndAvailableAndLeaveNothingBehind() throws Exception {
        onSmallFileSystem(small -> {
            rig = new DriverRig(small, withLargeStream(), 1_000, true);
            rig.attachProducer();
            rig.attach(1, 10_002, 6, Role.PRODUCER);

            assertThat(rig.run())
                    .singleElement()
                    .asString()
                    .startsWith("refused 1 INTERNAL_ERROR: epoch 1002 of stream 10002 needs 132,224 bytes below ")
                    .contains("available are 32,768 bytes", "ENOSPC");
            assertThat(epochsOf(small, 10_002)).isEmpty();
            assertThat(small.resolve("tensorpool-test/default/10002")).doesNotExist();
            assertThat(epochsOf(small, STREAM_ID)).containsExactly("1000");

            rig.detach(2, 1, 5, Role.PRODUCER);
            assertThat(rig.run()).as("others live on").endsWith("announce e2 producer 0 at 0 ms");
        });
    }

    private interface FileSystemTest {
        void run(Path small) throws Exception;
    }

    private void onSmallFileSystem(final FileSystemTest test) throws Exception {
        final Path small = Files.createDirectory(directory.path().resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", small.toString()) == 0,
                "skipped: cannot mount a small tmpfs here");
        try {
            rig.close();
            test.run(small);
        } finally {
            rig.close();
            assertThat(run("umount", small.toString())).isZero();
            Files.delete(small);
        }
    }

    private static int run(final String... command) throws Exception {
        return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
    }
}
