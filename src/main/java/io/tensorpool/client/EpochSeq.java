package io.tensorpool.client;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A sequence number and the epoch that it belongs to. Written by an application's thread, read by the conductor. */
final class EpochSeq {
    private static final VarHandle SEQ_VH;
    private static final VarHandle EPOCH_VH;

    static {
        try {
            final MethodHandles.Lookup lookup = MethodHandles.lookup();
            SEQ_VH = lookup.findVarHandle(EpochSeq.class, "seq", long.class);
            EPOCH_VH = lookup.findVarHandle(EpochSeq.class, "epoch", long.class);
        } catch (final ReflectiveOperationException ex) {
            throw new ExceptionInInitializerError(ex);
        }
    }

    private long seq;

    @SuppressWarnings("UnusedVariable") // through EPOCH_VH
    private long epoch;

    /** Owner: another epoch begins, with number 0. */
    void begin(final long newEpoch) {
        SEQ_VH.setOpaque(this, 0L);
        EPOCH_VH.setRelease(this, newEpoch);
    }

    /** Owner: moves on. */
    void set(final long newSeq) {
        SEQ_VH.setOpaque(this, newSeq);
    }

    /** Owner: the number. */
    long get() {
        return seq;
    }

    /** Conductor: the number in an epoch; 0 if it is of another. */
    long in(final long ofEpoch) {
        return (long) EPOCH_VH.getAcquire(this) == ofEpoch ? (long) SEQ_VH.getOpaque(this) : 0;
    }
}
