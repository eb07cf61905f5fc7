package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.JvmFlags;
import io.tensorpool.support.Json;
import io.tensorpool.support.SharedFiles;
import io.tensorpool.support.ShmDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The demo and the driver as processes: that they work in JVMs of their own, and that a signal ends them cleanly. */
@Timeout(120)
class DemoTest {
    private static Process start(final Map<String, String> environment, final String... arguments) throws IOException {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(JvmFlags.ADD_OPENS.split(" ", -1)));
        command.addAll(
                List.of(JvmFlags.NATIVE_ACCESS, "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        final ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        return builder.start();
    }

    private static Json summaryOf(final Process process) throws Exception {
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isZero();
        return Json.parse(output);
    }

    private static void assertAllReceived(final Json summary, final long frames) {
        assertThat(summary.names())
                .containsExactly(
                        "framesPublished",
                        "framesUnannounced",
                        "framesReceived",
                        "dropsGap",
                        "dropsLate",
                        "torn",
                        "bytes",
                        "seconds",
                        "p50Ns",
                        "p99Ns",
                        "p999Ns");
        assertThat(summary.get("framesPublished").integer().longValue()).isEqualTo(frames);
        assertThat(summary.get("framesReceived").integer().longValue()).isEqualTo(frames);
        assertThat(summary.get("torn").integer().longValue()).isZero();
        assertThat(summary.get("p50Ns").integer().longValue()).isPositive();
        assertThat(summary.get("p99Ns").integer().longValue())
                .isGreaterThanOrEqualTo(summary.get("p50Ns").integer().longValue());
    }

    @Test
    void shouldBringRealPicturesThroughThreeProcesses() throws Exception {
        SharedFiles.assumePresent("data/camera.png");
        final List<String> arguments = new ArrayList<>(
                List.of("demo", "--frames", "200", "--rate", "100", "--processes", "--json", "--input"));
        for (final String name :
                List.of("camera.png", "motorcycle_left.png", "hubble_deep_field.jpg", "chessboard_RGB_U8.npy")) {
            arguments.add(SharedFiles.path("data/" + name).toString());
        }

        assertAllReceived(summaryOf(start(Map.of(), arguments.toArray(String[]::new))), 200);
    }

    @Test
    void shouldAccountForEveryFrameAtFullSpeedInOneProcess() throws Exception {
        final Json summary = summaryOf(start(
                Map.of(),
                "demo",
                "--frames",
                "20000",
                "--rate",
                "0",
                "--shape",
                "64x64x3",
                "--dtype",
                "uint8",
                "--json"));

        assertThat(summary.get("torn").integer().longValue()).isZero();
        assertThat(Stream.of("framesReceived", "dropsGap", "dropsLate", "framesUnannounced")
                        .mapToLong(key -> summary.get(key).integer().longValue())
                        .sum())
                .isEqualTo(20_000);
    }

    /** The same process group gets the signal, as from a terminal; so only the parent gets it here. */
    @Test
    void shouldEndCleanlyWhenInterrupted() throws Exception {
        try (ShmDirectory directory = ShmDirectory.create()) {
            final Path aeron = directory.path().resolve("aeron");
            final Process demo = start(
                    Map.of("AERON_DIR", aeron.toString()), "demo", "--frames", "100000", "--rate", "50", "--processes");
            awaitExists(aeron.resolve("cnc.dat"));
            final List<ProcessHandle> children = awaitChildren(demo, 3);

            interrupt(demo.pid());

            assertThat(demo.waitFor(30, TimeUnit.SECONDS)).isTrue();
            for (final ProcessHandle child : children) {
                child.onExit().get(30, TimeUnit.SECONDS);
            }
            assertThat(aeron).doesNotExist();
        }
    }

    @Test
    void shouldLeaveOnlyTheLockWhenADriverIsInterrupted() throws Exception {
        try (ShmDirectory directory = ShmDirectory.create()) {
            final Path aeron = directory.path().resolve("aeron");
            final Path config =
                    Files.writeString(directory.path().resolve("driver.toml"), """
                    [shm]
                    base_dir = "%s"
                    [profiles.small]
                    header_nslots = 8
                    [[profiles.small.payload_pools]]
                    pool_id = 1
                    stride_bytes = 4096
                    [streams.camera]
                    stream_id = 10000
                    profile = "small"
                    """.formatted(directory.path()));
            final Process driver =
                    start(Map.of("AERON_DIR", aeron.toString()), "driver", "--config", config.toString());
            try (BufferedReader output = driver.inputReader()) {
                assertThat(output.readLine()).contains("is ready").contains(aeron.toString());
                final Process subscriber =
                        start(Map.of("AERON_DIR", aeron.toString()), "subscribe", "--stream", "10000");
                awaitExists(directory
                        .path()
                        .resolve("tensorpool-" + System.getProperty("user.name"))
                        .resolve("default/10000"));

                interrupt(subscriber.pid());
                assertThat(new String(subscriber.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                        .contains("received 0, gap 0, late 0");
                assertThat(subscriber.waitFor(30, TimeUnit.SECONDS)).isTrue();
                interrupt(driver.pid());

                assertThat(output.readLine()).isEqualTo("ending");
                assertThat(output.readLine()).isEqualTo("closed");
                assertThat(driver.waitFor(30, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(aeron).doesNotExist();
            try (Stream<Path> left = Files.walk(directory.path())) {
                assertThat(left.filter(Files::isRegularFile)
                                .map(Path::getFileName)
                                .map(Path::toString))
                        .containsExactlyInAnyOrder("driver.lock", "driver.toml");
            }
        }
    }

    private static void interrupt(final long pid) throws Exception {
        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(pid))
                        .start()
                        .waitFor())
                .isZero();
    }

    private static void awaitExists(final Path path) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!Files.exists(path)) {
            assertThat(System.nanoTime())
                    .as("%s did not appear within 30 s", path)
                    .isLessThan(deadlineNs);
            Thread.onSpinWait();
        }
    }

    private static List<ProcessHandle> awaitChildren(final Process parent, final int count) {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        List<ProcessHandle> children = parent.children().toList();
        while (children.size() < count) {
            assertThat(System.nanoTime()).as("fewer than %d children", count).isLessThan(deadlineNs);
            children = parent.children().toList();
        }
        return children;
    }
}
