package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.config.DriverConfig;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.support.SharedFiles;
import io.tensorpool.support.ShmDirectory;
import io.tensorpool.tensor.NpyFile;
import io.tensorpool.tensor.NpyReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands against a driver of this process, with the sample configuration. */
@Timeout(60)
class CommandsTest {
    private static ShmDirectory base;
    private static EmbeddedMediaDriver mediaDriver;
    private static TensorPoolDriver driver;

    @TempDir
    private Path directory;

    private record Outcome(int exitCode, String error) {}

    @BeforeAll
    static void launchDriver() {
        base = ShmDirectory.create();
        mediaDriver = EmbeddedMediaDriver.launch(base.path().resolve("aeron").toString());
        driver = TensorPoolDriver.launch(DriverConfig.read(
                        Path.of("config/driver.toml"),
                        Map.of("SHM_BASE_DIR", base.path().toString()))
                .aeronDirectoryName(mediaDriver.aeronDirectoryName()));
    }

    @AfterAll
    static void closeDriver() {
        driver.close();
        mediaDriver.close();
        assertThat(base.path().resolve("aeron")).doesNotExist();
        base.close();
    }

    private static Outcome run(final String... arguments) {
        final StringWriter err = new StringWriter();
        final int exitCode = Main.run(new PrintWriter(err, true), arguments);
        return new Outcome(exitCode, err.toString());
    }

    /** Runs a command with the driver's Aeron directory. */
    private static Outcome runHere(final String... arguments) {
        final List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(1, List.of("--aeron-dir", mediaDriver.aeronDirectoryName()));
        return run(all.toArray(String[]::new));
    }

    /** Subscribes in another thread, publishes, and waits for both. */
    private void transfer(final int frames, final String format, final Path... inputs) throws Exception {
        final CompletableFuture<Outcome> subscribed = CompletableFuture.supplyAsync(() -> runHere(
                "subscribe",
                "--stream",
                "10000",
                "--frames",
                Integer.toString(frames),
                "--save",
                directory.resolve("saved").toString(),
                "--format",
                format,
                "--json"));
        final List<String> publish = new ArrayList<>(List.of("publish", "--stream", "10000", "--rate", "50"));
        for (final Path input : inputs) {
            publish.addAll(List.of("--input", input.toString()));
        }

        assertThat(runHere(publish.toArray(String[]::new))).isEqualTo(new Outcome(0, ""));
        assertThat(subscribed.get(20, TimeUnit.SECONDS)).isEqualTo(new Outcome(0, ""));
    }

    private static Path shared(final String name) {
        SharedFiles.assumePresent("data/" + name);
        return SharedFiles.path("data/" + name);
    }

    @Test
    void shouldSaveArraysAsTheyWerePublished() throws Exception {
        final Path colours = shared("chessboard_RGB_U8.npy");
        final Path doubles = shared("lab_array_f64.npy");

        transfer(2, "npy", colours, doubles);

        assertSame(directory.resolve("saved/frame-00000000.npy"), colours);
        assertSame(directory.resolve("saved/frame-00000001.npy"), doubles);
    }

    private static void assertSame(final Path saved, final Path original) throws IOException {
        final NpyFile expected = NpyReader.read(original);
        final NpyFile actual = NpyReader.read(saved);
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(bytes(actual.data())).isEqualTo(bytes(expected.data()));
    }

