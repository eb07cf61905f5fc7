package io.tensorpool.stress;

import io.tensorpool.layout.SeqCommit;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * An epoch takes the place of another while a reader polls: sequence numbers start again, so that the same number is a
 * frame of the old epoch in the old memory and of the new one in the new memory. The reader holds the record of one
 * epoch, published with release and read with acquire, and gets a frame of that epoch, whole, or none.
 */
@JCStressTest
@Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "the frame of the old epoch, whole")
@Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "the frame of the new epoch, whole")
@Outcome(id = "0, -1, -1", expect = Expect.ACCEPTABLE, desc = "old epoch: dropped, the frame is gone")
@Outcome(expect = Expect.FORBIDDEN, desc = "a frame of another epoch, a mixture, or an unfinished epoch")
@State
public class EpochSwap {
    private static final VarHandle ATTACHMENT;

    static {
        try {
            ATTACHMENT = MethodHandles.lookup().findVarHandle(EpochSwap.class, "attachment", Attachment.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** What a conductor hands to a consumer: which epoch, and where it is. */
    private record Attachment(int epoch, long cell) {}

    private final long oldCell = Cells.next();
    private final long newCell = Cells.next();

    @SuppressWarnings("unused") // through its handle
    private Attachment attachment = new Attachment(0, oldCell);

    @Actor
    public void driverAndProducer() {
        SeqCommit.markInProgress(Cells.SLAB, newCell, 0, 16);
        Cells.writePayload(newCell, 1);
        SeqCommit.commit(Cells.SLAB, newCell, 0);
        ATTACHMENT.setRelease(this, new Attachment(1, newCell));
        SeqCommit.markInProgress(Cells.SLAB, oldCell, 1, 16);
        Cells.writePayload(oldCell, 7);
    }

    @Actor
    public void consumer(final III_Result result) {
        final Attachment seen = (Attachment) ATTACHMENT.getAcquire(this);
        final long expected = SeqCommit.committed(0);
        result.r1 = seen.epoch;
        result.r2 = result.r3 = -1;
        if (SeqCommit.acquire(Cells.SLAB, seen.cell) == expected) {
            final int second = Cells.second(seen.cell);
            final int first = Cells.first(seen.cell);
            if (SeqCommit.stillHolds(Cells.SLAB, seen.cell, expected)) {
                result.r2 = first;
                result.r3 = second;
            }
        }
    }
}
