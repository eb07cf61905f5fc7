package io.tensorpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.Dtype;
import io.tensorpool.TensorShape;
import io.tensorpool.support.Await;
import io.tensorpool.support.RunningJvm;
import io.tensorpool.support.ShmDirectory;
import io.tensorpool.tensor.NpyReader;
import io.tensorpool.tensor.NpyWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.agrona.CloseHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands without a driver: media driver, publisher and subscriber as a user would start them, each a process. */
@Timeout(120)
class DirectCommandsTest {
    private static final String FRAMES = "40";
    private static final TensorShape SHAPE = TensorShape.of(Dtype.UINT8, 100, 1_000);

    private final ShmDirectory base = ShmDirectory.create();
    private final List<RunningJvm> processes = new ArrayList<>();

    @TempDir
    private Path directory;

    @AfterEach
    void close() {
        CloseHelper.closeAll(processes.reversed());
        CloseHelper.closeAll(base);
    }

    private RunningJvm start(final String command, final String... more) {
        final List<String> words = new ArrayList<>(
                List.of(command, "--aeron-dir", base.path().resolve("aeron").toString()));
        words.addAll(List.of(more));
        final RunningJvm process = RunningJvm.start(Main.class, words.toArray(String[]::new));
        processes.add(process);
        return process;
    }

    private RunningJvm startDirect(final String command, final String... more) {
        final List<String> words = new ArrayList<>(List.of(
                "--direct", "--stream", "10000", "--base-dir", base.path().toString()));
        words.addAll(List.of(more));
        return start(command, words.toArray(String[]::new));
    }

    private Path input() throws IOException {
        final byte[] bytes = new byte[(int) SHAPE.lengthBytes()];
        new Random(42).nextBytes(bytes);
        final Path file = directory.resolve("noise.npy");
        NpyWriter.write(file, SHAPE, MemorySegment.ofArray(bytes));
        return file;
    }

    /** Files of regions that are there; those that vanish meanwhile are not. */
    private List<Path> regions() {
        try (Stream<Path> files = Files.walk(base.path())) {
            return files.filter(file -> file.toString().matches(".*([.]pool|header[.]ring)"))
                    .toList();
        } catch (final UncheckedIOException | IOException vanished) {
            return List.of(base.path()); // a directory that was just removed: look again
        }
    }

    @Test
    void shouldBringFramesFromPublishToSubscribeWithAMediaDriverOnly() throws IOException {
        final Path input = input();
        final Path saved = directory.resolve("saved");
        final RunningJvm mediaDriver = start("media-driver");
        mediaDriver.await("media driver is ready");
        final RunningJvm subscriber =
                startDirect("subscribe", "--frames", FRAMES, "--json", "--save", saved.toString());
        final RunningJvm publisher =
                startDirect("publish", "--frames", FRAMES, "--rate", "200", "--input", input.toString());

        assertThat(publisher.await("published")).startsWith(FRAMES + " frames (" + FRAMES + " announced)");
        assertThat(subscriber.await("{"))
                .contains("\"framesReceived\":" + FRAMES)
                .contains("\"dropsGap\":0")
                .contains("\"rejected\":0");

        assertThat(NpyReader.read(saved.resolve("frame-00000039.npy"))
                        .data()
                        .mismatch(NpyReader.read(input).data()))
                .isEqualTo(-1);
        Await.until(
                () -> "the publisher has removed its memory: " + regions(),
                () -> 0,
                () -> regions().isEmpty());
        assertThat(mediaDriver.terminate()).isIn(0, 143);
        assertThat(base.path().resolve("aeron")).doesNotExist();
    }

    @Test
    void shouldRefuseASecondPublisher() throws IOException {
        final Path input = input();
        start("media-driver").await("media driver is ready");
        startDirect("publish", "--loop", "--wait", "0", "--input", input.toString());
        final RunningJvm subscriber = startDirect("subscribe", "--frames", "3");
        subscriber.await("2 ");

        final RunningJvm second = startDirect("publish", "--wait", "0", "--input", input.toString());

        assertThat(second.await("tensorpool:")).contains("stream 10000 has a producer without a driver already");
    }
}
