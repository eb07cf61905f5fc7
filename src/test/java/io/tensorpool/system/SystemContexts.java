package io.tensorpool.system;

import io.tensorpool.Endpoint;
import io.tensorpool.client.ClientContext;
import io.tensorpool.client.OwnMemory;
import io.tensorpool.client.ProducerOptions;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import io.tensorpool.support.TestDriver;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Settings that the processes of a test share: leases of a second, announces each 300 ms, terms that fill soon. */
final class SystemContexts {
    static final long PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(300);
    private static final long MEDIA_DRIVER_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(4);
    private static final long KEEPALIVE_NS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int GRACE = 5;
    static final int STREAM_ID = 10_000;
    private static final Endpoint DESCRIPTORS = new Endpoint("aeron:ipc?term-length=64k", 1100);

    private SystemContexts() {}

    static DriverContext driver(final String aeronDirectoryName, final Path baseDir) {
        return new DriverContext()
                .aeronDirectoryName(aeronDirectoryName)
                .baseDir(baseDir)
                .user("test")
                .addProfile(TestDriver.PROFILE)
                .allowDynamicStreams(true)
                .dynamicStreamRange(new StreamIdRange(STREAM_ID, STREAM_ID + 1_000))
                .mediaDriverTimeoutNs(MEDIA_DRIVER_TIMEOUT_NS)
                .announcePeriodNs(PERIOD_NS)
                .keepaliveIntervalNs(KEEPALIVE_NS)
                .expiryGraceIntervals(GRACE)
                .adminSocket(true);
    }

    /** A producer that makes its own memory below a directory. */
    static ProducerOptions ownMemory(final Path baseDir) {
        return ProducerOptions.of(STREAM_ID)
                .withOwnMemory(
                        OwnMemory.of(TestDriver.PROFILE).withBaseDir(baseDir).withNamespace("test", "direct"));
    }

    static ClientContext client(final String aeronDirectoryName, final Path baseDir, final long announcePeriodNs) {
        return new ClientContext()
                .aeronDirectoryName(aeronDirectoryName)
                .allowedBaseDirs(List.of(baseDir))
                .descriptorEndpoint(DESCRIPTORS)
                .mediaDriverTimeoutNs(MEDIA_DRIVER_TIMEOUT_NS)
                .keepaliveIntervalNs(KEEPALIVE_NS)
                .announcePeriodNs(announcePeriodNs)
                .reportIntervalNs(TimeUnit.MILLISECONDS.toNanos(50))
                .attachTimeoutNs(TimeUnit.MILLISECONDS.toNanos(500))
                .addTimeoutNs(TimeUnit.SECONDS.toNanos(20))
                .backoffNs(TimeUnit.MILLISECONDS.toNanos(10), TimeUnit.MILLISECONDS.toNanos(100));
    }
}
