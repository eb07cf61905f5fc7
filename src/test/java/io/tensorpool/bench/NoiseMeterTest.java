package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.tensorpool.support.ManualClock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

class NoiseMeterTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long READ_NS = 1_000;

    private final ManualClock clock = new ManualClock(5);

    @Test
    void shouldFindNoGapsOnAQuietMachine() {
        final Noise noise = measure(read -> READ_NS);

        assertThat(noise.when()).isEqualTo("before all");
        assertThat(noise.seconds()).isCloseTo(1, within(1e-3));
        assertThat(noise.gapsPerSecond()).isZero();
        assertThat(noise.p99Us()).isZero();
        assertThat(noise.longestUs()).isZero();
        assertThat(noise.lostPercent()).isZero();
    }

    @Test
    void shouldCountGapsAboveTenMicrosecondsOnly() {
        final Noise noise = measure(read -> read % 1_000 == 0 ? 10_000 : read % 1_000 == 500 ? 10_001 : READ_NS);

        assertThat(noise.gapsPerSecond()).isCloseTo(SECOND_NS / (998 * READ_NS + 20_001.0), within(2.0));
        assertThat(noise.longestUs()).isCloseTo(10, within(0.05));
    }

    @Test
    void shouldTellHowLongGapsAre() {
        final AtomicLong gaps = new AtomicLong();
        final Noise noise =
                measure(read -> read % 1_000 != 0 ? READ_NS : gaps.incrementAndGet() % 200 == 0 ? 400_000 : 20_000);

        assertThat(noise.p99Us()).isCloseTo(20, within(0.1));
        assertThat(noise.longestUs()).isCloseTo(400, within(1.0));
        assertThat(noise.lostPercent()).isCloseTo(2.1, within(0.2));
    }

    @Test
    void shouldNotCountWhatHappensWhileItWarmsUp() {
        final AtomicLong reads = new AtomicLong();
        final Noise noise = measure(read -> reads.incrementAndGet() == 50 ? 50_000 : READ_NS);

        assertThat(reads.get()).isGreaterThan(50);
        assertThat(noise.gapsPerSecond()).isZero();
    }

    private Noise measure(final LongUnaryOperator stepNs) {
        final AtomicLong reads = new AtomicLong();
        return new NoiseMeter(() -> clock.advance(stepNs.applyAsLong(reads.incrementAndGet()))
                        .nanoTime())
                .measure("before all", SECOND_NS);
    }
}
