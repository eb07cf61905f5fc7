package io.tensorpool.stress;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;

/**
 * {@link TornRead} as it would be with the release and acquire accesses alone: deliberately broken, to show what the
 * fences are for. A mixture is allowed here, and expected on machines that reorder stores; whether it was seen is what
 * {@link StressRun} reports at the end. Where it is not seen, as may be on x86-64, nothing is done to provoke it.
 */
@JCStressTest
@Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "the old frame, whole")
@Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "the new frame, whole")
@Outcome(id = "-1, -1, -1", expect = Expect.ACCEPTABLE, desc = "dropped")
@Outcome(expect = Expect.ACCEPTABLE_INTERESTING, desc = "a mixture was accepted: what the fences prevent")
@State
public class BrokenWithoutFences {
    private static final VarHandle WORD =
            MemoryLayout.structLayout(ValueLayout.JAVA_LONG).varHandle(MemoryLayout.PathElement.groupElement(0));

    private final long cell = Cells.next();

    @Actor
    public void writer() {
        WORD.setRelease(Cells.SLAB, cell, 2L);
        Cells.writePayload(cell, 1);
        WORD.setRelease(Cells.SLAB, cell, 3L);
    }

    @Actor
    public void reader(final III_Result result) {
        final long word = (long) WORD.getAcquire(Cells.SLAB, cell);
        final int second = Cells.second(cell);
        final int first = Cells.first(cell);
        if ((word & 1) != 0 && (long) WORD.getAcquire(Cells.SLAB, cell) == word) {
            result.r1 = (int) (word >>> 1);
            result.r2 = first;
            result.r3 = second;
        } else {
            result.r1 = result.r2 = result.r3 = -1;
        }
    }
}
