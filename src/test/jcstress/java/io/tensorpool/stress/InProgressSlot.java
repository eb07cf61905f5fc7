package io.tensorpool.stress;

import io.tensorpool.layout.SeqCommit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * A frame is claimed, of a length that takes the full fence, half written, and never committed. A reader has the
 * frame before it whole or not at all, and never the open one; once it has missed the former, the slot stays open.
 */
@JCStressTest
@Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "the frame before, whole; the other not yet open")
@Outcome(id = "0, 0, 1", expect = Expect.ACCEPTABLE, desc = "the frame before, whole; then the open one, refused")
@Outcome(id = "-1, -1, 1", expect = Expect.ACCEPTABLE, desc = "the frame before is gone, the open one refused")
@Outcome(expect = Expect.FORBIDDEN, desc = "something of the open frame was accepted")
@State
public class InProgressSlot {
    private final long cell = Cells.next();

    @Actor
    public void writer() {
        SeqCommit.markInProgress(Cells.SLAB, cell, 1, SeqCommit.FULL_FENCE_LENGTH_BYTES);
        Cells.writePayload(cell, 1);
    }

    @Actor
    public void reader(final III_Result result) {
        final long before = SeqCommit.committed(0);
        result.r1 = result.r2 = -1;
        if (SeqCommit.acquire(Cells.SLAB, cell) == before) {
            final int second = Cells.second(cell);
            final int first = Cells.first(cell);
            if (SeqCommit.stillHolds(Cells.SLAB, cell, before)) {
                result.r1 = first;
                result.r2 = second;
            }
        }
        result.r3 = SeqCommit.isCommitted(SeqCommit.acquire(Cells.SLAB, cell)) ? 0 : 1;
    }
}
