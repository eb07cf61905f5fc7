package io.tensorpool.bench;

import io.tensorpool.Dtype;
import io.tensorpool.TensorPoolException;
import io.tensorpool.TensorShape;
import io.tensorpool.client.FrameClaim;
import io.tensorpool.client.Producer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Publishes one frame after the other with the work that a setting asks for. One thread. */
final class FrameSender implements Sender {
    private static final int SOURCE_ALIGNMENT_BYTES = 64;

    private final Producer producer;
    private final Work work;
    private final TensorShape shape;
    private final MemorySegment source;
    private final FrameClaim claim = new FrameClaim();
    private long published;
    private long backPressured;

    FrameSender(final Producer producer, final Setting setting) {
        this.producer = producer;
        this.work = setting.work();
        this.shape = TensorShape.of(Dtype.UINT8, setting.sizeBytes());
        this.source = work == Work.COPIED
                ? Arena.ofAuto()
                        .allocate(setting.sizeBytes(), SOURCE_ALIGNMENT_BYTES)
                        .fill((byte) 1)
                : MemorySegment.NULL;
    }

    /** Frames that were announced. */
    @Override
    public long published() {
        return published;
    }

    @Override
    public long backPressured() {
        return backPressured;
    }

    /** A frame, stamped with the time of its claim. */
    @Override
    public void send() {
        if (work == Work.COPIED) {
            count(producer.offer(shape, source));
        } else {
            claim();
            count(claim.commit());
        }
    }

    @Override
    public void send(final long dueNs) {
        if (work == Work.COPIED) {
            count(producer.offer(shape, source, dueNs, 0, 0));
        } else {
            claim();
            count(claim.timestampNs(dueNs).commit());
        }
    }

    private void claim() {
        final long seq = producer.tryClaim(shape, claim);
        if (seq < 0) {
            throw failed(seq);
        }
        if (work == Work.TOUCHED) {
            claim.payload().fill((byte) seq);
        }
    }

    private void count(final long result) {
        if (result >= 0) {
            published++;
        } else if (result == Producer.BACK_PRESSURED) {
            backPressured++;
        } else {
            throw failed(result);
        }
    }

    private TensorPoolException failed(final long code) {
        return new TensorPoolException(
                producer + ": no frame of " + shape.lengthBytes() + " bytes can be published: code " + code
                        + (code == Producer.TOO_LARGE ? ", larger than every pool of the stream" : ""));
    }
}
