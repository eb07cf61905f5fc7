package io.tensorpool.tutorial;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.embedded.TensorPool;
import io.tensorpool.support.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The tutorial's programs run, and the tutorial shows them as they are. */
@Timeout(60)
class TutorialTest {
    private static final Path TUTORIAL = Path.of("docs/tutorial.md");
    private static final Path SOURCES = Path.of("src/test/java/io/tensorpool/tutorial");
    /** A comment that names a source and a region of it, then the code. */
    private static final Pattern CODE =
            Pattern.compile("<!-- (\\w+\\.java) ([\\w-]+) -->\\n```java\\n(.*?)```", Pattern.DOTALL);

    private static final StreamProfile SMALL = new StreamProfile("small", 16, List.of(new PoolSpec(1, 512 * 1024)));

    @Test
    void shouldReceiveTheFirstFrames() {
        assertThat(FirstFrames.run(100)).isGreaterThan(90);
    }

    @Test
    void shouldRunTheCameraPipelineAndGoOnAfterTheLeaseWasRevoked() {
        try (TensorPool pool = TensorPool.launchEmbedded(SMALL);
                CameraProgram camera = new CameraProgram(pool.client());
                ViewerProgram viewer = new ViewerProgram(pool.client());
                WatchProgram watch = new WatchProgram(pool.client())) {
            awaitFrames(camera, viewer, watch, 50);
            Await.until(
                    () -> "the exposure is shown: " + viewer.line(),
                    () -> work(camera, viewer, watch),
                    () -> viewer.line().endsWith("exposure 2 ms"));
            assertThat(watch.report()).contains(" received, 0 never seen, ");

            final long leaseId = pool.driver().leases().join().getFirst().leaseId();
            pool.driver().revoke(leaseId).join();

            awaitFrames(camera, viewer, watch, watch.consumer().counts().received() + 50);
        }
    }

    private static void awaitFrames(
            final CameraProgram camera, final ViewerProgram viewer, final WatchProgram watch, final long frames) {
        Await.until(
                () -> frames + " frames: " + watch.report() + "; " + viewer.line(),
                () -> work(camera, viewer, watch),
                () -> watch.consumer().counts().received() >= frames);
    }

    private static int work(final CameraProgram camera, final ViewerProgram viewer, final WatchProgram watch) {
        camera.keepRunning();
        return viewer.poll() + watch.poll();
    }

    @Test
    void shouldShowTheProgramsAsTheyAre() throws IOException {
        final List<MatchResult> shown =
                CODE.matcher(Files.readString(TUTORIAL)).results().toList();

        assertThat(shown).hasSizeGreaterThan(4);
        for (final MatchResult code : shown) {
            assertThat(code.group(3))
                    .as("%s, region %s", code.group(1), code.group(2))
                    .isEqualTo(region(Files.readString(SOURCES.resolve(code.group(1))), code.group(2)));
        }
    }

    @Test
    void shouldShowNoOtherJava() throws IOException {
        final Matcher all = Pattern.compile("```java").matcher(Files.readString(TUTORIAL));

        assertThat(all.results().count())
                .isEqualTo(CODE.matcher(Files.readString(TUTORIAL)).results().count());
    }

    private static String region(final String source, final String name) {
        final Matcher region = Pattern.compile(
                        " *// begin: " + name + "\\n(.*?) *// end: " + name + "\\n", Pattern.DOTALL)
                .matcher(source);
        assertThat(region.find()).as("region %s", name).isTrue();
        return region.group(1).stripTrailing().stripIndent() + "\n";
    }
}
