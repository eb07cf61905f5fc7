package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.support.ManualClock;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class PacerTest {
    private static final long START_NS = 5_000;
    private static final long PERIOD_NS = TimeUnit.MILLISECONDS.toNanos(1);

    private final ManualClock clock = new ManualClock(START_NS);
    private final Pacer pacer = new Pacer(1000, clock);

    @Test
    void shouldSayWhenASlotWasDueHoweverLate() {
        assertThat(pacer.awaitSlot(() -> false)).isEqualTo(START_NS);
        clock.advance(7 * PERIOD_NS + 3);
        for (int slot = 1; slot <= 7; slot++) { // made up for at once: the clock stands still
            assertThat(pacer.awaitSlot(() -> false)).isEqualTo(START_NS + slot * PERIOD_NS);
        }
    }

    @Test
    void shouldWaitUntilTheSlotIsDue() {
        pacer.awaitSlot(() -> false);
        final AtomicInteger looks = new AtomicInteger();

        final long slotNs = pacer.awaitSlot(() -> {
            clock.advance(PERIOD_NS / 10);
            return looks.incrementAndGet() > 100;
        });

        assertThat(slotNs).isEqualTo(START_NS + PERIOD_NS);
        assertThat(looks).hasValue(10);
    }

    @Test
    void shouldStopWaitingWhenTold() {
        pacer.awaitSlot(() -> false);
        assertThat(pacer.awaitSlot(() -> true)).isEqualTo(START_NS + PERIOD_NS);
        assertThat(clock.nanoTime()).isEqualTo(START_NS);
    }

    @Test
    void shouldNotWaitWithoutARate() {
        final Pacer unpaced = new Pacer(0, clock);
        for (int slot = 0; slot < 3; slot++) {
            assertThat(unpaced.awaitSlot(() -> false)).isEqualTo(START_NS);
        }
    }
}
