package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.ConfigurationException;
import io.tensorpool.PoolSpec;
import io.tensorpool.RegionException;
import io.tensorpool.support.ResourceCount;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DriverNamespaceTest {
    private static final ResourceCount NOTHING = new ResourceCount(List.of(), List.of());

    private ShmDirectory directory;

    @BeforeEach
    void makeDirectory() {
        directory = ShmDirectory.create();
    }

    @AfterEach
    void nothingIsLeftOpen() {
        try {
            assertThat(ResourceCount.below(directory.path())).isEqualTo(NOTHING);
        } finally {
            directory.close();
        }
    }

    @Test
    void shouldMakeTheCanonicalDirectories() {
        try (DriverNamespace namespace = lock(false)) {
            assertThat(namespace.path()).isEqualTo(directory.path().resolve("tensorpool-alice/lab1"));
            assertThat(lockFile()).isRegularFile();
        }
    }

    @ParameterizedTest
    @CsvSource({"0660,rwxrwx---,rw-rw----", "0600,rwx------,rw-------", "0640,rwxr-x---,rw-r-----"})
    void shouldSetPermissionsWhateverTheUmask(final String mode, final String ofDirectories, final String ofFiles)
            throws IOException {
        try (DriverNamespace namespace =
                DriverNamespace.lock(directory.path(), "alice", "lab1", Integer.parseInt(mode, 8), false)) {
            assertThat(permissions(namespace.path())).isEqualTo(ofDirectories);
            assertThat(permissions(namespace.path().getParent())).isEqualTo(ofDirectories);
            assertThat(permissions(lockFile())).isEqualTo(ofFiles);
        }
    }

    @Test
    void shouldRefuseASecondDriverInTheSameProcess() {
        try (DriverNamespace namespace = lock(false)) {
            assertThatThrownBy(() -> lock(false))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("another driver holds namespace 'lab1'")
                    .hasMessageContaining(
                            namespace.path().resolve("driver.lock").toString());
            try (DriverNamespace other = DriverNamespace.lock(directory.path(), "alice", "lab2", 0660, true)) {
                assertThat(other.path()).isNotEqualTo(namespace.path());
            }
        }
        lock(false).close();
    }

    @Test
    void shouldHoldTheLockAgainstOtherProcesses() throws Exception {
        try (DriverNamespace namespace = lock(false)) {
            assertThat(namespace.highestEpoch()).isZero();
            assertThat(run("flock", "--nonblock", "--exclusive", lockFile().toString(), "true"))
                    .isEqualTo(1);
        }
        assertThat(run("flock", "--nonblock", "--exclusive", lockFile().toString(), "true"))
                .isZero();
    }

    @Test
    void shouldNotGoOnWithALockFileThatWasReplaced() throws IOException {
        try (DriverNamespace first = lock(false)) {
            // Somebody deletes the lock file under its holder: the next driver locks the new one, not the old.
            Files.delete(lockFile());
            try (DriverNamespace second = lock(false)) {
                assertThat(second.path()).isEqualTo(first.path());
                assertThatThrownBy(() -> lock(false)).isInstanceOf(ConfigurationException.class);
            }
        }
    }

    @Test
    void shouldRememberTheHighestEpochAcrossDrivers() {
        try (DriverNamespace namespace = lock(false)) {
            assertThat(namespace.highestEpoch()).isZero();
            namespace.recordEpoch(1_000);
            namespace.recordEpoch(999);
            assertThat(namespace.highestEpoch()).isEqualTo(1_000);
        }
        try (DriverNamespace namespace = lock(false)) {
            assertThat(namespace.highestEpoch()).isEqualTo(1_000);
        }
    }

    @Test
    void shouldTakeLeftoverDirectoriesIntoAccount() throws IOException {
        Files.createDirectories(directory.path().resolve("tensorpool-alice/lab1/10000/18446744073709551615"));
        Files.createDirectories(directory.path().resolve("tensorpool-alice/lab1/4294967295/12"));
        Files.createDirectories(directory.path().resolve("tensorpool-alice/lab1/007/13"));
        Files.createDirectories(directory.path().resolve("tensorpool-alice/lab1/notes/14"));
        Files.createDirectories(directory.path().resolve("tensorpool-alice/lab1/10000/x"));
        try (DriverNamespace namespace = lock(false)) {
            namespace.recordEpoch(5);
            assertThat(namespace.epochDirectories())
                    .containsExactlyInAnyOrder(new EpochDirectory(10_000, -1L), new EpochDirectory(-1, 12));
            assertThat(namespace.highestEpoch()).isEqualTo(-1L);
            namespace.deleteEpoch(10_000, -1L);
            assertThat(namespace.highestEpoch()).isEqualTo(12);
        }
    }

    @Test
    void shouldDeleteAnEpochAndItsStreamWhenThatIsEmpty() {
        try (DriverNamespace namespace = lock(false)) {
            final RegionFactory factory = new RegionFactory(namespace, TestEpoch.OPTIONS);
            factory.create(spec(1), false).release();
            factory.create(spec(2), false).release();
            namespace.deleteEpoch(10_000, 1);
            assertThat(namespace.path().resolve("10000/1")).doesNotExist();
            assertThat(namespace.path().resolve("10000/2/header.ring")).exists();
            namespace.deleteEpoch(10_000, 2);
            assertThat(namespace.path().resolve("10000")).doesNotExist();
            namespace.deleteEpoch(10_000, 2);
            namespace.deleteEpoch(4, 4);
        }
    }

    @Test
    void shouldNotFollowLinksWhenDeleting() throws IOException {
        final Path precious = directory.path().resolve("precious");
        Files.createDirectories(precious.resolve("1"));
        Files.writeString(precious.resolve("1/data"), "keep");
        try (DriverNamespace namespace = lock(false)) {
            Files.createDirectories(namespace.path().resolve("10000/1"));
            Files.createSymbolicLink(namespace.path().resolve("10000/1/link"), precious.resolve("1"));
            Files.createSymbolicLink(namespace.path().resolve("10000/2"), precious.resolve("1"));
            Files.createSymbolicLink(namespace.path().resolve("7"), precious);
            namespace.deleteEpoch(10_000, 1);
            namespace.deleteEpoch(10_000, 2);
            assertThat(namespace.path().resolve("10000")).doesNotExist();
            assertThatThrownBy(() -> namespace.deleteEpoch(7, 1))
                    .isInstanceOf(RegionException.class)
                    .hasMessageContaining("/lab1/7");
            assertThat(precious.resolve("1/data")).hasContent("keep");
            Files.delete(namespace.path().resolve("7"));
        }
        assertThat(precious.resolve("1/data")).hasContent("keep");
    }

    /** Whoever may write here could otherwise keep a driver from starting, or from cleaning up, with an empty file. */
    @Test
    void shouldPassOverWhatHasTheNameOfAStreamAndIsNoDirectory() throws IOException {
        final Path precious = directory.path().resolve("precious");
        Files.createDirectories(precious.resolve("99"));
        final Path link;
        try (DriverNamespace namespace = lock(false)) {
            link = namespace.path().resolve("7");
            Files.createDirectories(namespace.path().resolve("10000/1"));
            Files.createSymbolicLink(link, precious);
            Files.createFile(namespace.path().resolve("8"));

            assertThat(namespace.epochDirectories()).containsExactly(new EpochDirectory(10_000, 1));
            assertThat(namespace.highestEpoch()).isEqualTo(1);
        }
        assertThat(link.resolveSibling("10000")).doesNotExist();
        assertThat(precious.resolve("99")).exists();
        assertThat(link).isSymbolicLink();
        assertThat(link.resolveSibling("8")).exists();
    }

    @Test
    void shouldLeaveOnlyTheLockFileWhenClosed() throws IOException {
        final DriverNamespace namespace = lock(false);
        new RegionFactory(namespace, TestEpoch.OPTIONS).create(spec(3), false).release();
        namespace.close();
        namespace.close();
        try (var entries = Files.list(namespace.path())) {
            assertThat(entries).containsExactly(lockFile());
        }
        assertThatThrownBy(() -> namespace.recordEpoch(4)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(namespace::highestEpoch).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldLeaveNothingOfAnEphemeralNamespace() throws IOException {
        final DriverNamespace neighbour = DriverNamespace.lock(directory.path(), "alice", "lab2", 0660, true);
        final DriverNamespace namespace = lock(true);
        new RegionFactory(namespace, TestEpoch.OPTIONS).create(spec(3), false).release();
        namespace.close();
        assertThat(namespace.path()).doesNotExist();
        assertThat(neighbour.path()).isDirectory();
        neighbour.close();
        try (var entries = Files.list(directory.path())) {
            assertThat(entries).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "a/b", "/a", "a b", "a\tb", "a\nb", "a?b", "a|b", "a..b", "ä"})
    void shouldRefuseNamesThatCouldLeadElsewhere(final String name) {
        assertThatThrownBy(() -> DriverNamespace.lock(directory.path(), name, "lab1", 0660, true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("user '");
        assertThatThrownBy(() -> DriverNamespace.lock(directory.path(), "alice", name, 0660, true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("namespace '");
        assertThat(directory.path()).isEmptyDirectory();
    }

    @Test
    void shouldRefuseABaseDirectoryThatIsNotUsable() throws IOException {
        assertThatThrownBy(() -> DriverNamespace.lock(directory.path().resolve("none"), "a", "b", 0660, true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("none");
        final Path spaced = Files.createDirectory(directory.path().resolve("with space"));
        assertThatThrownBy(() -> DriverNamespace.lock(spaced, "a", "b", 0660, true))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("U+0020");
    }

    @Test
    void shouldRefuseLinksAndFilesInPlaceOfItsDirectories() throws IOException {
        final Path elsewhere = Files.createDirectory(directory.path().resolve("elsewhere"));
        Files.createSymbolicLink(directory.path().resolve("tensorpool-alice"), elsewhere);
        assertThatThrownBy(() -> lock(true))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("tensorpool-alice");
        assertThat(elsewhere).isEmptyDirectory();
        Files.delete(directory.path().resolve("tensorpool-alice"));
        Files.createDirectories(directory.path().resolve("tensorpool-alice/lab1"));
        Files.createSymbolicLink(lockFile(), elsewhere.resolve("lock"));
        assertThatThrownBy(() -> lock(true)).isInstanceOf(RegionException.class).hasMessageContaining("ELOOP");
        assertThat(elsewhere).isEmptyDirectory();
        Files.delete(lockFile());
        assertThat(runQuietly("mkfifo", lockFile().toString())).isZero();
        assertThatThrownBy(() -> lock(true)).isInstanceOf(RegionException.class).hasMessageContaining("a FIFO");
    }

    @Test
    void shouldRefuseADirectoryThatOthersCanExchange() throws Exception {
        final Path user = Files.createDirectory(directory.path().resolve("tensorpool-alice"));
        Files.setPosixFilePermissions(user, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> lock(true)).isInstanceOf(RegionException.class).hasMessageContaining("777");
        Files.setPosixFilePermissions(user, PosixFilePermissions.fromString("rwxrwx---"));
        assumeTrue(Libc.geteuid() == 0, "skipped: only root can give directories away");
        assertThat(run("chown", "65534", user.toString())).isZero();
        assertThatThrownBy(() -> lock(true))
                .isInstanceOf(RegionException.class)
                .hasMessageContaining("belongs to user 65534");
    }

    private DriverNamespace lock(final boolean ephemeral) {
        return DriverNamespace.lock(directory.path(), "alice", "lab1", 0660, ephemeral);
    }

    private Path lockFile() {
        return directory.path().resolve("tensorpool-alice/lab1/driver.lock");
    }

    private static EpochSpec spec(final long epoch) {
        return new EpochSpec(10_000, epoch, 4, List.of(new PoolSpec(1, 64)));
    }

    private static String permissions(final Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static int runQuietly(final String... command) {
        try {
            return run(command);
        } catch (final IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static int run(final String... command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
