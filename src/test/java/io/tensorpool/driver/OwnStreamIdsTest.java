package io.tensorpool.driver;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.protocol.OwnStream;
import org.junit.jupiter.api.Test;

class OwnStreamIdsTest {
    @Test
    void shouldGiveEachIdOfTheRangeOnce() {
        final OwnStreamIds ids = new OwnStreamIds(new StreamIdRange(10, 12));

        assertThat(ids.take(11)).isEqualTo(11);
        assertThat(ids.take(11)).isEqualTo(10);
        assertThat(ids.take(9)).isEqualTo(12);
        assertThat(ids.take(10)).isZero();

        ids.release(new OwnStream("aeron:ipc", 11));
        ids.release(OwnStream.NONE);
        assertThat(ids.take(12)).as("free at once").isEqualTo(11);
        assertThat(ids.take(12)).isZero();
    }

    @Test
    void shouldKnowRangesOfUnsignedIds() {
        final OwnStreamIds ids = new OwnStreamIds(new StreamIdRange(0x7FFF_FFFF, 0x8000_0000));

        assertThat(ids.take(1)).isEqualTo(0x7FFF_FFFF);
        assertThat(ids.take(1)).isEqualTo(0x8000_0000);
        assertThat(ids.take(1)).isZero();
    }

    @Test
    void shouldHaveNoneWithoutARange() {
        assertThat(new OwnStreamIds(null).take(31_000)).isZero();
    }
}
