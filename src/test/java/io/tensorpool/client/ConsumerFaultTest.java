package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.support.ChildJvm;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Files truncated under a producer and a consumer: each fault costs a frame and nothing else, and both come back. The
 * child JVM is needed for its other compiler setting.
 */
class ConsumerFaultTest {
    private static final int FAULTS = 100;

    @Test
    void shouldDropCountAndRemap() {
        final long seed = System.nanoTime();
        final ConsumerFaultRig.Counts counts = ConsumerFaultRig.run(FAULTS, seed);

        assertThat(counts).as("seed %d", seed).isEqualTo(new ConsumerFaultRig.Counts(FAULTS, 0, 0, 0));
    }

    @Test
    void shouldDropCountAndRemapWithoutTieredCompilation() {
        final long seed = System.nanoTime();
        final ChildJvm.Result result = ChildJvm.run(
                List.of(),
                List.of("-XX:-TieredCompilation", "-Xmx256m"),
                ConsumerFaultRig.class,
                List.of(Integer.toString(FAULTS), Long.toString(seed)),
                60);

        assertThat(result.output())
                .as("seed %d", seed)
                .contains(new ConsumerFaultRig.Counts(FAULTS, 0, 0, 0).toString());
        assertThat(result.exitCode()).isZero();
    }
}
