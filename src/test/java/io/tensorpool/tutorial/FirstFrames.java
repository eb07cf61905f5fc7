package io.tensorpool.tutorial;

import io.tensorpool.Dtype;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import io.tensorpool.TensorShape;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import io.tensorpool.embedded.TensorPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;

/** A producer and a consumer in one process. */
final class FirstFrames {
    private FirstFrames() {}

    public static void main(final String[] args) {
        System.out.println("frames received: " + run(100));
    }

    static long run(final int frames) {
        // begin: first
        StreamProfile small = new StreamProfile("small", 16, List.of(new PoolSpec(1, 64 * 1024)));
        try (TensorPool pool = TensorPool.launchEmbedded(small);
                Producer producer = pool.client().addProducer(10_000);
                Consumer consumer = pool.client().addConsumer(10_000)) {
            producer.awaitConnected(Duration.ofSeconds(5));

            TensorShape shape = TensorShape.of(Dtype.FLOAT32, 100, 100);
            FrameClaim claim = new FrameClaim();
            for (int i = 0; i < frames; i++) {
                if (producer.tryClaim(shape, claim) >= 0) {
                    MemorySegment payload = claim.payload();
                    payload.setAtIndex(ValueLayout.JAVA_FLOAT, 0, i);
                    claim.commit();
                }
                consumer.poll(
                        frame -> {
                            float first = frame.payload().getAtIndex(ValueLayout.JAVA_FLOAT, 0);
                            if (frame.isIntact()) {
                                System.out.println("frame " + frame.seq() + " begins with " + first);
                            }
                        },
                        10);
            }
            return consumer.counts().received();
        }
        // end: first
    }
}
