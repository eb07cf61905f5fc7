package io.tensorpool.tutorial;

import io.tensorpool.client.Consumer;
import io.tensorpool.client.ConsumerCounts;
import io.tensorpool.client.TensorPoolClient;

/** Looks at no pixels, only at whether frames come, how late, and how many are lost. */
final class WatchProgram implements AutoCloseable {
    // begin: watch
    private final Consumer consumer;
    private long worstLatencyNs;

    WatchProgram(final TensorPoolClient client) {
        consumer = client.addConsumer(CameraProgram.STREAM_ID);
    }

    int poll() {
        return consumer.poll(
                frame -> worstLatencyNs = Math.max(worstLatencyNs, System.nanoTime() - frame.timestampNs()), 100);
    }

    String report() {
        final ConsumerCounts counts = consumer.counts();
        return counts.received() + " received, " + counts.dropsGap() + " never seen, " + counts.dropsLate()
                + " overwritten before they were read; at most " + worstLatencyNs / 1_000 + " us old";
    }
    // end: watch

    Consumer consumer() {
        return consumer;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
