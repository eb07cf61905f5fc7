package io.tensorpool.bench;

import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.driver.TensorPoolDriver;
import io.tensorpool.embedded.EmbeddedMediaDriver;
import io.tensorpool.embedded.TensorPool;
import java.util.List;

/** A media driver and a driver in this process, for the trials of one setting. */
final class Stage implements AutoCloseable {
    private static final int STREAM_ID = 10_000;
    private static final int STREAMS_PER_TRIAL = 1000;
    private static final int ACK_STREAM_ID = 1900;
    private static final int STRIDE_MULTIPLE = 64;

    private final EmbeddedMediaDriver mediaDriver;
    private final TensorPoolDriver driver;
    private final Setting setting;
    private int trials;

    private Stage(final EmbeddedMediaDriver mediaDriver, final TensorPoolDriver driver, final Setting setting) {
        this.mediaDriver = mediaDriver;
        this.driver = driver;
        this.setting = setting;
    }

    static Stage open(final Setting setting) {
        final EmbeddedMediaDriver mediaDriver = EmbeddedMediaDriver.launch();
        try {
            final TensorPoolDriver driver = TensorPoolDriver.launch(TensorPool.driverContext()
                    .aeronDirectoryName(mediaDriver.aeronDirectoryName())
                    .addProfile(profileOf(setting)));
            return new Stage(mediaDriver, driver, setting);
        } catch (final RuntimeException ex) {
            mediaDriver.close();
            throw ex;
        }
    }

    private static StreamProfile profileOf(final Setting setting) {
        final long strideBytes = ((long) setting.sizeBytes() + STRIDE_MULTIPLE - 1) / STRIDE_MULTIPLE * STRIDE_MULTIPLE;
        return new StreamProfile("bench", setting.slots(), List.of(new PoolSpec(1, strideBytes)));
    }

    /** Options of a trial, on streams that no other one had. */
    RoleOptions nextTrial() {
        trials++;
        return new RoleOptions(
                mediaDriver.aeronDirectoryName(),
                STREAM_ID + trials * STREAMS_PER_TRIAL,
                ACK_STREAM_ID + trials,
                setting);
    }

    @Override
    public void close() {
        try (mediaDriver) {
            driver.close();
        }
    }
}