    private static byte[] bytes(final MemorySegment segment) {
        return segment.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void shouldTalkWithADriverElsewhere() throws Exception {
        final Path colours = shared("chessboard_RGB_U8.npy");
        final Map<String, String> elsewhere = Map.of(
                "SHM_BASE_DIR", base.path().toString(),
                "SHM_NAMESPACE", "elsewhere",
                "DRIVER_CONTROL_CHANNEL", "aeron:ipc?term-length=64k",
                "DRIVER_CONTROL_STREAM_ID", "2000",
                "DRIVER_ANNOUNCE_STREAM_ID", "2001");
        final String[] options = {
            "--control", "aeron:ipc?term-length=64k#2000",
            "--announce", "aeron:ipc?term-length=64k#2001",
            "--descriptor", "2100",
            "--qos", "2200"
        };
        try (TensorPoolDriver other =
                TensorPoolDriver.launch(DriverConfig.read(Path.of("config/driver.toml"), elsewhere)
                        .aeronDirectoryName(mediaDriver.aeronDirectoryName()))) {
            final CompletableFuture<Outcome> subscribed = CompletableFuture.supplyAsync(
                    () -> runHere(command(options, "subscribe", "--frames", "1", "--json")));

            assertThat(runHere(command(options, "publish", "--input", colours.toString())))
                    .isEqualTo(new Outcome(0, ""));

            assertThat(subscribed.get(20, TimeUnit.SECONDS)).isEqualTo(new Outcome(0, ""));
            assertThat(other.leases().join()).isEmpty();
        }
    }

    private static String[] command(final String[] options, final String... words) {
        final List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--stream", "10000"));
        all.addAll(List.of(options));
        return all.toArray(String[]::new);
    }

    @ParameterizedTest
    @CsvSource({
        "publish, --control, x",
        "publish, --announce, 0",
        "publish, --descriptor, -1",
        "subscribe, --control, aeron:ipc",
        "subscribe, --announce, ipc#1000",
        "subscribe, --descriptor, aeron:ipc#",
        "subscribe, --qos, 1200#aeron:ipc"
    })
    void shouldRefuseAnEndpointThatIsNone(final String command, final String option, final String value) {
        final List<String> words = new ArrayList<>(List.of(command, "--stream", "10000", option, value));
        if (command.equals("publish")) {
            words.addAll(List.of("--input", shared("chessboard_RGB_U8.npy").toString()));
        }

        final Outcome outcome = run(words.toArray(String[]::new));

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.error())
                .startsWith("tensorpool: " + option + " '" + value + "': expected a stream id, or channel#stream id");
    }

    @Test
    void shouldSavePicturesAsTheyWerePublished() throws Exception {
        final Path gray = shared("camera.png");
        final Path colour = shared("motorcycle_left.png");

        transfer(2, "png", gray, colour);

        assertSamePicture(directory.resolve("saved/frame-00000000.png"), gray);
        assertSamePicture(directory.resolve("saved/frame-00000001.png"), colour);
    }

    private static void assertSamePicture(final Path saved, final Path original) throws IOException {
        final InputFrame expected = ImageFiles.read(original, "png");
        final InputFrame actual = ImageFiles.read(saved, "png");
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(bytes(actual.data())).isEqualTo(bytes(expected.data()));
    }

    @Test
    void shouldPublishADirectoryInALoop() throws Exception {
        final Path inputs = Files.createDirectory(directory.resolve("inputs"));
        Files.copy(shared("camera.png"), inputs.resolve("a.png"));
        Files.copy(shared("moon.png"), inputs.resolve("b.png"));
        final CompletableFuture<Outcome> subscribed = CompletableFuture.supplyAsync(() -> runHere(
                "subscribe",
                "--stream",
                "10000",
                "--frames",
                "5",
                "--save",
                directory.resolve("saved").toString()));

        assertThat(runHere(
                        "publish",
                        "--stream",
                        "10000",
                        "--input",
                        inputs.toString(),
                        "--loop",
                        "--frames",
                        "5",
                        "--rate",
                        "100"))
                .isEqualTo(new Outcome(0, ""));

        assertThat(subscribed.get(20, TimeUnit.SECONDS)).isEqualTo(new Outcome(0, ""));
        assertThat(bytes(NpyReader.read(directory.resolve("saved/frame-00000003.npy"))
                        .data()))
                .isEqualTo(bytes(ImageFiles.read(inputs.resolve("b.png"), "png").data()));
    }

    @Test
    void shouldRefuseAnUnknownStream() {
        assertThat(runHere("subscribe", "--stream", "10001", "--frames", "1"))
                .isEqualTo(new Outcome(
                        1,
                        "tensorpool: stream 10001: the driver refused a CONSUMER with REJECTED:"
                                + " stream not provisioned\n"));
    }

