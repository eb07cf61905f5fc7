package io.tensorpool.support;

import io.tensorpool.Dtype;
import io.tensorpool.TensorShape;
import io.tensorpool.client.Consumer;
import io.tensorpool.client.Frame;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.FrameHandler;
import io.tensorpool.client.Producer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Frames whose every byte follows from their sequence number: how to publish one, and a handler that checks each. */
public final class FrameLog implements FrameHandler {
    public static final TensorShape SHAPE = TensorShape.of(Dtype.UINT8, 16, 50);

    private final List<Long> seqs = new ArrayList<>();
    private int torn;

    /** Publishes the next frame; returns what commit or claim answered. */
    public static long publish(final Producer producer, final FrameClaim claim) {
        final long seq = producer.tryClaim(SHAPE, claim);
        if (seq < 0) {
            return seq;
        }
        claim.payload().fill((byte) seq);
        return claim.commit();
    }

    /** Publishes so many frames, none of which may fail. */
    public static void publishAll(final Producer producer, final int frames) {
        final FrameClaim claim = new FrameClaim();
        for (int i = 0; i < frames; i++) {
            final long result = publish(producer, claim);
            if (result <= 0) {
                throw new AssertionError("frame " + i + " of " + frames + ": " + result);
            }
        }
    }

    @Override
    public void onFrame(final Frame frame) {
        final byte expected = (byte) frame.seq();
        final MemorySegment payload = frame.payload();
        boolean isWhole =
                payload.byteSize() == SHAPE.lengthBytes() && frame.shape().equals(SHAPE);
        for (long i = 0; i < payload.byteSize(); i++) {
            isWhole &= payload.get(ValueLayout.JAVA_BYTE, i) == expected;
        }
        if (frame.isIntact()) {
            seqs.add(frame.seq());
            torn += isWhole ? 0 : 1;
        }
    }

    /** Polls until so many frames have come in all. */
    public FrameLog await(final Consumer consumer, final int frames) {
        Await.until(
                () -> frames + " frames; " + consumer + ", " + seqs.size() + " intact",
                () -> consumer.poll(this, 10),
                () -> seqs.size() >= frames);
        return this;
    }

    /** Publishes and polls until frames come through again. */
    public void awaitFlow(final Producer producer, final Consumer consumer) {
        final int before = seqs.size();
        final FrameClaim claim = new FrameClaim();
        Await.until(
                () -> "frames flow; " + producer + " " + consumer,
                () -> {
                    publish(producer, claim);
                    return consumer.poll(this, 10);
                },
                () -> seqs.size() > before + 10);
    }

    public List<Long> seqs() {
        return seqs;
    }

    /** Frames said to be intact whose content was another. */
    public int torn() {
        return torn;
    }
}
