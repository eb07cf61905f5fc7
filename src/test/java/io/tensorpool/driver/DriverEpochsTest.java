package io.tensorpool.driver;

import static io.tensorpool.driver.DriverRig.ANNOUNCE_NS;
import static io.tensorpool.driver.DriverRig.LEASE_NS;
import static io.tensorpool.driver.DriverRig.STREAM_ID;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.EpochPolicy;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolSpec;
import io.tensorpool.Role;
import io.tensorpool.StreamProfile;
import io.tensorpool.codec.driver.MessageHeaderDecoder;
import io.tensorpool.codec.driver.ShmDetachResponseDecoder;
import io.tensorpool.layout.SuperblockLayout;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which memory a driver makes, marks and removes, and how it numbers it, in virtual time with real files. */
class DriverEpochsTest {
    private final ShmDirectory directory = ShmDirectory.create();
    private DriverRig rig = new DriverRig(directory.path());

    @AfterEach
    void close() {
        rig.close();
        assertThat(ResourceCount.below(directory.path())).isEqualTo(new ResourceCount(List.of(), List.of()));
        directory.close();
    }

    private void restart(final DriverContext context, final long wallClockNs) {
        rig.close();
        rig = new DriverRig(directory.path(), context, wallClockNs, true);
    }

    private Path streamDirectory() {
        return directory.path().resolve("tensorpool-test/default/" + STREAM_ID);
    }

    private List<String> epochDirectories() throws IOException {
        if (!Files.exists(streamDirectory())) {
            return List.of();
        }
        try (Stream<Path> found = Files.list(streamDirectory())) {
            return found.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private Path headerRing() {
        return Path.of(rig.lastRegions.headerRegionUri().replace("shm:file?path=", ""));
    }

    private long activityTimestampNs() throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(headerRing()))
                .order(ByteOrder.LITTLE_ENDIAN)
                .getLong((int) SuperblockLayout.ACTIVITY_TIMESTAMP_NS_OFFSET);
    }

    private long attachAndDetach(final int clientId) {
        rig.attach(clientId, STREAM_ID, clientId, Role.PRODUCER);
        rig.run();
        final long epoch = rig.lastRegions.epoch();
        rig.detach(0, rig.lastLeaseId, clientId, Role.PRODUCER);
        rig.run();
        return epoch;
    }

    @Test
    void shouldNumberEpochsUpwardsWhateverHappens() {
        final List<Long> epochs = new ArrayList<>();
        epochs.add(attachAndDetach(5));
        epochs.add(attachAndDetach(6));
        restart(DriverRig.context(), 1_000);
        epochs.add(attachAndDetach(5));
        restart(DriverRig.context(), 500); // the clock was set back
        epochs.add(attachAndDetach(5));
        restart(DriverRig.context(), 2_000_000);
        epochs.add(attachAndDetach(5));

        assertThat(epochs).isSorted().doesNotHaveDuplicates().startsWith(1_000L).endsWith(2_000_000L);
    }

    @Test
    void shouldMakeALaterEpochWhenTheLayoutOfItsStreamHasChanged() {
        rig.attachProducer();
        final EpochRegions before = rig.lastRegions;
        restart(
                DriverRig.context()
                        .epochPolicy(new EpochPolicy(true, 2, -1, false, false))
                        .addProfile(new StreamProfile("small", 8, List.of(new PoolSpec(1, 256)))),
                1_000);

        rig.attachProducer();

        assertThat(rig.lastRegions.nslots()).isEqualTo(8);
        assertThat(rig.lastRegions.pools()).hasSize(1);
        assertThat(rig.lastRegions.epoch()).isGreaterThan(before.epoch());
        assertThat(rig.lastRegions.headerRegionUri()).isNotEqualTo(before.headerRegionUri());
    }

    @Test
    void shouldKeepTheNewestEpochsAndThoseThatAreYoung() throws IOException {
        restart(DriverRig.context().epochPolicy(new EpochPolicy(true, 2, 2 * ANNOUNCE_NS, false, true)), 1_000);
        attachAndDetach(5);
        attachAndDetach(6);
        assertThat(epochDirectories()).containsExactly("1000", "1001", "1002", "1003");

        rig.run(2 * ANNOUNCE_NS - 1);
        assertThat(epochDirectories()).hasSize(4);
        rig.run(1);
        assertThat(epochDirectories()).containsExactly("1002", "1003");
        rig.run(100 * LEASE_NS);
        assertThat(epochDirectories()).containsExactly("1002", "1003");
    }

    @Test
    void shouldKeepAllEpochsWhenCollectionIsOff() throws IOException {
        restart(DriverRig.context().epochPolicy(new EpochPolicy(false, 2, -1, false, true)), 1_000);
        attachAndDetach(5);
        attachAndDetach(6);

        rig.run(100 * LEASE_NS);

        assertThat(epochDirectories()).hasSize(4);
    }

