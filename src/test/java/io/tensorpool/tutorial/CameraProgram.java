package io.tensorpool.tutorial;

import io.tensorpool.Dtype;
import io.tensorpool.MetadataAttribute;
import io.tensorpool.TensorShape;
import io.tensorpool.client.ClientContext;
import io.tensorpool.client.FixedPool;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import io.tensorpool.client.TensorPoolClient;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SleepingMillisIdleStrategy;

/** A camera whose library writes straight into shared memory. */
final class CameraProgram implements AutoCloseable {
    // begin: camera
    static final int STREAM_ID = 10_000;
    static final TensorShape SHAPE = TensorShape.of(Dtype.UINT8, 480, 640);

    private final SimulatedCamera camera = new SimulatedCamera();
    private final Producer producer;
    private FixedPool pool = new FixedPool();
    private volatile boolean isRunning;

    CameraProgram(final TensorPoolClient client) {
        producer = client.addProducer(STREAM_ID);
        producer.metadata().describe("bench camera", "UINT8 480x640");
        producer.metadata().set(MetadataAttribute.text("exposure", "2 ms"));
    }

    /** Call it again and again: it starts the camera, also after the driver took the memory away. */
    void keepRunning() {
        if (isRunning) {
            return;
        }
        camera.stop(); // nothing writes to the old buffers any more
        pool.close();
        pool = new FixedPool();
        if (producer.tryClaimAll(SHAPE, pool) < 0) {
            return; // no memory at this moment: the client is attaching
        }
        for (int i = 0; i < pool.size(); i++) {
            camera.announce(i, pool.claim(i).payload());
        }
        for (int i = 0; i < pool.size() / 2; i++) {
            camera.queue(i); // the other half is for consumers to read
        }
        isRunning = true;
        camera.start(this::onFilled);
    }

    /** On the camera's thread. */
    private void onFilled(final int buffer, final long captureTimeNs) {
        final long result = pool.claim(buffer).timestampNs(captureTimeNs).commit();
        if (result == Producer.EPOCH_CHANGED || result == Producer.CLOSED) {
            isRunning = false;
            return;
        }
        final int oldest = (buffer + pool.size() / 2) % pool.size();
        final FrameClaim next = pool.claim(oldest);
        if (next.isOpen() || pool.queueClaim(next) >= 0) { // open: it was never filled yet
            camera.queue(oldest);
        } else {
            isRunning = false;
        }
    }
    // end: camera

    Producer producer() {
        return producer;
    }

    // begin: camera-end
    @Override
    public void close() {
        camera.stop();
        pool.close();
        producer.close();
    }
    // end: camera-end

    // begin: camera-main
    public static void main(final String[] args) {
        try (TensorPoolClient client = TensorPoolClient.connect(new ClientContext());
                CameraProgram program = new CameraProgram(client)) {
            final IdleStrategy idle = new SleepingMillisIdleStrategy(10);
            while (!Thread.currentThread().isInterrupted()) {
                program.keepRunning();
                idle.idle();
            }
        }
    }
    // end: camera-main
}
