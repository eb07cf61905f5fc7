package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.Dtype;
import io.tensorpool.EpochRegions;
import io.tensorpool.MajorOrder;
import io.tensorpool.PoolRegion;
import io.tensorpool.PoolSpec;
import io.tensorpool.ProgressUnit;
import io.tensorpool.TensorShape;
import io.tensorpool.layout.HeaderRingLayout;
import io.tensorpool.layout.PayloadPoolLayout;
import io.tensorpool.support.Json;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.SharedFiles;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The header ring and pool that another implementation of the format left behind: mapped and read to the manifest's
 * values, and written again to the same bytes.
 */
class GoldenRegionsTest {
    private static final int CLAIMED_ONLY_LENGTH_BYTES = 32;

    private Json shm;
    private Json capture;
    private byte[] ringBytes;
    private byte[] poolBytes;
    private ShmDirectory directory;
    private PathPolicy policy;
    private EpochRegions regions;

    @BeforeEach
    void copyIntoACanonicalDirectory() throws IOException {
        shm = Json.read(SharedFiles.assumePresent("golden/manifest.json")).get("shm");
        capture = shm.get("captures").get(0);
        ringBytes = golden("headerFile");
        poolBytes = golden("poolFile");
        directory = ShmDirectory.create();
        final long epoch = capture.get("headerSuperblock").get("epoch").longBits();
        final Path epochDirectory = Files.createDirectories(directory
                .path()
                .resolve("tensorpool-x/default")
                .resolve(shm.get("streamId").integer().toString())
                .resolve(Long.toUnsignedString(epoch)));
        final String ringUri = copy(ringBytes, epochDirectory.resolve("header.ring"));
        final int poolId = shm.get("poolId").intValue();
        final String poolUri = copy(poolBytes, epochDirectory.resolve(poolId + ".pool"));
        final int nslots = shm.get("nslots").intValue();
        regions = new EpochRegions(
                shm.get("streamId").intValue(),
                epoch,
                capture.get("headerSuperblock").get("layoutVersion").intValue(),
                nslots,
                ringUri,
                List.of(new PoolRegion(poolId, nslots, shm.get("strideBytes").longBits(), poolUri)));
        policy = PathPolicy.conclude(List.of(directory.path()), FileRules.DEFAULT);
    }

    @AfterEach
    void deleteDirectory() {
        if (policy != null) {
            try {
                policy.close();
                assertThat(ResourceCount.below(directory.path())).isEqualTo(new ResourceCount(List.of(), List.of()));
            } finally {
                directory.close();
            }
        }
    }

    @Test
    void shouldReadEveryFrameToTheManifestsValues() throws Exception {
        final EpochMapping mapping = EpochMapping.map(regions, Access.READ_ONLY, policy, MappingOptions.DEFAULT);
        assertThat(mapping.pid())
                .isEqualTo(capture.get("headerSuperblock").get("pid").longBits());
        assertThat(mapping.activityTimestampNs())
                .isEqualTo(capture.get("headerSuperblock")
                        .get("activityTimestampNs")
                        .longBits());
        final SlotReader reader = new SlotReader(mapping);
        final SlotView view = new SlotView();
        int committed = 0;
        for (final Json slot : capture.get("slots").elements()) {
            final long seq = slot.get("seq").longBits();
            if (slot.get("committed").bool()) {
                assertThat(reader.read(seq, view)).as("%s", slot).isEqualTo(SlotReader.OK);
                verify(slot, view);
                assertThat(reader.isIntact(seq)).isTrue();
                committed++;
            } else {
                // Slot 7 was never used; its index stands for the sequence number that would come to lie there.
                assertThat(reader.read(slot.get("slot").longBits(), view))
                        .as("%s", slot)
                        .isEqualTo(Rejection.NOT_COMMITTED.code());
            }
        }
        assertThat(committed).isEqualTo(6);
        mapping.release();
    }

