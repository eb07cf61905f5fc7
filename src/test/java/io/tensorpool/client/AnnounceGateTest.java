package io.tensorpool.client;

import static io.tensorpool.ClockDomain.MONOTONIC;
import static io.tensorpool.ClockDomain.REALTIME_SYNCED;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.support.ManualClock;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Which announces count, in virtual time: the monotonic clock overflows on the way, the other one is ahead of it. */
class AnnounceGateTest {
    private static final long FRESHNESS_NS = TimeUnit.SECONDS.toNanos(3);
    private static final long JOIN_NS = Long.MAX_VALUE - TimeUnit.SECONDS.toNanos(1);
    private static final long WALL_NS = TimeUnit.DAYS.toNanos(20_000);

    private final ManualClock monotonic = new ManualClock(JOIN_NS);
    private final ManualClock wall = new ManualClock(WALL_NS);
    private final AnnounceCounts counts = new AnnounceCounts();
    private final AnnounceGate gate = new AnnounceGate(monotonic, wall::nanoTime, FRESHNESS_NS, counts);

    private void pass(final long ns) {
        monotonic.advance(ns);
        wall.advance(ns);
    }

    @Test
    void shouldAdmitWhatWasSaidSinceItJoined() {
        assertThat(gate.admits(JOIN_NS, MONOTONIC)).isTrue();
        pass(FRESHNESS_NS);
        assertThat(gate.admits(JOIN_NS, MONOTONIC)).isTrue();
        assertThat(counts.stale() + counts.beforeJoin()).isZero();
    }

    @Test
    void shouldIgnoreWhatIsOlderThanTheFreshnessWindow() {
        pass(FRESHNESS_NS + 1);

        assertThat(gate.admits(JOIN_NS, MONOTONIC)).isFalse();
        assertThat(gate.admits(WALL_NS, REALTIME_SYNCED)).isFalse();

        assertThat(counts.stale()).isEqualTo(2);
        assertThat(gate.admits(JOIN_NS + 1, MONOTONIC)).isTrue();
        assertThat(gate.admits(WALL_NS + 1, REALTIME_SYNCED)).isTrue();
    }

    @Test
    void shouldIgnoreWhatWasSaidBeforeItJoinedByItsOwnClockOnly() {
        assertThat(gate.admits(JOIN_NS - 1, MONOTONIC)).isFalse();
        assertThat(counts.beforeJoin()).isEqualTo(1);

        assertThat(gate.admits(WALL_NS - 1, REALTIME_SYNCED)).isTrue();
        assertThat(counts.stale()).isZero();
    }

    @Test
    void shouldIgnoreWhatWasSaidBeforeItJoinedAgain() {
        pass(1);
        gate.join();

        assertThat(gate.admits(JOIN_NS, MONOTONIC)).isFalse();
        assertThat(gate.admits(JOIN_NS + 1, MONOTONIC)).isTrue();
        assertThat(gate.admits(WALL_NS, REALTIME_SYNCED)).isTrue();
    }
}
