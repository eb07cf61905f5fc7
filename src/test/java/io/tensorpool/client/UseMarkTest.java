package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two threads that meet at a mark as fast as they can. */
@Timeout(60)
class UseMarkTest {
    private static final long SECONDS = 3;

    private final UseMark mark = new UseMark();
    /** What the conductor withdraws and gives again. */
    private volatile boolean isWithdrawn;
    /** What must not be touched. */
    private volatile boolean isUnmapped;
    /** Written by both: what the owner stores waits behind these in its processor. */
    private final long[] contended = new long[64 * 16];

    private volatile boolean isOver;
    private long uses;
    private long touchedUnmapped;

    @Test
    void shouldNeverLetTheOwnerTouchWhatIsUnmapped() throws InterruptedException {
        final Thread owner = Thread.ofPlatform().start(() -> {
            while (!isOver) {
                use();
            }
        });
        long rounds = 0;
        final long endNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (System.nanoTime() - endNs < 0) {
            isWithdrawn = true;
            while (mark.isInUse()) {
                Thread.onSpinWait();
            }
            isUnmapped = true;
            for (int i = 0; i < 20; i++) {
                Thread.onSpinWait();
            }
            isUnmapped = false;
            contend(rounds);
            isWithdrawn = false;
            for (int i = 0; i < 20; i++) {
                Thread.onSpinWait();
            }
            rounds++;
        }
        isOver = true;
        owner.join();

        assertThat(rounds).isGreaterThan(100);
        assertThat(uses).as("the owner was inside").isGreaterThan(rounds);
        assertThat(touchedUnmapped).isZero();
    }

    private void contend(final long value) {
        for (int i = 0; i < contended.length; i += 16) {
            contended[i] = value;
        }
    }

    private void use() {
        contend(uses);
        mark.enter();
        if (!isWithdrawn) {
            uses++;
            for (int i = 0; i < 50; i++) {
                if (isUnmapped) {
                    touchedUnmapped++;
                }
            }
        }
        mark.leave();
    }
}
