package io.tensorpool.support;

import io.tensorpool.Endpoint;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.client.ClientContext;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/**
 * A media driver and a driver in this process, with memory in a private directory, small streams on demand and short
 * intervals. Made once per test class, because a media driver takes its time; each test takes stream ids of its own.
 */
public final class TestDriver implements AutoCloseable {
    public static final StreamProfile PROFILE =
            new StreamProfile("test", 8, List.of(new PoolSpec(1, 1024), new PoolSpec(2, 16 * 1024)));
    /** Streams of four slots are from here on. */
    public static final int FOUR_SLOTS_STREAM_ID = 5_000;

    /** A stream of 4,096 slots: who publishes fewer frames overwrites none. */
    public static final int DEEP_STREAM_ID = 6_000;

    private static final int FOUR_SLOTS_STREAMS = 20;
    private static final StreamProfile FOUR_SLOTS = new StreamProfile("four", 4, List.of(new PoolSpec(1, 1024)));
    private static final StreamProfile DEEP = new StreamProfile("deep", 4_096, List.of(new PoolSpec(1, 1024)));
    private static final Endpoint DESCRIPTORS = new Endpoint("aeron:ipc?term-length=64k", 1100);

    private final ShmDirectory directory = ShmDirectory.create();
    private final EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch();
    private final UnaryOperator<DriverContext> settings;
    private TensorPoolDriver driver;

    public TestDriver() {
        this(UnaryOperator.identity());
    }

    /** With further settings of the driver. */
    public TestDriver(final UnaryOperator<DriverContext> settings) {
        this.settings = settings;
        this.driver = launch();
    }

    public ShmDirectory directory() {
        return directory;
    }

    public String aeronDirectoryName() {
        return mediaDriver.aeronDirectoryName();
    }

    public TensorPoolDriver driver() {
        return driver;
    }

    public DriverContext driverContext() {
        final DriverContext context = new DriverContext()
                .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                .baseDir(directory.path())
                .user("test")
                .addProfile(PROFILE)
                .addProfile(FOUR_SLOTS)
                .addProfile(DEEP)
                .addStream(DEEP_STREAM_ID, "deep")
                .allowDynamicStreams(true)
                .dynamicStreamRange(new StreamIdRange(10_000, 20_000))
                .announcePeriodNs(TimeUnit.MILLISECONDS.toNanos(100))
                .keepaliveIntervalNs(TimeUnit.MILLISECONDS.toNanos(500))
                .expiryGraceIntervals(4);
        for (int i = 0; i < FOUR_SLOTS_STREAMS; i++) {
            context.addStream(FOUR_SLOTS_STREAM_ID + i, "four");
        }
        return context;
    }

    /** Terms of 64 KiB, so that a test goes through many. */
    public ClientContext clientContext() {
        return new ClientContext()
                .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                .allowedBaseDirs(List.of(directory.path()))
                .descriptorEndpoint(DESCRIPTORS)
                .keepaliveIntervalNs(TimeUnit.MILLISECONDS.toNanos(200))
                .announcePeriodNs(TimeUnit.MILLISECONDS.toNanos(500))
                .reportIntervalNs(TimeUnit.MILLISECONDS.toNanos(50))
                .attachTimeoutNs(TimeUnit.MILLISECONDS.toNanos(300))
                .backoffNs(TimeUnit.MILLISECONDS.toNanos(10), TimeUnit.MILLISECONDS.toNanos(100));
    }

    public TensorPoolClient connect() {
        return TensorPoolClient.connect(clientContext());
    }

    /** Ends the driver and starts another one in the same place. */
    public void restart() {
        driver.close();
        driver = launch();
    }

    private TensorPoolDriver launch() {
        return TensorPoolDriver.launch(settings.apply(driverContext()));
    }

    /** What of the streams' memory is open or mapped in this process. */
    public ResourceCount resources() {
        return ResourceCount.below(directory.path());
    }

    @Override
    public void close() {
        try (directory;
                mediaDriver) {
            driver.close();
        }
    }
}
