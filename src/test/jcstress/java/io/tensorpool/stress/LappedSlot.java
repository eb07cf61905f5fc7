package io.tensorpool.stress;

import io.tensorpool.layout.SeqCommit;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** The writer goes round twice while a reader looks for the frame in between: that frame whole, or none. */
@JCStressTest
@Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "the frame that was asked for, whole")
@Outcome(id = "-1, -1", expect = Expect.ACCEPTABLE, desc = "dropped: too early or too late")
@Outcome(expect = Expect.FORBIDDEN, desc = "another frame or a mixture was accepted")
@State
public class LappedSlot {
    private final long cell = Cells.next();

    @Actor
    public void writer() {
        for (long seq = 1; seq <= 2; seq++) {
            SeqCommit.markInProgress(Cells.SLAB, cell, seq, 16);
            Cells.writePayload(cell, seq);
            SeqCommit.commit(Cells.SLAB, cell, seq);
        }
    }

    @Actor
    public void reader(final II_Result result) {
        final long expected = SeqCommit.committed(1);
        result.r1 = result.r2 = -1;
        if (SeqCommit.acquire(Cells.SLAB, cell) == expected) {
            final int second = Cells.second(cell);
            final int first = Cells.first(cell);
            if (SeqCommit.stillHolds(Cells.SLAB, cell, expected)) {
                result.r1 = first;
                result.r2 = second;
            }
        }
    }
}
