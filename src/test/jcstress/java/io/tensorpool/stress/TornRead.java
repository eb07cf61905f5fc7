package io.tensorpool.stress;

import io.tensorpool.layout.SeqCommit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/** A frame is overwritten while it is read: the reader has one frame whole, or none. */
@JCStressTest
@Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "the old frame, whole")
@Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "the new frame, whole")
@Outcome(id = "-1, -1, -1", expect = Expect.ACCEPTABLE, desc = "dropped")
@Outcome(expect = Expect.FORBIDDEN, desc = "a mixture was accepted")
@State
public class TornRead {
    private final long cell = Cells.next();

    @Actor
    public void writer() {
        SeqCommit.markInProgress(Cells.SLAB, cell, 1, 16);
        Cells.writePayload(cell, 1);
        SeqCommit.commit(Cells.SLAB, cell, 1);
    }

    @Actor
    public void reader(final III_Result result) {
        final long word = SeqCommit.acquire(Cells.SLAB, cell);
        final int second = Cells.second(cell);
        final int first = Cells.first(cell);
        if (SeqCommit.isCommitted(word) && SeqCommit.stillHolds(Cells.SLAB, cell, word)) {
            result.r1 = (int) SeqCommit.seq(word);
            result.r2 = first;
            result.r3 = second;
        } else {
            result.r1 = result.r2 = result.r3 = -1;
        }
    }
}
