package io.tensorpool.cli;

import io.tensorpool.client.ClientContext;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.runtime.ServiceContext;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** An Aeron media driver alone, until Ctrl-C. */
@Command(
        name = "media-driver",
        mixinStandardHelpOptions = true,
        description = {
            "Runs an Aeron media driver until Ctrl-C, set up so that a reader that stands still costs a writer little.",
            "For drivers with --media-driver external, and for publish and subscribe with --direct."
        })
final class MediaDriverCommand implements Callable<Integer> {
    @Option(
            names = "--aeron-dir",
            paramLabel = "DIR",
            description = "its directory, made anew (default: $AERON_DIR, else Aeron's own default)")
    @Nullable
    String aeronDir;

    MediaDriverCommand() {}

    @Override
    public Integer call() throws Exception {
        final String directory = aeronDir == null ? ServiceContext.aeronDirectoryNameOf(new ClientContext()) : aeronDir;
        try (StopSignal stop = new StopSignal();
                EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch(directory)) {
            System.out.println("media driver is ready; Aeron directory " + mediaDriver.aeronDirectoryName());
            System.out.flush();
            while (!stop.await(1, TimeUnit.HOURS)) {
                // until Ctrl-C
            }
        }
        return 0;
    }
}
