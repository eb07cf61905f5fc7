package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tensorpool.ConfigurationException;
import io.tensorpool.EpochRegions;
import io.tensorpool.RegionException;
import io.tensorpool.support.ResourceCount;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Files that must not be mapped, through both ways of opening: with openat2, and part by part as on a kernel without it.
 * After each refusal as many files are open and mapped as before.
 */
class PathPolicyTest {
    private static final int NOBODY = 65534;

    @Nested
    class WithOpenat2 extends Refusals {
        @Override
        boolean tryOpenat2() {
            return true;
        }
    }

    @Nested
    class WalkingPartByPart extends Refusals {
        @Override
        boolean tryOpenat2() {
            return false;
        }
    }

    @Timeout(30)
    abstract static class Refusals {
        private TestEpoch epoch;
        private PathPolicy policy;
        private ResourceCount before;
        private Runnable beforeOpen = () -> {};
        private Runnable afterOpen = () -> {};
        private Runnable beforeMap = () -> {};

        abstract boolean tryOpenat2();

        @BeforeEach
        void makeEpoch() {
            epoch = new TestEpoch();
            policy = policy(FileRules.DEFAULT, epoch.base());
            before = epoch.resources();
        }

        @AfterEach
        void nothingIsLeftOpenOrMapped() {
            try {
                assertThat(epoch.resources()).isEqualTo(before);
            } finally {
                policy.close();
                epoch.close();
            }
        }

        @Test
        void shouldMapWhatIsAsItShouldBe() {
            assertThatCode(() -> map(epoch.regions()).release()).doesNotThrowAnyException();
        }

        @Test
        void shouldRefuseASymbolicLinkInThePath() throws IOException {
            final Path stream = epoch.headerRingFile().getParent().getParent();
            Files.move(stream, stream.resolveSibling("elsewhere"));
            Files.createSymbolicLink(stream, stream.resolveSibling("elsewhere"));
            assertRefused(epoch.regions(), "symbolic link at '10000'", "ELOOP");
            Files.delete(stream);
            Files.move(stream.resolveSibling("elsewhere"), stream);
        }

        @Test
        void shouldRefuseASymbolicLinkAsTheFile() throws IOException {
            final Path real = epoch.headerRingFile().resolveSibling("real");
            Files.move(epoch.headerRingFile(), real);
            Files.createSymbolicLink(epoch.headerRingFile(), real);
            assertRefused(epoch.regions(), "symbolic link at 'header.ring'", "ELOOP");
        }

        @Test
        void shouldRefuseASymbolicLinkThatLeadsOutOfTheBase() throws IOException {
            final Path link = epoch.base().resolve("out");
            Files.createSymbolicLink(link, Path.of("/proc/self"));
            assertRefused(at(link.resolve("exe")), "symbolic link at 'out'");
        }

        @Test
        void shouldRefuseAPathOutsideTheBase() {
            assertRefused(
                    at(Path.of("/etc/hostname")),
                    "outside the allowed base directories",
                    epoch.base().toString());
        }

        @Test
        void shouldRefuseASiblingWhoseNameBeginsLikeTheBase() {
            assertRefused(at(Path.of(epoch.base() + "2/header.ring")), "outside the allowed base directories");
        }

        @Test
        void shouldRefuseAMissingFile() {
            assertRefused(at(epoch.base().resolve("none/header.ring")), "ENOENT");
        }

        @Test
        void shouldRefuseAFileUsedAsADirectory() {
            assertRefused(at(epoch.headerRingFile().resolve("x")), "ENOTDIR");
        }

        @Test
        void shouldRefuseAFifoWithoutWaitingForItsOtherEnd() throws Exception {
            final Path fifo = epoch.base().resolve("fifo");
            run("mkfifo", "-m", "600", fifo.toString());
            assertRefused(at(fifo), "it is a FIFO");
        }

        @Test
        void shouldRefuseADirectory() {
            assertRefused(at(epoch.headerRingFile().getParent()), "it is a directory");
        }

        @Test
        void shouldRefuseADevice() throws Exception {
            assumeTrue(Libc.geteuid() == 0, "skipped: only root can make a device");
            final Path device = epoch.base().resolve("null");
            run("mknod", "-m", "600", device.toString(), "c", "1", "3");
            assertRefused(at(device), "it is a character device");
        }

