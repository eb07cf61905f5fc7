package consumer;

import io.tensorpool.Dtype;
import io.tensorpool.TensorShape;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import io.tensorpool.embedded.TensorPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;

/** The example of the README, with the media driver added: a frame goes through shared memory and back. */
public final class TenLines {
    private static final long DEADLINE_NS = TimeUnit.SECONDS.toNanos(10);
    private static final short PIXEL = 0x1234;

    private static long received;

    private TenLines() {}

    public static void main(final String[] args) {
        try (TensorPool pool = TensorPool.launchEmbedded();
                Producer camera = pool.client().addProducer(10_000);
                Consumer viewer = pool.client().addConsumer(10_000)) {
            final TensorShape shape = TensorShape.of(Dtype.UINT16, 1024, 1280);
            final FrameClaim claim = new FrameClaim();

            final long claimed = camera.tryClaim(shape, claim);
            if (claimed < 0) {
                throw new AssertionError("claim: " + claimed);
            }
            if (claim.payload().byteSize() != shape.lengthBytes()) {
                throw new AssertionError("payload of " + claim.payload().byteSize() + " bytes");
            }
            claim.payload().set(ValueLayout.JAVA_SHORT, 0, PIXEL);
            final long committed = claim.commit();
            if (committed < 0) {
                throw new AssertionError("commit: " + committed);
            }

            final long startNs = System.nanoTime();
            while (received == 0 && System.nanoTime() - startNs < DEADLINE_NS) {
                viewer.poll(
                        frame -> {
                            final MemorySegment pixels = frame.payload();
                            if (pixels.get(ValueLayout.JAVA_SHORT, 0) == PIXEL && frame.isIntact()) {
                                received++;
                            }
                        },
                        10);
                Thread.onSpinWait();
            }
        }
        if (received != 1) {
            throw new AssertionError("received " + received + " frames instead of 1");
        }
        System.out.println("ten lines: the frame arrived");
    }
}
