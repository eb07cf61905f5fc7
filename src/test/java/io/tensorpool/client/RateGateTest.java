package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class RateGateTest {
    private static final long INTERVAL_NS = RateGate.intervalNs(100);

    private final RateGate gate = new RateGate();

    private int admitted(final long startNs, final long stepNs, final int frames, final long jitterNs) {
        final Random random = new Random(7);
        int admitted = 0;
        for (int i = 0; i < frames; i++) {
            final long jitter = jitterNs == 0 ? 0 : random.nextLong(jitterNs);
            admitted += gate.admits(startNs + i * stepNs + jitter, INTERVAL_NS) ? 1 : 0;
        }
        return admitted;
    }

    @Test
    void shouldKnowTheIntervalOfARate() {
        assertThat(RateGate.intervalNs(100)).isEqualTo(10_000_000);
        assertThat(RateGate.intervalNs(0)).as("no limit").isZero();
        assertThat(RateGate.intervalNs(-1)).as("unsigned").isZero();
    }

    @Test
    void shouldLetSoManyThroughPerSecond() {
        assertThat(admitted(5, 1_000_000, 1_000, 0)).as("of 1000 per second").isEqualTo(100);
    }

    @Test
    void shouldKeepTheRateWhenFramesDoNotComeInStep() {
        assertThat(admitted(5, 1_000_000, 10_000, 900_000)).isBetween(995, 1_001);
        assertThat(admitted(20_000_000_000L, 7_000_000, 1_000, 0))
                .as("of 143 per second")
                .isBetween(695, 705);
    }

    @Test
    void shouldLetEverythingThroughThatIsSlower() {
        assertThat(admitted(5, 10_000_000, 100, 0)).isEqualTo(100);
        assertThat(admitted(5_000_000_000L, 25_000_000, 100, 0)).isEqualTo(100);
    }

    @Test
    void shouldNotMakeUpForAPause() {
        assertThat(gate.admits(0, INTERVAL_NS)).isTrue();
        assertThat(gate.admits(50 * INTERVAL_NS, INTERVAL_NS)).isTrue();
        assertThat(gate.admits(50 * INTERVAL_NS + 1, INTERVAL_NS)).isFalse();
    }

    @Test
    void shouldGoOnWithAClockThatIsFarBehindOrAhead() {
        assertThat(gate.admits(Long.MAX_VALUE, INTERVAL_NS)).isTrue();
        assertThat(gate.admits(5, INTERVAL_NS)).isTrue();
        assertThat(gate.admits(6, INTERVAL_NS)).isFalse();
        assertThat(gate.admits(5 - 20 * INTERVAL_NS, INTERVAL_NS)).isTrue();
    }
}
