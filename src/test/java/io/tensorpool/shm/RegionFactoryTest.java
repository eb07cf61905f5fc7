package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.PoolSpec;
import io.tensorpool.RegionException;
import io.tensorpool.layout.SuperblockLayout;
import io.tensorpool.support.ChildJvm;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RegionFactoryTest {
    private static final EpochSpec SPEC =
            new EpochSpec(10_000, 5, 16, List.of(new PoolSpec(1, 65_536), new PoolSpec(2, 128)));
    private static final long BLOCK_BYTES = 512;

    private ShmDirectory directory;
    private DriverNamespace namespace;
    private PathPolicy policy;
    private ResourceCount before;

    @BeforeEach
    void open() {
        directory = ShmDirectory.create();
        namespace = DriverNamespace.lock(directory.path(), "test", "default", 0660, true);
        policy = PathPolicy.conclude(List.of(directory.path()), FileRules.DEFAULT);
        before = ResourceCount.below(directory.path());
    }

    @AfterEach
    void nothingIsLeftOpenOrMapped() {
        try {
            assertThat(ResourceCount.below(directory.path())).isEqualTo(before);
            policy.close();
            namespace.close();
            assertThat(directory.path()).isEmptyDirectory();
        } finally {
            directory.close();
        }
    }

    @Test
    void shouldMakeFilesThatOthersCanMap() {
        final long startNs = System.nanoTime();
        final EpochMapping made = factory(false).create(SPEC, true);
        assertThat(made.regions().headerRegionUri())
                .isEqualTo("shm:file?path=" + directory.path() + "/tensorpool-test/default/10000/5/header.ring");
        assertThat(made.regions().pools().get(1).regionUri())
                .isEqualTo("shm:file?path=" + directory.path() + "/tensorpool-test/default/10000/5/2.pool");
        assertThat(made.access()).isEqualTo(Access.READ_WRITE);
        final EpochMapping mapped = EpochMapping.map(made.regions(), Access.READ_ONLY, policy, MappingOptions.DEFAULT);
        assertThat(mapped.pid()).isEqualTo(ProcessHandle.current().pid());
        assertThat(mapped.activityTimestampNs()).isBetween(startNs, System.nanoTime());
        assertThat((long) SuperblockLayout.START_TIMESTAMP_NS_VH.get(mapped.headerRing(), 0L))
                .isEqualTo(mapped.activityTimestampNs());
        mapped.release();
        made.release();
    }

    @Test
    void shouldTakeLargePagesWhereTmpfsGivesThem() throws IOException {
        assumeTrue(
                Files.readAllLines(Path.of("/proc/mounts")).stream()
                        .anyMatch(
                                line -> line.matches("\\S+ /dev/shm tmpfs .*\\bhuge=(always|advise|within_size)\\b.*")),
                "the tmpfs has no large pages: mount -o remount,huge=advise /dev/shm");
        final EpochMapping made = new RegionFactory(namespace, RegionOptions.DEFAULT)
                .create(new EpochSpec(10_000, 5, 16, List.of(new PoolSpec(1, 1024 * 1024))), true);
        final EpochMapping mapped =
                EpochMapping.map(made.regions(), Access.READ_ONLY, policy, new MappingOptions(true, false));

        // Writer's and reader's mapping of 16 MiB; where memory is in pieces there may be fewer.
        assertThat(kibibytesInLargePages("1.pool")).isPositive();

        mapped.release();
        made.release();
    }

    private long kibibytesInLargePages(final String file) throws IOException {
        boolean isOfFile = false;
        long sum = 0;
        for (final String line : Files.readAllLines(Path.of("/proc/self/smaps"))) {
            if (line.contains(" " + directory.path())) {
                isOfFile = line.endsWith("/" + file);
            } else if (isOfFile && line.startsWith("ShmemPmdMapped:")) {
                sum += Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        return sum;
    }

    @Test
    void shouldSetPermissionsWhateverTheUmask() throws IOException {
        final EpochMapping made = factory(false).create(SPEC, false);
        final Path epoch = namespace.path().resolve("10000/5");
        assertThat(permissions(epoch.getParent())).isEqualTo("rwxrwx---");
        assertThat(permissions(epoch)).isEqualTo("rwxrwx---");
        for (final String name : List.of("header.ring", "1.pool", "2.pool")) {
            assertThat(permissions(epoch.resolve(name))).as(name).isEqualTo("rw-rw----");
        }
        made.release();
    }

    @Test
    void shouldAllocateAllMemoryForAProducer() throws IOException {
        for (final boolean prefault : new boolean[] {false, true}) {
            final EpochMapping made = factory(prefault).create(SPEC, true);
            assertThat(allocatedBytes("1.pool")).isGreaterThanOrEqualTo(64 + 16 * 65_536);
            assertThat(Files.size(namespace.path().resolve("10000/5/1.pool"))).isEqualTo(64 + 16 * 65_536);
            made.release();
            namespace.deleteEpoch(10_000, 5);
        }
    }

    @Test
    void shouldTakeMemoryOnlyForSuperblocksWithoutAProducer() throws IOException {
        final EpochMapping made = factory(true).create(SPEC, false);
        assertThat(allocatedBytes("1.pool")).isLessThanOrEqualTo(MappedRegion.PAGE_BYTES);
        assertThat(Files.size(namespace.path().resolve("10000/5/1.pool"))).isEqualTo(64 + 16 * 65_536);
        made.release();
    }

    private static long lockedBytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmLck:"))
                            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                            .sum()
                    * 1024;
        }
    }

    @Test
    void shouldLockTheMemoryOfAProducerIfAskedTo() throws IOException {
        final RegionFactory locking = new RegionFactory(namespace, new RegionOptions(0660, false, true, true));
        final EpochSpec small = new EpochSpec(10_000, 5, 4, List.of(new PoolSpec(1, 4096)));
        final long unlockedBytes = lockedBytes();

        final EpochMapping made = locking.create(small, true);

        assertThat(lockedBytes() - unlockedBytes).isGreaterThanOrEqualTo(4 * 4096);
        made.release();
        assertThat(lockedBytes()).isEqualTo(unlockedBytes);
        namespace.deleteEpoch(10_000, 5);
    }

    @Test
    void shouldFailAndLeaveNothingWhereMemoryMustBeLockedAndCannotBe() {
        assumeTrue(Libc.geteuid() == 0, "skipped: needs root to give up a capability");

        final ChildJvm.Result result = ChildJvm.run(
                List.of("prlimit", "--memlock=4096", "setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock"),
                List.of(),
                MakeAndReport.class,
                List.of(directory.path().toString()),
                30);

        assertThat(result.output())
                .contains("10000/5/1.pool': locking 262208 bytes", "raise the limit of locked memory")
                .endsWith("left: []\n");
        assertThat(result.exitCode()).isZero();
    }

    @Test
    void shouldMapAPoolOfMoreThanFourGibibytes() {
        final EpochSpec large = new EpochSpec(10_000, 6, 64, List.of(new PoolSpec(1, 128L * 1024 * 1024)));
        final EpochMapping made = factory(false).create(large, false);
        final MemorySegment last = made.slot(0, 63);
        last.set(ValueLayout.JAVA_LONG, 0, 42);
        final EpochMapping mapped = EpochMapping.map(made.regions(), Access.READ_ONLY, policy, MappingOptions.DEFAULT);
        assertThat(mapped.slot(0, 63).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(42);
        assertThat(mapped.slot(0, 31).get(ValueLayout.JAVA_LONG, 0)).isZero();
        mapped.release();
        made.release();
    }

    @Test
    void shouldNeverReuseAnEpoch() {
        final EpochMapping made = factory(false).create(SPEC, false);
        assertThatThrownBy(() -> factory(false).create(SPEC, false))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("/10000/5 exists already");
        assertThat(namespace.path().resolve("10000/5/1.pool")).exists();
        made.release();
    }

    @Test
    void shouldRefuseWhatNobodyCouldMap() {
        assertThatThrownBy(() ->
                        factory(false).create(new EpochSpec(10_000, 5, 12, List.of(new PoolSpec(1, 64))), false))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("nslots = 12");
        assertThatThrownBy(() ->
                        factory(false).create(new EpochSpec(10_000, 5, 16, List.of(new PoolSpec(1, 1000))), false))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("stride of 1000");
        assertThat(namespace.path().resolve("10000")).doesNotExist();
    }

    @Test
    void shouldSayWhatIsNeededAndAvailableWhenMemoryIsShort() {
        final EpochSpec huge = new EpochSpec(10_000, 5, 1 << 20, List.of(new PoolSpec(1, 1L << 30)));
        assertThatThrownBy(() -> factory(true).create(huge, true))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("epoch 5 of stream 10000 needs 1,125,900,175,278,208 bytes")
                .hasMessageContaining("available are ")
                .hasMessageContaining("tmpfs")
                .hasMessageContaining("fewer or smaller slots or pools");
        assertThat(namespace.path().resolve("10000")).doesNotExist();
    }

    @Test
    void shouldLeaveNothingOnATmpfsThatIsTooSmall() throws Exception {
        final Path small = Files.createDirectory(directory.path().resolve("small"));
        assumeTrue(
                Libc.geteuid() == 0 && run("mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", small) == 0,
                "skipped: cannot mount a small tmpfs here");
        try {
            try (DriverNamespace onSmall = DriverNamespace.lock(small, "test", "default", 0660, true)) {
                final RegionFactory factory = new RegionFactory(onSmall, TestEpoch.OPTIONS);
                assertThatThrownBy(() -> factory.create(SPEC, true))
                        .isInstanceOf(RegionException.class)
                        .hasMessageContaining("ENOSPC")
                        .hasMessageContaining("available are 262,144 bytes");
                assertThat(onSmall.path().resolve("10000")).doesNotExist();
                // Full to the last page: not even a superblock fits, and that is no fault either.
                Files.write(small.resolve("filler"), new byte[256 * 1024]);
                assertThatThrownBy(() -> factory.create(SPEC, false))
                        .isInstanceOf(RegionException.class)
                        .hasMessageContaining("ENOSPC")
                        .hasMessageContaining("available are 0 bytes");
                assertThat(onSmall.path().resolve("10000")).doesNotExist();
                Files.delete(small.resolve("filler"));
            }
            assertThat(small).isEmptyDirectory();
        } finally {
            assertThat(run("umount", small)).isZero();
            Files.delete(small);
        }
    }

    @Test
    void shouldSayThatHugePagesAreNotAvailable() {
        final RegionFactory factory = new RegionFactory(namespace, new RegionOptions(0660, true, false, false));
        assertThatThrownBy(() -> factory.create(SPEC, false))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("hugepages not available")
                .hasMessageContaining("tmpfs");
        assertThat(namespace.path().resolve("10000")).doesNotExist();
    }

    @Test
    void shouldMakeAndMapRegionsOnHugePages() throws Exception {
        assumeTrue(freeHugePages() >= 4, "skipped: no huge pages are free; vm.nr_hugepages sets them aside");
        final Path huge = Files.createDirectory(directory.path().resolve("huge"));
        assumeTrue(run("mount", "-t", "hugetlbfs", "-o", "mode=700", "none", huge) == 0, "skipped: cannot mount");
        try {
            try (DriverNamespace onHuge = DriverNamespace.lock(huge, "test", "default", 0660, true);
                    PathPolicy ofHuge = PathPolicy.conclude(List.of(huge), FileRules.DEFAULT)) {
                final EpochMapping made = new RegionFactory(onHuge, new RegionOptions(0660, true, true, false))
                        .create(new EpochSpec(10_000, 5, 16, List.of(new PoolSpec(1, 65_536))), true);
                assertThat(made.regions().headerRegionUri()).endsWith("|require_hugepages=true");
                final EpochMapping mapped =
                        EpochMapping.map(made.regions(), Access.READ_ONLY, ofHuge, new MappingOptions(true, false));
                assertThat(mapped.slot(0, 15).get(ValueLayout.JAVA_BYTE, 0)).isZero();
                mapped.release();
                made.release();
            }
        } finally {
            assertThat(run("umount", huge)).isZero();
            Files.delete(huge);
        }
    }

    private RegionFactory factory(final boolean prefault) {
        return new RegionFactory(namespace, new RegionOptions(0660, false, prefault, false));
    }

    private long allocatedBytes(final String name) throws IOException {
        final Process stat = new ProcessBuilder(
                        "stat",
                        "-c",
                        "%b",
                        namespace.path().resolve("10000/5/" + name).toString())
                .start();
        return Long.parseLong(new String(stat.getInputStream().readAllBytes()).strip()) * BLOCK_BYTES;
    }

    private static long freeHugePages() throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(line -> line.startsWith("HugePages_Free:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    private static String permissions(final Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static int run(final Object... command) throws IOException, InterruptedException {
        final List<String> words =
                List.of(command).stream().map(Object::toString).toList();
        final Process process = new ProcessBuilder(words).inheritIO().start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