        @Test
        void shouldRefuseASocket() throws IOException {
            final Path socket = epoch.base().resolve("socket");
            try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                server.bind(UnixDomainSocketAddress.of(socket));
                // The server itself is an open file of this process, but a socket has no path in /proc.
                assertRefused(at(socket), "ENXIO");
            }
        }

        @Test
        void shouldRefuseAFileThatEverybodyCanRead() throws IOException {
            Files.setPosixFilePermissions(epoch.headerRingFile(), PosixFilePermissions.fromString("rw-r--r--"));
            assertRefused(epoch.regions(), "permissions are 644");
            policy.close();
            policy = policy(new FileRules(Set.of(), true), epoch.base());
            before = epoch.resources();
            map(epoch.regions()).release();
        }

        @Test
        void shouldRefuseAFileOfAnotherUserUnlessHeIsListed() throws Exception {
            assumeTrue(Libc.geteuid() == 0, "skipped: only root can give files away");
            run("chown", Integer.toString(NOBODY), epoch.headerRingFile().toString());
            assertRefused(epoch.regions(), "belongs to user " + NOBODY);
            policy.close();
            policy = policy(new FileRules(Set.of(NOBODY), false), epoch.base());
            before = epoch.resources();
            map(epoch.regions()).release();
        }

        @Test
        void shouldRefuseAFileWithASecondHardLink() throws IOException {
            Files.createLink(epoch.base().resolve("second"), epoch.headerRingFile());
            assertRefused(epoch.regions(), "has 2 links");
        }

        @Test
        void shouldRefuseAFileThatWasDeletedMeanwhile() {
            afterOpen = () -> epoch.headerRingFile().toFile().delete();
            assertRefused(epoch.regions(), "was deleted");
        }

        @Test
        void shouldRefuseATruncatedHeaderRing() {
            TestEpoch.truncate(epoch.headerRingFile(), 64 + 8 * 256 - 1);
            assertRefused(epoch.regions(), "it has 2111 bytes", "needs 2112 bytes");
        }

        @Test
        void shouldRefuseATruncatedPoolAndUnmapTheHeaderRing() {
            TestEpoch.truncate(epoch.poolFile(1), 64 + 8 * 64 - 1);
            assertRefused(epoch.regions(), "7.pool", "it has 575 bytes", "needs 576 bytes");
        }

        @Test
        void shouldRefuseALinkThatReplacesTheFileBetweenCheckAndOpen() throws IOException {
            final Path real = epoch.headerRingFile().resolveSibling("real");
            beforeOpen = () -> {
                move(epoch.headerRingFile(), real);
                link(epoch.headerRingFile(), real);
            };
            assertRefused(epoch.regions(), "symbolic link at 'header.ring'");
        }

        @Test
        void shouldCheckTheFileThatWasOpenedAndNotItsName() throws IOException {
            // Opened bad, replaced by a good one before the check: the check must not look at the good one.
            final Path good = epoch.headerRingFile().resolveSibling("good");
            Files.copy(epoch.headerRingFile(), good, StandardCopyOption.COPY_ATTRIBUTES);
            Files.setPosixFilePermissions(epoch.headerRingFile(), PosixFilePermissions.fromString("rw-rw-rw-"));
            afterOpen = () -> {
                move(epoch.headerRingFile(), epoch.headerRingFile().resolveSibling("bad"));
                move(good, epoch.headerRingFile());
            };
            assertRefused(epoch.regions(), "permissions are 666");
        }

        @Test
        void shouldMapTheFileThatWasCheckedAndNotItsName() throws IOException {
            // Checked good, replaced by another one before mapping: the mapping must be the one that was checked.
            final Path other = epoch.headerRingFile().resolveSibling("other");
            Files.write(other, new byte[2112]);
            beforeMap = () -> {
                if (Files.exists(other)) {
                    move(other, epoch.headerRingFile());
                }
            };
            final EpochMapping mapping = map(epoch.regions());
            assertThat(mapping.pid()).isEqualTo(ProcessHandle.current().pid());
            mapping.release();
        }

        @Test
        void shouldRefuseDotsInTheUri() {
            assertRefused(epoch.withHeaderRing("shm:file?path=" + epoch.base() + "/x/../header.ring"), "the part '..'");
        }

