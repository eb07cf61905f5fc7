package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.support.ManualClock;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WindowTest {
    private static final long SECOND_NS = TimeUnit.SECONDS.toNanos(1);

    private final ManualClock clock = new ManualClock(77);
    private final Counted counted = new Counted();
    private final Window window = new Window(new Timing(2, 3), counted, clock);

    private static final class Counted implements Window.Counts {
        private long frames;

        @Override
        public long frames() {
            return frames;
        }

        @Override
        public long published() {
            return 2 * frames;
        }

        @Override
        public long backPressured() {
            return 3 * frames;
        }
    }

    private boolean isOverAfter(final long frames, final long byNs) {
        counted.frames += frames;
        clock.advance(byNs);
        return window.isOver();
    }

    private void assertFigures(final Map<String, Long> expected) {
        final Map<String, Long> figures = window.figures();
        assertThat(figures)
                .containsOnlyKeys(
                        "frames",
                        "elapsed_ns",
                        "published",
                        "back_pressured",
                        "cpu_ns",
                        "from_ns",
                        "to_ns",
                        "allocated_bytes",
                        "conductor_allocated_bytes");
        assertThat(figures).containsAllEntriesOf(expected);
        assertThat(figures.get("cpu_ns")).isNotNegative();
    }

    @Test
    void shouldCountOnlyWhatIsBehindTheWarmUp() {
        assertThat(isOverAfter(100, 2 * SECOND_NS - 1)).isFalse();
        assertThat(window.isMeasuring()).isFalse();
        assertThat(isOverAfter(10, 1)).isFalse();
        assertThat(window.isMeasuring()).isTrue();
        assertThat(isOverAfter(5, 3 * SECOND_NS - 1)).isFalse();
        assertThat(isOverAfter(1, 11)).isTrue();
        assertThat(isOverAfter(1000, SECOND_NS)).isTrue();

        assertFigures(Map.of("frames", 6L, "elapsed_ns", 3 * SECOND_NS + 10, "published", 12L, "back_pressured", 18L));
    }

    @Test
    void shouldEndWhenItIsAsked() {
        isOverAfter(100, 2 * SECOND_NS);
        isOverAfter(5, SECOND_NS);

        assertFigures(Map.of("frames", 5L, "elapsed_ns", SECOND_NS));
    }
}
