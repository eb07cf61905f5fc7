package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.support.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A file truncated under a reader in compiled code: the error comes out of the poll that made the access, and nowhere
 * else. The child JVM is needed for its other compiler setting.
 */
class TruncationFaultTest {
    private static final int FAULTS = 120;

    @Test
    void shouldKeepEveryFaultInsideThePollThatCausedIt() throws Exception {
        final long seed = System.nanoTime();
        final TruncationRig.Counts counts = TruncationRig.run(FAULTS, seed);
        assertThat(counts.accepted()).as("seed %d", seed).isGreaterThanOrEqualTo(TruncationRig.WARM_UP_CALLS);
        assertThat(counts).as("seed %d", seed).isEqualTo(new TruncationRig.Counts(FAULTS, 0, 0, counts.accepted()));
    }

    @Test
    void shouldKeepEveryFaultInsideThePollWithoutTieredCompilation() {
        final long seed = System.nanoTime();
        final ChildJvm.Result result = ChildJvm.run(
                List.of(),
                List.of("-XX:-TieredCompilation", "-Xmx256m"),
                TruncationRig.class,
                List.of(Integer.toString(FAULTS), Long.toString(seed)),
                60);
        assertThat(result.exitCode()).as(result.output()).isZero();
        assertThat(result.output()).as("seed %d", seed).contains("caught=" + FAULTS + ", surfaced=0, torn=0,");
    }
}
