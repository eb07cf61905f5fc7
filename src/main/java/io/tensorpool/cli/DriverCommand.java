package io.tensorpool.cli;

import io.tensorpool.TensorPoolException;
import io.tensorpool.config.DriverConfig;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.embedded.TensorPool;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.runtime.ServiceContext;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A driver, until Ctrl-C. */
@Command(
        name = "driver",
        mixinStandardHelpOptions = true,
        description = {
            "Runs a driver until Ctrl-C.",
            "Without --config it makes any of the streams 10000 to 29999 on demand, with 64 slots of 64 KiB and 4 MiB."
        })
final class DriverCommand implements Callable<Integer> {
    /** Where the Aeron media driver is. */
    enum MediaDriverMode {
        EMBEDDED,
        EXTERNAL
    }

    private static final long POLL_MS = 100;
    private static final StreamIdRange STREAMS_DEFAULT = new StreamIdRange(10_000, 29_999);

    @Mixin
    CommonOptions common = new CommonOptions();

    @Option(names = "--config", paramLabel = "FILE", description = "configuration; config/driver.toml is a sample")
    @Nullable
    Path config;

    @Option(
            names = "--media-driver",
            description = "embedded: starts an Aeron media driver too; external: uses the one in the Aeron directory"
                    + " (default: embedded)")
    MediaDriverMode mediaDriverMode = MediaDriverMode.EMBEDDED;

    DriverCommand() {}

    @Override
    public Integer call() throws Exception {
        common.applyLogLevel();
        final DriverContext context = common.applyTo(
                config == null
                        ? new DriverContext()
                                .adminSocket(true)
                                .addProfile(TensorPool.defaultProfile())
                                .allowDynamicStreams(true)
                                .dynamicStreamRange(STREAMS_DEFAULT)
                        : DriverConfig.read(config, System.getenv()));
        try (StopSignal stop =
                new StopSignal(Long.MAX_VALUE)) { // the driver bounds its end by policies.shutdown_timeout
            if (mediaDriverMode == MediaDriverMode.EXTERNAL) {
                run(context, stop);
            } else {
                final String directory = ServiceContext.aeronDirectoryNameOf(context);
                try (EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch(directory)) {
                    run(context.aeronDirectoryName(mediaDriver.aeronDirectoryName()), stop);
                }
            }
        }
        return 0;
    }

    private static void run(final DriverContext context, final StopSignal stop) throws Exception {
        try (TensorPoolDriver driver = TensorPoolDriver.launch(context)) {
            System.out.println(driver + " is ready; Aeron directory " + context.aeronDirectoryName());
            System.out.flush();
            while (!stop.await(POLL_MS, TimeUnit.MILLISECONDS)
                    && !driver.ended().isDone()) {
                // until Ctrl-C, or a message with the token
            }
            System.out.println("ending");
            if (!driver.ended().isDone()
                    && driver.shutdown(ShutdownReason.NORMAL).isCompletedExceptionally()) {
                throw new TensorPoolException(driver + " does not take orders any more");
            }
            end(driver);
        }
        System.out.println("closed");
    }

    /** Waits until the driver has drained, or says why it cannot. */
    private static void end(final TensorPoolDriver driver) throws InterruptedException {
        try {
            driver.ended().get();
        } catch (final ExecutionException ex) {
            final Throwable cause = ex.getCause();
            throw new TensorPoolException(String.valueOf((cause == null ? ex : cause).getMessage()), ex);
        }
    }
}