    @Test
    void shouldWriteTheSameFramesToTheSameBytes() throws Exception {
        try (DriverNamespace namespace = DriverNamespace.lock(directory.path(), "y", "default", 0660, true)) {
            final EpochMapping mapping = new RegionFactory(namespace, TestEpoch.OPTIONS)
                    .create(
                            new EpochSpec(
                                    regions.streamId(),
                                    regions.epoch(),
                                    regions.nslots(),
                                    List.of(new PoolSpec(
                                            regions.pools().getFirst().poolId(),
                                            regions.pools().getFirst().strideBytes()))),
                            true);
            write(mapping);
            final byte[] ring =
                    Files.readAllBytes(TestEpoch.fileOf(mapping.regions().headerRegionUri()));
            final byte[] pool = Files.readAllBytes(
                    TestEpoch.fileOf(mapping.regions().pools().getFirst().regionUri()));
            final int slots = (int) HeaderRingLayout.SLOTS_OFFSET;
            assertThat(Arrays.copyOfRange(ring, slots, ring.length))
                    .isEqualTo(Arrays.copyOfRange(ringBytes, slots, ringBytes.length));
            final int payloads = (int) PayloadPoolLayout.PAYLOADS_OFFSET;
            assertThat(Arrays.copyOfRange(pool, payloads, pool.length))
                    .isEqualTo(Arrays.copyOfRange(poolBytes, payloads, poolBytes.length));
            // Of the superblocks, pid and times are the writer's own.
            assertThat(Arrays.copyOf(ring, 40)).isEqualTo(Arrays.copyOf(ringBytes, 40));
            assertThat(Arrays.copyOf(pool, 40)).isEqualTo(Arrays.copyOf(poolBytes, 40));
            mapping.release();
        }
    }

    private void write(final EpochMapping mapping) {
        final SlotWriter writer = new SlotWriter(mapping);
        for (final Json slot : capture.get("slots").elements()) {
            final long seq = slot.get("seq").longBits();
            final long offset = PayloadPoolLayout.payloadOffset(
                    slot.get("slot").intValue(), shm.get("strideBytes").longBits());
            if (slot.get("committed").bool()) {
                final long length = slot.get("valuesLenBytes").longBits();
                final MemorySegment payload = writer.claim(seq, 0, length);
                payload.copyFrom(MemorySegment.ofArray(poolBytes).asSlice(offset, length));
                writer.commit(
                        seq,
                        0,
                        length,
                        shape(slot.get("tensorHeader")),
                        slot.get("timestampNs").longBits(),
                        (int) slot.get("metaVersion").longBits());
            } else if (slot.get("state").text().equals("IN_PROGRESS")) {
                writer.claim(seq, 0, CLAIMED_ONLY_LENGTH_BYTES).fill((byte) 0xEE);
            }
        }
    }

    private static void verify(final Json slot, final SlotView view) throws Exception {
        assertThat(view.seq()).isEqualTo(slot.get("seq").longBits());
        assertThat(view.timestampNs()).isEqualTo(slot.get("timestampNs").longBits());
        assertThat(Integer.toUnsignedLong(view.metaVersion()))
                .isEqualTo(slot.get("metaVersion").longBits());
        assertThat(view.poolId()).isEqualTo(slot.get("poolId").intValue());
        assertThat(view.poolIndex()).isZero();
        assertThat(view.lengthBytes()).isEqualTo(slot.get("valuesLenBytes").longBits());
        assertThat(view.payload().isReadOnly()).isTrue();
        final byte[] payload = view.payload().toArray(ValueLayout.JAVA_BYTE);
        assertThat(HexFormat.of().formatHex(payload))
                .startsWith(slot.get("payloadHexFirst64").text());
        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(payload)))
                .isEqualTo(slot.get("payloadSha256").text());
        final Json header = slot.get("tensorHeader");
        assertThat(view.shape()).isEqualTo(shape(header));
        assertThat(view.shape().progressStrideBytes())
                .isEqualTo(header.get("progressStrideBytes").intValue());
    }

    private static TensorShape shape(final Json header) {
        final int ndims = header.get("ndims").intValue();
        final TensorShape shape = TensorShape.strided(
                Dtype.valueOf(header.get("dtype").text()),
                MajorOrder.valueOf(header.get("majorOrder").text()),
                ints(header.get("dims"), ndims),
                ints(header.get("strides"), ndims));
        return shape.withProgress(
                ProgressUnit.valueOf(header.get("progressUnit").text()));
    }

    private static int[] ints(final Json array, final int count) {
        return array.elements().stream().limit(count).mapToInt(Json::intValue).toArray();
    }

    private byte[] golden(final String member) throws IOException {
        return Files.readAllBytes(
                SharedFiles.path("golden").resolve(capture.get(member).text()));
    }

    private static String copy(final byte[] bytes, final Path file) throws IOException {
        Files.write(file, bytes);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        return RegionUri.of(file.toString(), false).toString();
    }
}
