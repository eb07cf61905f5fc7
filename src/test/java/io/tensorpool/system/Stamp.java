package io.tensorpool.system;

import io.tensorpool.Dtype;
import io.tensorpool.TensorShape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What the test's producers write into a frame: which producer it was, which of its leases, counted from 1, and which frame
 * of that lease.
 */
record Stamp(long producerId, long lease, long seq) {
    static final TensorShape SHAPE = TensorShape.of(Dtype.UINT64, 64);

    /** The rest of the frame repeats the stamp, so that a torn one shows. */
    void write(final MemorySegment payload) {
        payload.setAtIndex(ValueLayout.JAVA_LONG, 0, producerId);
        payload.setAtIndex(ValueLayout.JAVA_LONG, 1, lease);
        payload.setAtIndex(ValueLayout.JAVA_LONG, 2, seq);
        for (long i = 3; i < SHAPE.lengthBytes() / Long.BYTES; i++) {
            payload.setAtIndex(ValueLayout.JAVA_LONG, i, filling());
        }
    }

    /** The stamp in a frame; the rest of it may say something else. */
    static Stamp read(final MemorySegment payload) {
        return new Stamp(
                payload.getAtIndex(ValueLayout.JAVA_LONG, 0),
                payload.getAtIndex(ValueLayout.JAVA_LONG, 1),
                payload.getAtIndex(ValueLayout.JAVA_LONG, 2));
    }

    boolean fills(final MemorySegment payload) {
        boolean fills = payload.byteSize() == SHAPE.lengthBytes();
        for (long i = 3; i < payload.byteSize() / Long.BYTES; i++) {
            fills &= payload.getAtIndex(ValueLayout.JAVA_LONG, i) == filling();
        }
        return fills;
    }

    private long filling() {
        return producerId << 48 | lease << 32 | seq;
    }

    /** Without the frame: who wrote. */
    Stamp writer() {
        return new Stamp(producerId, lease, 0);
    }
}
