package io.tensorpool.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NodeIdsTest {
    private static final long COOLDOWN_NS = 1_000;
    private final NodeIds ids = new NodeIds(COOLDOWN_NS);

    private void takeAll() {
        for (int i = 0; i < NodeIds.LAST; i++) {
            ids.take(NodeIds.NONE, 0);
        }
    }

    @Test
    void shouldGiveOutEachIdOfTheRangeOnce() {
        final Set<Integer> given = new HashSet<>();
        for (int i = 0; i < NodeIds.LAST; i++) {
            given.add(ids.take(NodeIds.NONE, 0));
        }

        assertThat(given).hasSize(1023).allMatch(id -> id >= 1 && id <= 1023);
    }

    @Test
    void shouldGiveNoneWhenAllAreTakenAndGoOnWhenOneIsFreeAgain() {
        takeAll();
        assertThat(ids.take(NodeIds.NONE, 0)).isEqualTo(NodeIds.NONE);

        ids.release(500, 10);

        assertThat(ids.take(NodeIds.NONE, 10 + COOLDOWN_NS - 1)).isEqualTo(NodeIds.NONE);
        assertThat(ids.take(NodeIds.NONE, 10 + COOLDOWN_NS)).isEqualTo(500);
        assertThat(ids.take(NodeIds.NONE, 10 + COOLDOWN_NS)).isEqualTo(NodeIds.NONE);
    }

    @Test
    void shouldGiveAWishedIdAndNotGiveItToOthers() {
        assertThat(ids.take(1, 0)).isEqualTo(1);
        assertThat(ids.isFree(1, 0)).isFalse();

        assertThat(ids.take(NodeIds.NONE, 0)).isEqualTo(2);
    }

    @Test
    void shouldFulfilWishesBeyondItsOwnRange() {
        for (final int wish : new int[] {0, 1024, 70_000, Integer.MIN_VALUE, -2}) {
            assertThat(ids.isFree(wish, 0)).as("%d", wish).isTrue();
            assertThat(ids.take(wish, 0)).isEqualTo(wish);
            assertThat(ids.isFree(wish, 0)).as("%d", wish).isFalse();
        }
        takeAll();
        assertThat(ids.isFree(4_000, 0)).isTrue();
    }

    @Test
    void shouldLetAnIdRestBeforeItIsGivenAgain() {
        ids.take(7, 0);
        ids.release(7, 100);

        assertThat(ids.isFree(7, 100 + COOLDOWN_NS - 1)).isFalse();
        assertThat(ids.isFree(7, 100 + COOLDOWN_NS)).isTrue();
    }

    @Test
    void shouldLetEachIdRestForItself() {
        ids.take(7, 0);
        ids.take(8, 0);
        ids.release(7, 100);
        ids.release(8, 600);

        assertThat(ids.isFree(7, 100 + COOLDOWN_NS)).isTrue();
        assertThat(ids.isFree(8, 100 + COOLDOWN_NS)).isFalse();
        assertThat(ids.isFree(8, 600 + COOLDOWN_NS)).isTrue();
    }

    @Test
    void shouldRestAcrossTheOverflowOfTheClock() {
        final long nowNs = Long.MAX_VALUE - 10;
        ids.take(7, nowNs);
        ids.release(7, nowNs);

        assertThat(ids.isFree(7, nowNs + COOLDOWN_NS - 1)).isFalse();
        assertThat(ids.isFree(7, nowNs + COOLDOWN_NS)).isTrue();
    }

    @Test
    void shouldTakeBackALeaseWithoutAnId() {
        takeAll();
        ids.release(NodeIds.NONE, 0);

        assertThat(ids.take(NodeIds.NONE, 10 * COOLDOWN_NS)).isEqualTo(NodeIds.NONE);
        assertThat(ids.isFree(5, 10 * COOLDOWN_NS)).isFalse();
    }
}
