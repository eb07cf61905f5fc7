package io.tensorpool.system;

import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.util.concurrent.TimeUnit;

/**
 * An Aeron media driver that takes the place of one that was killed, until it is told {@code close} or killed. It gives
 * clients up that stand still for the time that it is started with.
 */
final class MediaDriverProcess {
    private MediaDriverProcess() {}

    public static void main(final String[] args) throws InterruptedException {
        final Orders orders = new Orders();
        final long livenessNs = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(args[1]));
        try (MediaDriver driver = MediaDriver.launch(new MediaDriver.Context()
                .aeronDirectoryName(args[0])
                .dirDeleteOnStart(true)
                .dirDeleteOnShutdown(true)
                .threadingMode(ThreadingMode.SHARED)
                .timerIntervalNs(TimeUnit.MILLISECONDS.toNanos(50))
                .clientLivenessTimeoutNs(livenessNs)
                .publicationUnblockTimeoutNs(livenessNs + TimeUnit.SECONDS.toNanos(1))
                .printConfigurationOnStart(false)
                .warnIfDirectoryExists(false))) {
            Orders.answer("READY " + driver.aeronDirectoryName());
            orders.await();
        }
        Orders.answer("CLOSED");
    }
}
