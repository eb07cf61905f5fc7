package io.tensorpool.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LatencyRecorderTest {
    private final LatencyRecorder latencies = new LatencyRecorder();

    @Test
    void shouldReportPercentiles() {
        for (int i = 1; i <= 10_000; i++) {
            latencies.record(i * 1_000L);
        }
        assertThat(latencies.count()).isEqualTo(10_000);
        assertThat(latencies.percentileNs(50)).isCloseTo(5_000_000, within(10_000L));
        assertThat(latencies.percentileNs(99)).isCloseTo(9_900_000, within(20_000L));
        assertThat(latencies.percentileNs(99.9)).isCloseTo(9_990_000, within(20_000L));
    }

    @Test
    void shouldReportZeroWhenNothingWasRecorded() {
        assertThat(latencies.percentileNs(50)).isZero();
        assertThat(latencies.percentileNs(99.9)).isZero();
    }

    @Test
    void shouldCountWhatLiesOutsideItsRangeAsTheNearest() {
        latencies.record(-5);
        assertThat(latencies.percentileNs(50)).isZero();
        latencies.record(Long.MAX_VALUE);
        latencies.record(Long.MAX_VALUE);
        assertThat(latencies.count()).isEqualTo(3);
        assertThat(latencies.percentileNs(50)).isCloseTo(3_600_000_000_000L, within(3_600_000_000L));
    }
}
