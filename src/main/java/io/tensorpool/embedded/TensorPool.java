package io.tensorpool.embedded;

import io.tensorpool.ConfigurationException;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.client.ClientContext;
import io.tensorpool.client.TensorPoolClient;
import io.tensorpool.driver.DriverContext;
import io.tensorpool.driver.StreamIdRange;
import io.tensorpool.driver.TensorPoolDriver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Everything in one process: an Aeron media driver, a driver and a client. Other processes can join by the media driver's
 * directory.
 *
 * <p>The driver makes any stream that is asked for. It has a namespace to itself, which is removed with everything else
 * when this is closed.
 */
public final class TensorPool implements AutoCloseable {
    private static final int NSLOTS_DEFAULT = 64;
    private static final int SMALL_STRIDE_BYTES = 64 * 1024;
    private static final int LARGE_STRIDE_BYTES = 4 * 1024 * 1024;
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final EmbeddedMediaDriver mediaDriver;
    private final TensorPoolDriver driver;
    private final TensorPoolClient client;

    private TensorPool(
            final EmbeddedMediaDriver mediaDriver, final TensorPoolDriver driver, final TensorPoolClient client) {
        this.mediaDriver = mediaDriver;
        this.driver = driver;
        this.client = client;
    }

    /**
     * What a stream gets by default: 64 slots of 64 KiB and 64 of 4 MiB, about 260 MiB once it has a producer.
     *
     * @return the profile, named {@code default}.
     */
    public static StreamProfile defaultProfile() {
        return new StreamProfile(
                "default",
                NSLOTS_DEFAULT,
                List.of(new PoolSpec(1, SMALL_STRIDE_BYTES), new PoolSpec(2, LARGE_STRIDE_BYTES)));
    }

    /**
     * Starts everything with the defaults.
     *
     * @return the running pool, to be closed last.
     * @throws ConfigurationException if aeron-driver is not on the class path or a JVM flag is missing; the message says
     *                                what to add.
     */
    public static TensorPool launchEmbedded() {
        return launchEmbedded(defaultProfile());
    }

    /**
     * Starts everything, with a profile of the application's for every stream.
     *
     * @param profile for instance fewer or smaller slots where {@code /dev/shm} is small.
     * @return the running pool, to be closed last.
     */
    public static TensorPool launchEmbedded(final StreamProfile profile) {
        return launchEmbedded(driverContext().addProfile(profile), new ClientContext());
    }

    /**
     * A driver context as an embedded driver has it, to be changed and given to
     * {@link #launchEmbedded(DriverContext, ClientContext)}: a namespace of its own, every stream allowed, no profile.
     *
     * @return the context.
     */
    public static DriverContext driverContext() {
        return new DriverContext()
                .namespace("embedded-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet())
                .ephemeralNamespace(true)
                .allowDynamicStreams(true)
                .dynamicStreamRange(StreamIdRange.ANY);
    }

    /**
     * Starts everything.
     *
     * @param driverContext of the driver, for instance from {@link #driverContext()}; its Aeron directory is set here.
     * @param clientContext of the client; its Aeron directory is set here.
     * @return the running pool, to be closed last.
     */
    public static TensorPool launchEmbedded(final DriverContext driverContext, final ClientContext clientContext) {
        return launchEmbedded(EmbeddedMediaDriver.launch(), driverContext, clientContext);
    }

    /**
     * Starts a driver and a client beside a media driver.
     *
     * @param mediaDriver   running; closed with the pool, and also if this fails.
     * @param driverContext as above.
     * @param clientContext as above.
     * @return the running pool, to be closed last.
     */
    public static TensorPool launchEmbedded(
            final EmbeddedMediaDriver mediaDriver,
            final DriverContext driverContext,
            final ClientContext clientContext) {
        try {
            final String aeronDirectoryName = mediaDriver.aeronDirectoryName();
            final TensorPoolDriver driver =
                    TensorPoolDriver.launch(driverContext.aeronDirectoryName(aeronDirectoryName));
            try {
                final TensorPoolClient client =
                        TensorPoolClient.connect(clientContext.aeronDirectoryName(aeronDirectoryName));
                return new TensorPool(mediaDriver, driver, client);
            } catch (final RuntimeException ex) {
                driver.close();
                throw ex;
            }
        } catch (final RuntimeException ex) {
            mediaDriver.close();
            throw ex;
        }
    }

    /**
     * Drives claim, commit, poll and check as fast as they go on streams of its own, until the JVM has compiled them: so that
     * the first frame of an application does not take a thousand times as long as the ten-thousandth. To be called by each
     * process that publishes or receives, before it connects.
     *
     * <p>It makes a client of its own in the calling thread, which talks to itself on Aeron streams of random ids, with some
     * 16 MiB of memory below the first allowed base directory, and needs a media driver but no driver. Nothing of it is left
     * when it returns, after some seconds. What an application does in its handlers it has to warm up by itself.
     *
     * @param context names the Aeron directory and the allowed base directories; a context of its own, since this call
     *                changes it and uses it up.
     * @return how long it took.
     * @throws io.tensorpool.TensorPoolException if no media driver is there, no memory can be made, or no frame came through.
     */
    public static Duration warmUp(final ClientContext context) {
        final long startNs = System.nanoTime();
        new WarmUp(context).run();
        return Duration.ofNanos(System.nanoTime() - startNs);
    }

    /**
     * The client.
     *
     * @return closed with this.
     */
    public TensorPoolClient client() {
        return client;
    }

    /**
     * The driver.
     *
     * @return closed with this.
     */
    public TensorPoolDriver driver() {
        return driver;
    }

    /**
     * Directory by which other processes join.
     *
     * @return absolute path.
     */
    public String aeronDirectoryName() {
        return mediaDriver.aeronDirectoryName();
    }

    /** Closes the client, the driver with its memory, and the media driver, in this order. */
    @Override
    public void close() {
        try (mediaDriver;
                driver) {
            client.close();
        }
    }
}