    @Test
    void shouldRemoveAllMemoryWhenItEnds() throws IOException {
        attachAndDetach(5);
        rig.attachProducer();
        final Path ring = headerRing();
        assertThat(ring).exists();

        rig.close();

        assertThat(epochDirectories()).isEmpty();
        assertThat(rig.errors).isEmpty();
    }

    @Test
    void shouldReleaseWhatWasBeingMadeWhenItEnds() throws IOException {
        rig.files.hold();
        rig.attach(1, STREAM_ID, 5, Role.PRODUCER);
        rig.run();

        rig.close();

        assertThat(epochDirectories()).isEmpty();
        assertThat(rig.errors).isEmpty();
    }

    @Test
    void shouldAllocateTheMemoryOfAProducerOnly() throws Exception {
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        rig.run();
        assertThat(blocksOfPool2()).isLessThanOrEqualTo(8);

        rig.attach(2, STREAM_ID, 5, Role.PRODUCER);
        rig.run();
        assertThat(blocksOfPool2()).isGreaterThanOrEqualTo(4 * 4096 / 512);
    }

    private long blocksOfPool2() throws Exception {
        final Process stat = new ProcessBuilder(
                        "stat",
                        "-c",
                        "%b",
                        headerRing().resolveSibling("2.pool").toString())
                .start();
        return Long.parseLong(
                new String(stat.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII).trim());
    }

    @Test
    void shouldStampTheActivityOnlyWhileThereIsNoProducer() throws IOException {
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        rig.run();
        rig.run(ANNOUNCE_NS);
        assertThat(activityTimestampNs()).isEqualTo(rig.clock.nanoTime());

        rig.attach(2, STREAM_ID, 5, Role.PRODUCER);
        rig.run();
        final long atAttach = activityTimestampNs();
        rig.run(ANNOUNCE_NS);
        assertThat(activityTimestampNs()).isEqualTo(atAttach);
    }

    @Test
    void shouldSurviveATruncatedFileAndMakeAnotherEpoch() throws IOException {
        rig.attach(1, STREAM_ID, 6, Role.CONSUMER);
        rig.run();
        try (RandomAccessFile file = new RandomAccessFile(headerRing().toFile(), "rw")) {
            file.setLength(0);
        }

        assertThat(rig.run(ANNOUNCE_NS)).contains("announce e2 producer 0 at 1000 ms");

        assertThat(rig.errors).singleElement().asString().contains("was truncated", "stream 10000");
        assertThat(activityTimestampNs()).isEqualTo(rig.clock.nanoTime());
    }

    @Test
    void shouldSayWhyThereIsNoMemoryAndTryAgainWithTheNextRequest() throws IOException {
        Files.createFile(streamDirectory());
        rig.attach(1, STREAM_ID, 5, Role.PRODUCER);
        final List<String> said = rig.run();
        assertThat(said)
                .singleElement()
                .asString()
                .startsWith("refused 1 INTERNAL_ERROR: ")
                .contains("10000");
        assertThat(rig.errors).singleElement().asString().contains("stream 10000: no memory for its next epoch");
        rig.errors.clear();

        Files.delete(streamDirectory());
        rig.attach(2, STREAM_ID, 5, Role.PRODUCER);

        assertThat(rig.run()).containsExactly("attached 2 lease 1 e1", "announce e1 producer 5 at 0 ms");
        assertThat(epochDirectories()).hasSize(1);
    }

    @Test
    void shouldNotHandOutADeadEpochWhenTheNextCouldNotBeMade() throws IOException {
        rig.attachProducer();
        final Path moved = streamDirectory().resolveSibling("moved");
        Files.move(streamDirectory(), moved);
        Files.createFile(streamDirectory());
        rig.detach(1, 1, 5, Role.PRODUCER);
        assertThat(rig.run()).containsExactly("detached 1 OK", "revoked lease 1 of 5 as PRODUCER on 10000: DETACHED");
        assertThat(rig.run(ANNOUNCE_NS)).isEmpty();

        Files.delete(streamDirectory());
        Files.move(moved, streamDirectory());
        rig.attach(2, STREAM_ID, 6, Role.CONSUMER);

        assertThat(rig.run()).containsExactly("announce e2 producer 0 at 1000 ms", "attached 2 lease 2 e2");
        rig.errors.clear();
    }

    @Test
    void shouldSayThatALeaseWasNotFound() {
        rig.detach(1, 99, 5, Role.PRODUCER);
        rig.conductor.doWork();

        final UnsafeBuffer answer = new UnsafeBuffer(rig.events.take());
        assertThat(new ShmDetachResponseDecoder()
                        .wrapAndApplyHeader(answer, 0, new MessageHeaderDecoder())
                        .errorMessage())
                .isEqualTo("lease not found");
    }
}