        @Test
        void shouldRefuseAnUnknownSchemeAndAnUnknownParameter() {
            assertRefused(epoch.withHeaderRing("shm:anon?path=/a"), "scheme");
            assertRefused(epoch.withHeaderRing(epoch.regions().headerRegionUri() + "|mode=600"), "unknown parameter");
        }

        @Test
        void shouldRefuseAFileThatIsNotOnHugePagesWhenTheyAreRequired() {
            assertRefused(
                    epoch.withHeaderRing(epoch.regions().headerRegionUri() + "|require_hugepages=true"),
                    "requires huge pages",
                    "tmpfs");
        }

        @Test
        void shouldAcceptTheConfiguredAndTheResolvedNameOfABaseThatIsALink() throws IOException {
            final Path link = epoch.base().resolve("base-link");
            Files.createSymbolicLink(link, epoch.namespace().path());
            policy.close();
            policy = policy(FileRules.DEFAULT, link);
            before = epoch.resources();
            final EpochMapping resolved = map(epoch.regions());
            assertThat(resolved.epoch()).isEqualTo(epoch.regions().epoch());
            resolved.release();
            final Path byLink = link.resolve(epoch.namespace().path().relativize(epoch.headerRingFile()));
            final EpochMapping throughLink = map(at(byLink));
            assertThat(throughLink.regions().headerRegionUri()).contains("/base-link/");
            throughLink.release();
        }

        private PathPolicy policy(final FileRules rules, final Path base) {
            return PathPolicy.conclude(List.of(base), rules, new OpenSteps() {
                @Override
                public boolean tryOpenat2() {
                    return Refusals.this.tryOpenat2();
                }

                @Override
                public void beforeOpen(final String path) {
                    beforeOpen.run();
                }

                @Override
                public void afterOpen(final String path) {
                    afterOpen.run();
                }

                @Override
                public void beforeMap(final String path) {
                    beforeMap.run();
                }
            });
        }

        private EpochMapping map(final EpochRegions regions) {
            return EpochMapping.map(regions, Access.READ_ONLY, policy, MappingOptions.DEFAULT);
        }

        private EpochRegions at(final Path headerRing) {
            return epoch.withHeaderRing("shm:file?path=" + headerRing);
        }

        private void assertRefused(final EpochRegions regions, final String... causes) {
            assertThatThrownBy(() -> map(regions))
                    .isInstanceOf(RegionException.class)
                    .hasMessageContaining("stream 10000")
                    .hasMessageContainingAll(causes);
            assertThat(epoch.resources()).isEqualTo(before);
        }
    }

    @Test
    void shouldRefuseBaseDirectoriesThatAreNotUsable() {
        assertThatThrownBy(() -> PathPolicy.conclude(List.of(), FileRules.DEFAULT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("none given");
        assertThatThrownBy(() -> PathPolicy.conclude(List.of(Path.of("relative")), FileRules.DEFAULT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("'relative' is not absolute");
        assertThatThrownBy(() -> PathPolicy.conclude(
                        List.of(Path.of("/dev/shm"), Path.of("/dev/shm/no-such-directory")), FileRules.DEFAULT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("'/dev/shm/no-such-directory'");
        assertThatThrownBy(() -> PathPolicy.conclude(List.of(Path.of("/etc/hostname")), FileRules.DEFAULT))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("ENOTDIR");
    }

    @Test
    void shouldChooseTheInnermostOfNestedBases() throws IOException {
        try (TestEpoch epoch = new TestEpoch()) {
            // Below the outer base the path leads through a link; the inner base is that link, resolved once.
            final Path link = epoch.base().resolve("inner");
            Files.createSymbolicLink(link, epoch.namespace().path());
            final Path byLink = link.resolve(epoch.namespace().path().relativize(epoch.headerRingFile()));
            try (PathPolicy policy = PathPolicy.conclude(List.of(epoch.base(), link), FileRules.DEFAULT)) {
                final EpochMapping mapping = EpochMapping.map(
                        epoch.withHeaderRing("shm:file?path=" + byLink),
                        Access.READ_ONLY,
                        policy,
                        MappingOptions.DEFAULT);
                assertThat(mapping.regions().headerRegionUri()).contains("/inner/");
                mapping.release();
            }
        }
    }

    private static void move(final Path from, final Path to) {
        try {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (final IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void link(final Path link, final Path target) {
        try {
            Files.createSymbolicLink(link, target);
        } catch (final IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void run(final String... command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as("%s", List.of(command)).isZero();
    }
}
