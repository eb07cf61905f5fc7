package io.tensorpool.client;

import io.tensorpool.ProgressState;
import io.tensorpool.TensorShape;
import io.tensorpool.shm.EpochMapping;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * All slots of a producer's ring as buffers with fixed addresses, for camera libraries that are told their buffers before
 * they begin and fill them by themselves. {@link Producer#tryClaimAll} opens it; until it is closed the producer publishes
 * through it alone.
 *
 * <pre>{@code
 * FixedPool pool = new FixedPool();
 * if (producer.tryClaimAll(shape, pool) >= 0) {
 *     for (int i = 0; i < pool.size(); i++) sdk.announceBuffer(pool.claim(i).payload(), i);
 *     for (int i = 0; i < pool.size() / 2; i++) sdk.queueBuffer(i);  // the other half stays readable
 *     sdk.start((index, captureTimeNs) -> {                          // a buffer is filled; on the library's thread
 *         pool.claim(index).timestampNs(captureTimeNs).commit();
 *         int oldest = (index + pool.size() / 2) % pool.size();
 *         FrameClaim next = pool.claim(oldest);
 *         if (next.isOpen() || pool.queueClaim(next) >= 0) sdk.queueBuffer(oldest);  // open: it was never filled yet
 *     });
 * }
 * }</pre>
 *
 * <p><b>A buffer's life.</b> Its claim is open from the start; {@link FrameClaim#commit()} publishes it, {@link
 * FrameClaim#abort()} drops it, and {@link #queueClaim} opens it again. Consumers can read a frame until its claim is
 * queued again: so queue another, older one. (In the example the library has one half of the buffers and consumers the
 * other.)
 *
 * <p><b>Sequence numbers.</b> A slot only takes numbers that leave its index as remainder (wire specification 10.2.1). A
 * claim that is queued gets the smallest of these above all numbers given out so far. Claims that are queued and completed
 * in the order of their slots so number their frames without a gap; in another order numbers are skipped, and consumers
 * count them as a gap. Numbers of dropped frames are gaps, too. A frame that is committed after one with a larger number is
 * in the ring but not announced, because descriptors only go forward: {@link #OUT_OF_ORDER}.
 *
 * <p><b>Threads.</b> Opening hands the producer over to the pool. From then on each call takes it over from the call before,
 * whichever thread that was in, and sees all that was done there; so the callback thread of a library needs no ceremony, and
 * once the library has stopped, any thread can close the pool. Two calls at the same time are refused with {@link
 * IllegalStateException}.
 *
 * <p><b>Memory.</b> The buffers stay mapped until the pool is closed, even when the epoch is over or the producer is
 * closed, because a library may still write to them: stop it first, then close the pool. After {@link
 * Producer#EPOCH_CHANGED} nobody reads them any more; close the pool and open another one.
 */
public final class FixedPool implements AutoCloseable {
    /** The claim is none of this pool: it was opened by {@link Producer#tryClaim}, or belongs to another pool. */
    public static final long NOT_IN_POOL = -13;
    /** The pool is closed; its claims cannot be used any more. */
    public static final long POOL_CLOSED = -14;
    /** The frame is in the ring but was not announced, because a later one was before; counted. */
    public static final long OUT_OF_ORDER = -15;

    private static final VarHandle USER_VH;

    static {
        try {
            USER_VH = MethodHandles.lookup().findVarHandle(FixedPool.class, "user", Thread.class);
        } catch (final ReflectiveOperationException ex) {
            throw new ExceptionInInitializerError(ex);
        }
    }

    @SuppressWarnings("UnusedVariable") // through USER_VH
    private @Nullable Thread user;

    private @Nullable FrameClaims owner;
    private @Nullable EpochMapping mapping;
    private FrameClaim[] claims = {};
    private boolean isClosed;

    /** A pool that is not open. */
    public FixedPool() {}

    /** Claims the whole ring; all slots or none. */
    long open(final FrameClaims by, final ProducerBinding with, final long first, final TensorShape shape) {
        enter();
        try {
            if (owner != null || isClosed) {
                throw new IllegalStateException(by + ": a fixed pool is opened once; make another one");
            }
            final EpochMapping memory = with.mapping();
            if (!memory.retain()) {
                return Producer.NO_EPOCH;
            }
            final FrameClaim[] made = new FrameClaim[memory.nslots()];
            for (int i = 0; i < made.length; i++) {
                made[i] = new FrameClaim(this);
                final long result = by.claim(with, first + i, shape, made[i]);
                if (result < 0) {
                    end(by, memory, made, i);
                    return result;
                }
            }
            owner = by;
            mapping = memory;
            claims = made;
            return first;
        } finally {
            leave();
        }
    }

    private void end(final FrameClaims by, final EpochMapping memory, final FrameClaim[] opened, final int count) {
        for (int i = 0; i < count; i++) {
            by.drop(opened[i]);
            opened[i].release();
        }
        by.leave(this);
        memory.release();
    }

    /**
     * Buffers of the pool.
     *
     * @return as many as the ring has slots, a power of two; 0 before the pool is open.
     */
    public int size() {
        return claims.length;
    }

    /**
     * A buffer of the pool. It is the same object for the pool's life, and so is its payload.
     *
     * @param index 0 to {@code size() - 1}, in the order of the first sequence numbers.
     * @return its claim.
     * @throws IndexOutOfBoundsException if there is no such buffer.
     */
    public FrameClaim claim(final int index) {
        return claims[index];
    }

    /**
     * Opens a claim of this pool again, under the next sequence number that its slot can take. The frame that was in it is
     * gone from here on; if it was not committed, it is dropped.
     *
     * @param claim of this pool.
     * @return the new sequence number, at least 0; or {@link #NOT_IN_POOL}; or {@link #POOL_CLOSED}; or
     *     {@link Producer#EPOCH_CHANGED}: the buffers are not the stream's any more; or {@link Producer#CLOSED}: the
     *     producer is.
     * @throws IllegalStateException if another thread is in a call to this pool at the same time.
     */
    public long queueClaim(final FrameClaim claim) {
        if (claim.pool() != this) {
            return NOT_IN_POOL;
        }
        enter();
        try {
            return owner == null ? POOL_CLOSED : owner.queue(claim);
        } finally {
            leave();
        }
    }

    long commit(final FrameClaim claim, final TensorShape shape) {
        enter();
        try {
            return owner == null ? POOL_CLOSED : owner.commit(claim, shape);
        } finally {
            leave();
        }
    }

    long tell(final FrameClaim claim, final ProgressState state, final long filledBytes) {
        enter();
        try {
            return owner == null ? POOL_CLOSED : owner.tell(claim, state, filledBytes);
        } finally {
            leave();
        }
    }

    void abort(final FrameClaim claim) {
        enter();
        try {
            if (owner != null) {
                owner.drop(claim);
            }
        } finally {
            leave();
        }
    }

    /** Takes the producer over from the call before. */
    private void enter() {
        if (!USER_VH.compareAndSet(this, (Thread) null, Thread.currentThread())) {
            final Thread other = (Thread) USER_VH.getOpaque(this);
            throw new IllegalStateException("this fixed pool is used by "
                    + (other == null ? "another thread" : "thread '" + other.getName() + "'")
                    + " at this moment; its calls have to come one after the other");
        }
    }

    private void leave() {
        USER_VH.setRelease(this, (Thread) null);
    }

    /**
     * Drops the frames of all open claims and gives the memory back. The producer can be used for plain claims again, or for
     * another pool. Any thread; does nothing the second time. What writes to the buffers must have been stopped before.
     *
     * @throws IllegalStateException if another thread is in a call to this pool at the same time; the pool stays open.
     */
    @Override
    public void close() {
        enter();
        try {
            if (owner != null && mapping != null) {
                end(owner, mapping, claims, claims.length);
                owner = null;
                mapping = null;
            }
            isClosed = true;
        } finally {
            leave();
        }
    }

    @Override
    public String toString() {
        return "fixed pool of " + claims.length + " buffers";
    }
}
