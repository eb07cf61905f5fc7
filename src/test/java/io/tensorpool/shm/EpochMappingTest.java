package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import io.tensorpool.layout.SuperblockLayout;
import io.tensorpool.support.ChildJvm;
import io.tensorpool.support.ResourceCount;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EpochMappingTest {
    private static final String NOBODY = "65534";

    private TestEpoch epoch;
    private ResourceCount before;

    @BeforeEach
    void makeEpoch() {
        epoch = new TestEpoch();
        before = epoch.resources();
    }

    @AfterEach
    void nothingIsLeftOpenOrMapped() {
        try {
            assertThat(epoch.resources()).isEqualTo(before);
        } finally {
            epoch.close();
        }
        assertThat(Files.exists(epoch.base())).isFalse();
    }

    @Test
    void shouldMapAllRegionsAndLeaveNoFileOpen() {
        final EpochMapping mapping = epoch.map();
        assertThat(epoch.resources().descriptors()).isEqualTo(before.descriptors());
        assertThat(epoch.resources().mappings()).hasSize(before.mappings().size() + 3);
        assertThat(mapping.regions()).isEqualTo(epoch.regions());
        assertThat(mapping.streamId()).isEqualTo(TestEpoch.STREAM_ID);
        assertThat(mapping.epoch()).isEqualTo(TestEpoch.EPOCH);
        assertThat(mapping.nslots()).isEqualTo(TestEpoch.NSLOTS);
        assertThat(mapping.poolCount()).isEqualTo(2);
        assertThat(mapping.strideBytes(0)).isEqualTo(TestEpoch.STRIDE_BYTES);
        assertThat(mapping.poolId(1)).isEqualTo(7);
        assertThat(mapping.poolIndexOfId(7)).isEqualTo(1);
        assertThat(mapping.poolIndexOfId(2)).isEqualTo(-1);
        mapping.release();
    }

    @ParameterizedTest
    @CsvSource({"0,1", "64,1", "65,0", "1024,0", "1025,-1"})
    void shouldChooseTheSmallestStrideThatFits(final long lengthBytes, final int expectedIndex) {
        assertThat(epoch.written().poolIndexFor(lengthBytes)).isEqualTo(expectedIndex);
    }

    @Test
    void shouldMapReadOnlyForConsumers() {
        final EpochMapping mapping = epoch.map();
        final MemorySegment slot = mapping.slot(0, 3);
        assertThat(slot.isReadOnly()).isTrue();
        assertThat(slot.byteSize()).isEqualTo(TestEpoch.STRIDE_BYTES);
        assertThat(mapping.slot(0, 3)).isSameAs(slot);
        assertThat(mapping.headerRing().isReadOnly()).isTrue();
        final int writable = (int) epoch.resources().mappings().stream()
                .filter(line -> line.contains("rw-s"))
                .count();
        assertThat(writable).isEqualTo(before.mappings().size());
        mapping.release();
    }

    @Test
    void shouldShowTheWritersBytesAtTheSlotsPlace() {
        final EpochMapping mapping = epoch.map();
        epoch.written().slot(1, 5).set(ValueLayout.JAVA_LONG, 56, 42);
        assertThat(mapping.slot(1, 5).get(ValueLayout.JAVA_LONG, 56)).isEqualTo(42);
        mapping.release();
    }

    @Test
    void shouldSeeSignsOfLife() {
        final EpochMapping mapping = epoch.map();
        epoch.written().stampActivity(123_456_789L);
        assertThat(mapping.activityTimestampNs()).isEqualTo(123_456_789L);
        assertThat(mapping.pid()).isEqualTo(ProcessHandle.current().pid());
        mapping.release();
    }

    @Test
    void shouldStampEveryRegion() throws Exception {
        epoch.written().stampActivity(99);
        for (final Path file : List.of(epoch.headerRingFile(), epoch.poolFile(0), epoch.poolFile(1))) {
            final MemorySegment bytes = MemorySegment.ofArray(Files.readAllBytes(file));
            assertThat(bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, SuperblockLayout.ACTIVITY_TIMESTAMP_NS_OFFSET))
                    .as("%s", file)
                    .isEqualTo(99);
        }
    }

    @Test
    void shouldUnmapWithTheLastReference() {
        final EpochMapping mapping = epoch.map();
        final MemorySegment slot = mapping.slot(0, 0);
        assertThat(mapping.retain()).isTrue();
        mapping.release();
        assertThat(mapping.isClosed()).isFalse();
        assertThat(slot.get(ValueLayout.JAVA_BYTE, 0)).isZero();
        mapping.release();
        assertThat(mapping.isClosed()).isTrue();
        assertThat(epoch.resources()).isEqualTo(before);
        assertThat(mapping.retain()).isFalse();
        assertThatThrownBy(() -> slot.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(mapping::activityTimestampNs).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(mapping::release)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("released too often");
    }

    @Test
    void shouldGiveAReadingThreadAnExceptionWhenUnmapped() throws Exception {
        final EpochMapping mapping = epoch.map();
        final CountDownLatch reading = new CountDownLatch(1);
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final Thread reader = Thread.ofPlatform().start(() -> {
            final SlotReader slots = new SlotReader(mapping);
            final SlotView view = new SlotView();
            try {
                for (long turn = 0; ; turn++) {
                    slots.read(turn & 7, view);
                    if (turn == 100_000) {
                        reading.countDown();
                    }
                }
            } catch (final IllegalStateException e) {
                thrown.set(e);
            }
        });
        assertThat(reading.await(10, TimeUnit.SECONDS)).isTrue();
        mapping.release();
        reader.join(TimeUnit.SECONDS.toMillis(10));
        assertThat(reader.isAlive()).isFalse();
        assertThat(thrown.get()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldUnmapLaterWhatANativeCallStillUses() throws Exception {
        final EpochMapping mapping =
                EpochMapping.map(epoch.regions(), Access.READ_WRITE, epoch.policy(), MappingOptions.DEFAULT);
        final Pipe pipe = Pipe.open();
        final AtomicReference<Throwable> thrown = new AtomicReference<>();
        final Thread inNativeCall = Thread.ofPlatform().start(() -> {
            try {
                pipe.source().read(mapping.slot(1, 0).asByteBuffer());
            } catch (final IOException | RuntimeException e) {
                thrown.set(e);
            }
        });
        awaitNativeRead(inNativeCall);
        mapping.release();
        assertThat(mapping.isClosed()).isTrue();
        assertThat(epoch.resources().mappings()).hasSize(before.mappings().size() + 3);
        pipe.sink().write(ByteBuffer.wrap(new byte[] {1}));
        inNativeCall.join(TimeUnit.SECONDS.toMillis(10));
        assertThat(thrown.get()).isNull();
        epoch.map().release();
        assertThat(epoch.resources()).isEqualTo(before);
        pipe.sink().close();
        pipe.source().close();
    }

    private static void awaitNativeRead(final Thread thread) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (Arrays.stream(thread.getStackTrace())
                .noneMatch(frame -> frame.getMethodName().equals("read0"))) {
            assertThat(System.nanoTime()).as("thread reads from the pipe").isLessThan(deadlineNs);
            Thread.onSpinWait();
        }
    }

    @Test
    void shouldPopulateWhenAsked() {
        final EpochMapping mapping =
                EpochMapping.map(epoch.regions(), Access.READ_ONLY, epoch.policy(), new MappingOptions(true, false));
        assertThat(mapping.slot(0, 0).get(ValueLayout.JAVA_BYTE, 0)).isZero();
        mapping.release();
    }

    @Test
    void shouldLockWhenAllowedAndSayWhatToDoWhenNot() {
        assumeTrue(Libc.geteuid() == 0, "skipped: needs root to drop the right to lock");
        final MappingOptions locked = new MappingOptions(false, true);
        final EpochMapping mapping = EpochMapping.map(epoch.regions(), Access.READ_ONLY, epoch.policy(), locked);
        mapping.release();
        final ChildJvm.Result refused = mapAsNobodyWithoutLockedMemory();
        assertThat(refused.output()).contains("locking", "ENOMEM", "ulimit -l");
        assertThat(refused.output()).contains("left open or mapped: 0");
    }

    /** Another user, and a limit of zero: that needs a process of its own. */
    private ChildJvm.Result mapAsNobodyWithoutLockedMemory() {
        return ChildJvm.run(
                List.of(
                        "prlimit",
                        "--memlock=4096",
                        "setpriv",
                        "--reuid=" + NOBODY,
                        "--clear-groups",
                        "--inh-caps=-all"),
                List.of("-Xmx64m"),
                MapAndReport.class,
                List.of(epoch.base().toString(), "lock"),
                30);
    }

    @Test
    void shouldNotOpenWhatTheProcessHasNoPermissionFor() {
        assumeTrue(Libc.geteuid() == 0, "skipped: needs root to become somebody else");
        final ChildJvm.Result refused = ChildJvm.run(
                List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--inh-caps=-all"),
                List.of("-Xmx64m"),
                MapAndReport.class,
                List.of(epoch.base().toString(), "map"),
                30);
        assertThat(refused.output()).contains("EACCES", "left open or mapped: 0");
    }

    @ParameterizedTest
    @CsvSource({
        "0,8,1,magic is 0x0000000000000001",
        "8,4,2,says layout version 2",
        "12,8,78,says epoch 78",
        "20,4,10001,says stream id 10001",
        "24,2,2,says region type 2",
        "26,2,1,says pool id 1",
        "28,4,16,says nslots 16",
        "32,4,128,says slotBytes 128",
        "36,4,64,says strideBytes 64",
    })
    void shouldRefuseAHeaderRingWhoseSuperblockSaysOtherwise(
            final long offset, final int bytes, final long value, final String cause) {
        TestEpoch.patch(epoch.headerRingFile(), offset, bytes, value);
        assertRefused(epoch.regions(), "header.ring", cause);
    }

    @ParameterizedTest
    @CsvSource({
        "0,8,0,not finished",
        "8,4,0,says layout version 0",
        "12,8,-1,says epoch 18446744073709551615",
        "20,4,0,says stream id 0",
        "24,2,1,says region type 1",
        "26,2,8,says pool id 8",
        "28,4,4,says nslots 4",
        "32,4,64,says slotBytes 64",
        "36,4,128,says strideBytes 128",
        "40,8,1,says pid 1",
    })
    void shouldRefuseAPoolWhoseSuperblockSaysOtherwise(
            final long offset, final int bytes, final long value, final String cause) {
        TestEpoch.patch(epoch.poolFile(1), offset, bytes, value);
        assertRefused(epoch.regions(), "7.pool", cause);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 6, 12, -8, Integer.MIN_VALUE})
    void shouldRefuseNslotsThatAreNoPowerOfTwo(final int nslots) {
        final EpochRegions regions = epoch.regions();
        assertRefused(
                new EpochRegions(
                        regions.streamId(), regions.epoch(), 1, nslots, regions.headerRegionUri(), regions.pools()),
                "nslots = " + Integer.toUnsignedString(nslots),
                "power of two");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 63, 65, 1000, -64, 1L << 32})
    void shouldRefuseStridesThatAreNoMultipleOf64(final long strideBytes) {
        final PoolRegion pool = epoch.regions().pools().getFirst();
        assertRefused(
                epoch.withPools(new PoolRegion(1, pool.nslots(), strideBytes, pool.regionUri())),
                "stride of " + strideBytes + " bytes");
    }

    @Test
    void shouldRefuseOtherDescriptionsThatMakeNoSense() {
        final EpochRegions regions = epoch.regions();
        final PoolRegion pool = regions.pools().getFirst();
        assertRefused(epoch.withPools(), "no payload pool");
        assertRefused(epoch.withPools(pool, pool), "pool id 1 appears twice");
        assertRefused(epoch.withPools(new PoolRegion(1, 4, 1024, pool.regionUri())), "nslots = 4", "header ring 8");
        assertRefused(epoch.withPools(new PoolRegion(0x10000, 8, 1024, pool.regionUri())), "pool id 65536");
        assertRefused(
                new EpochRegions(regions.streamId(), regions.epoch(), 2, 8, regions.headerRegionUri(), regions.pools()),
                "layout version 2");
    }

    @Test
    void shouldRefuseSizesThatNoFileHas() {
        final EpochRegions regions = epoch.regions();
        final PoolRegion pool = regions.pools().getFirst();
        final int nslots = 1 << 30;
        assertRefused(
                new EpochRegions(
                        regions.streamId(),
                        regions.epoch(),
                        1,
                        nslots,
                        regions.headerRegionUri(),
                        List.of(new PoolRegion(1, nslots, 0xFFFF_FFC0L, pool.regionUri()))),
                "needs " + (64 + 256L * nslots) + " bytes");
    }

    private void assertRefused(final EpochRegions regions, final String... causes) {
        assertThatThrownBy(() -> epoch.map(regions))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("stream 10000")
                .hasMessageContaining("poch 77")
                .hasMessageContainingAll(causes);
        assertThat(epoch.resources()).isEqualTo(before);
    }
}
