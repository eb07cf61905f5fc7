package io.tensorpool.tutorial;

import io.tensorpool.MetadataAttribute;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.Frame;
import io.tensorpool.client.StreamMetadata;
import io.tensorpool.client.TensorPoolClient;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Shows each frame's mean, and with which exposure it was taken. */
final class ViewerProgram implements AutoCloseable {
    // begin: viewer
    private final TensorPoolClient client;
    private final Consumer consumer;
    private String line = "";

    ViewerProgram(final TensorPoolClient client) {
        this.client = client;
        this.consumer = client.addConsumer(CameraProgram.STREAM_ID);
    }

    int poll() {
        return consumer.poll(this::onFrame, 10);
    }

    private void onFrame(final Frame frame) {
        final MemorySegment pixels = frame.payload();
        long sum = 0;
        for (long i = 0; i < pixels.byteSize(); i++) {
            sum += pixels.get(ValueLayout.JAVA_BYTE, i) & 0xff;
        }
        final double mean = (double) sum / pixels.byteSize();
        if (frame.isIntact()) { // else it was overwritten while it was summed up
            line = "frame " + frame.seq() + ", mean " + mean + ", exposure " + exposureOf(frame);
        }
    }

    private String exposureOf(final Frame frame) {
        final @Nullable StreamMetadata metadata = client.metadata().latest(frame.streamId());
        if (metadata == null || metadata.version() != frame.metaVersion()) {
            return "not known yet"; // frame and metadata travel on different streams
        }
        final @Nullable MetadataAttribute exposure = metadata.attribute("exposure");
        return exposure == null ? "not said" : exposure.text();
    }
    // end: viewer

    /** What was shown last. */
    String line() {
        return line;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
