package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class AllocationMeterTest {
    private static final int KILOBYTES = 1 << 10;

    /** Where arrays go, so that they are made. */
    private volatile byte[] made = new byte[0];

    @Test
    void shouldCountNothingWhereNothingIsAllocated() {
        final AllocationMeter meter = new AllocationMeter("no such thread");

        meter.begin();
        meter.end();

        assertThat(figures(meter)).containsEntry("allocated_bytes", 0L).containsEntry("conductor_allocated_bytes", 0L);
    }

    @Test
    void shouldCountWhatThisThreadAllocatesBetweenTheTwoMoments() {
        final AllocationMeter meter = new AllocationMeter("no such thread");
        final long fromNs = System.nanoTime();

        made = new byte[100 * KILOBYTES];
        meter.begin();
        made = new byte[10 * KILOBYTES];
        meter.end();
        made = new byte[100 * KILOBYTES];

        final Map<String, Long> figures = figures(meter);
        assertThat(figures.get("allocated_bytes")).isBetween(10L * KILOBYTES, 12L * KILOBYTES);
        assertThat(figures.get("from_ns")).isBetween(fromNs, System.nanoTime());
        assertThat(figures.get("to_ns")).isBetween(figures.get("from_ns"), System.nanoTime());
    }

    @Test
    @Timeout(30)
    void shouldCountWhatTheConductorAllocates() throws InterruptedException {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch allocated = new CountDownLatch(1);
        final CountDownLatch over = new CountDownLatch(1);
        final Thread conductor = Thread.ofPlatform().name("metered conductor").start(() -> {
            awaitQuietly(begun);
            made = new byte[10 * KILOBYTES];
            allocated.countDown();
            awaitQuietly(over);
        });
        final AllocationMeter meter = new AllocationMeter("metered conductor");

        meter.begin();
        begun.countDown();
        allocated.await();
        meter.end();
        over.countDown();
        conductor.join();

        assertThat(figures(meter).get("conductor_allocated_bytes")).isBetween(10L * KILOBYTES, 100L * KILOBYTES);
        assertThat(figures(meter).get("allocated_bytes")).isLessThan(10L * KILOBYTES);
    }

    private static void awaitQuietly(final CountDownLatch latch) {
        try {
            latch.await();
        } catch (final InterruptedException ex) {
            Thread.currentThread().interrupt();
        }
    }

    private static Map<String, Long> figures(final AllocationMeter meter) {
        final Map<String, Long> figures = new LinkedHashMap<>();
        meter.addTo(figures);
        return figures;
    }
}
