package io.tensorpool.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.aeron.Aeron;
import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.Role;
import io.tensorpool.codec.driver.HugepagesPolicy;
import io.tensorpool.codec.driver.ResponseCode;
import io.tensorpool.codec.driver.ShmAttachResponseDecoder;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.shm.DriverNamespace;
import io.tensorpool.support.ShmDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A driver whose memory must be on huge pages, on a file system of them, which takes the right to mount one. Whether it grants
 * shows only where the kernel has some set aside; what it does without any shows everywhere.
 */
@Timeout(60)
class HugePagesTest {
    private static EmbeddedMediaDriver mediaDriver;
    private static Aeron aeron;
    private static int nextControlStreamId = 1_500;

    private final ShmDirectory directory = ShmDirectory.create();
    private final Path mounted = directory.path().resolve("huge");
    private final Endpoint control = Endpoint.ipc(nextControlStreamId++);

    @BeforeAll
    static void launchMediaDriver() {
        mediaDriver = EmbeddedMediaDriver.launch();
        aeron = Aeron.connect(new Aeron.Context().aeronDirectoryName(mediaDriver.aeronDirectoryName()));
    }

    @AfterAll
    static void closeMediaDriver() {
        aeron.close();
        mediaDriver.close();
    }

    @BeforeEach
    void makeMountPoint() throws IOException {
        Files.createDirectory(mounted);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    private static int run(final Object... command) throws IOException, InterruptedException {
        final Process process = new ProcessBuilder(
                        Stream.of(command).map(Object::toString).toList())
                .inheritIO()
                .start();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private static long freeHugePages() throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(line -> line.startsWith("HugePages_Free:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }

    /** Something to do with a driver on the mounted file system. */
    @FunctionalInterface
    private interface Talk {
        void with(DriverDialogue driver) throws IOException;
    }

    private void onHugePages(final String options, final Talk talk) throws IOException, InterruptedException {
        assumeTrue(
                run("mount", "-t", "hugetlbfs", "-o", "mode=700" + options, "none", mounted) == 0,
                "skipped: cannot mount hugetlbfs");
        try {
            try (DriverDialogue driver = new DriverDialogue(
                    aeron,
                    control,
                    context -> context.baseDir(mounted).requireHugepages(true).adminSocket(true))) {
                talk.with(driver);
            }
            try (Stream<Path> left = Files.walk(mounted)) {
                assertThat(left.filter(Files::isRegularFile)
                                .map(path -> path.getFileName().toString()))
                        .containsExactly("driver.lock");
            }
        } finally {
            assertThat(run("umount", mounted)).isZero();
        }
    }

    @Test
    void shouldNotLaunchADriverWhereThereAreNoHugePages() {
        assertThatThrownBy(() -> TensorPoolDriver.launch(
                        SystemContexts.driver(mediaDriver.aeronDirectoryName(), directory.path())
                                .requireHugepages(true)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("shm.require_hugepages = true")
                .hasMessageContaining("expected a shm.base_dir on hugetlbfs");
    }

    /** The file system may take one page and the stream needs three, so that it is the same whatever the kernel has. */
    @ParameterizedTest
    @EnumSource(names = {"UNSPECIFIED", "HUGEPAGES"})
    void shouldRefuseALeaseForWhichThereAreTooFewHugePages(final HugepagesPolicy wish) throws Exception {
        onHugePages(",size=2M", driver -> {
            driver.request(request -> request.requireHugepages(wish));

            final ShmAttachResponseDecoder refusal = driver.nextAttachResponse();

            assertThat(refusal.code())
                    .isEqualTo(wish == HugepagesPolicy.HUGEPAGES ? ResponseCode.REJECTED : ResponseCode.INTERNAL_ERROR);
            refusal.payloadPools();
            refusal.headerRegionUri();
            assertThat(refusal.errorMessage()).contains("stream 10000 needs 6,291,456 bytes", "hugetlbfs");
            assertThat(driver.errors).singleElement().asString().contains("no memory for its next epoch");
            driver.request(request -> request.correlationId(2).requireHugepages(HugepagesPolicy.STANDARD));
            driver.hear("refused 2 REJECTED: standard pages not available");
        });
    }

    /** Files there take no writes, the lock file neither. */
    @Test
    void shouldRememberTheHighestEpochOnHugePages() throws Exception {
        onHugePages("", driver -> {
            final long[] issued = {5, 700, 6, -2, 9};
            long highest = 0;
            for (final long epoch : issued) {
                try (DriverNamespace namespace = DriverNamespace.lock(mounted, "other", "default", 0660, false)) {
                    assertThat(namespace.highestEpoch()).isEqualTo(highest);
                    namespace.recordEpoch(epoch);
                    highest = Long.compareUnsigned(epoch, highest) > 0 ? epoch : highest;
                    assertThat(namespace.highestEpoch()).isEqualTo(highest);
                }
            }
            assertThat(mounted.resolve("tensorpool-other/default").toFile().list())
                    .containsExactlyInAnyOrder("driver.lock", "highest.18446744073709551614");
            Files.delete(mounted.resolve("tensorpool-other/default/driver.lock"));
        });
    }

    @ParameterizedTest
    @EnumSource(names = {"UNSPECIFIED", "HUGEPAGES"})
    void shouldGrantLeasesOnHugePages(final HugepagesPolicy wish) throws Exception {
        assumeTrue(freeHugePages() >= 12, "skipped: too few huge pages are free; vm.nr_hugepages sets them aside");
        onHugePages("", driver -> {
            driver.request(request -> request.requireHugepages(wish));

            final ShmAttachResponseDecoder granted = driver.nextAttachResponse();

            assertThat(granted.code()).isEqualTo(ResponseCode.OK);
            for (final ShmAttachResponseDecoder.PayloadPoolsDecoder pool : granted.payloadPools()) {
                assertThat(pool.regionUri()).endsWith("|require_hugepages=true");
            }
            assertThat(granted.headerRegionUri()).endsWith("|require_hugepages=true");
            driver.hear("announce e1 producer 5 at 0 ms");
            driver.attach(2, DriverDialogue.STREAM_ID, 6, Role.CONSUMER);
            driver.hear("attached 2 L2 e1");
            assertThat(List.copyOf(driver.errors)).isEmpty();
        });
    }
}