    @Test
    void shouldRefuseASecondProducer() throws Exception {
        final Path input = shared("camera.png");
        final CompletableFuture<Outcome> first = CompletableFuture.supplyAsync(
                () -> runHere("publish", "--stream", "10000", "--input", input.toString(), "--wait", "5"));
        while (driver.leases().get(5, TimeUnit.SECONDS).isEmpty()) {
            Thread.onSpinWait();
        }

        assertThat(runHere("publish", "--stream", "10000", "--input", input.toString(), "--wait", "0"))
                .isEqualTo(new Outcome(
                        1,
                        "tensorpool: stream 10000: the driver refused a PRODUCER with REJECTED:"
                                + " producer already attached\n"));
        assertThat(first.get(20, TimeUnit.SECONDS).exitCode()).isZero();
    }

    @Test
    void shouldNameWhatIsWrongOnTheCommandLine() throws IOException {
        final Path text = Files.writeString(directory.resolve("notes.txt"), "no picture");
        final Path empty = Files.createDirectory(directory.resolve("empty"));

        assertFails("no such file", "publish", "--stream", "1", "--input", "/nonexistent.png");
        assertFails(text.toString(), "publish", "--stream", "1", "--input", text.toString());
        assertFails(empty.toString(), "publish", "--stream", "1", "--input", empty.toString());
        assertFails("--stream 'x'", "publish", "--stream", "x", "--input", text.toString());
        assertFails("--stream '4294967295'", "subscribe", "--stream", "4294967295");
        assertFails("unknown dtype 'uint12'", "demo", "--dtype", "uint12");
        assertFails("--shape '4x0'", "demo", "--shape", "4x0");
        assertFails("--frames 0", "demo", "--frames", "0");
        assertFails("--rate -1.0", "demo", "--rate", "-1");
        assertFails("nope.toml", "driver", "--config", "nope.toml");
        assertFails("/dev/zero", "driver", "--config", "/dev/zero");
        assertFails("--timeout 0", "subscribe", "--stream", "1", "--timeout", "0");
        assertThat(run("demo", "--unknown").exitCode()).isEqualTo(2);
    }

    private static void assertFails(final String expected, final String... arguments) {
        final Outcome outcome = run(arguments);
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.error()).startsWith("tensorpool: ").contains(expected);
    }

    @Test
    void shouldRefuseAnOccupiedAeronDirectory() {
        assertThat(runHere("demo", "--frames", "1").error())
                .contains(mediaDriver.aeronDirectoryName())
                .contains("occupied");
        assertThat(runHere("driver").error()).contains("occupied").contains("--media-driver external");
    }

    @Test
    void shouldNotTakeADirectoryThatHoldsSomethingElse() throws IOException {
        final Path thesis = Files.writeString(directory.resolve("thesis.txt"), "years of work");

        assertFails("thesis.txt", "demo", "--frames", "1", "--aeron-dir", directory.toString());
        assertFails("thesis.txt", "driver", "--aeron-dir", directory.toString());
        assertThat(thesis).hasContent("years of work");
    }

    @Test
    void shouldBeginAgainWhenMoreFramesAreAskedForThanThereAreFiles() throws Exception {
        final Path input = shared("camera.png");
        final CompletableFuture<Outcome> subscribed =
                CompletableFuture.supplyAsync(() -> runHere("subscribe", "--stream", "10000", "--frames", "3"));

        assertThat(runHere("publish", "--stream", "10000", "--input", input.toString(), "--frames", "3"))
                .isEqualTo(new Outcome(0, ""));
        assertThat(subscribed.get(20, TimeUnit.SECONDS)).isEqualTo(new Outcome(0, ""));
    }

    @Test
    void shouldSayThatNoMediaDriverAnswers() {
        final Outcome outcome = run(
                "subscribe",
                "--stream",
                "1",
                "--aeron-dir",
                base.path().resolve("none").toString());

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.error())
                .contains("no Aeron media driver")
                .contains("/none")
                .contains("./tensorpool driver");
    }

    @Test
    void shouldSayThatNoDriverAnswers() {
        try (EmbeddedMediaDriver alone =
                EmbeddedMediaDriver.launch(base.path().resolve("alone").toString())) {
            final Outcome outcome =
                    run("subscribe", "--timeout", "2", "--stream", "10000", "--aeron-dir", alone.aeronDirectoryName());

            assertThat(outcome.exitCode()).isEqualTo(1);
            assertThat(outcome.error())
                    .contains("stream 10000")
                    .contains("no driver answers")
                    .contains("stream 1000");
        }
    }
}
