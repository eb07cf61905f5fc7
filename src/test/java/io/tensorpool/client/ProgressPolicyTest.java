package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Dtype;
import io.tensorpool.ProgressHints;
import io.tensorpool.ProgressState;
import io.tensorpool.ProgressUnit;
import io.tensorpool.TensorShape;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How often progress is told, and in which order it may be offered. */
class ProgressPolicyTest {
    private static final ProgressLimits LIMITS = new ProgressLimits(250_000, 65_536, 100_000, 4_096, 2);
    private static final TensorShape ROWS =
            TensorShape.of(Dtype.UINT8, 64, 1_000).withProgress(ProgressUnit.ROWS);
    private static final TensorShape PLAIN = TensorShape.of(Dtype.UINT8, 64, 1_000);

    private static ProgressHints hints(final int intervalUs, final int bytesDelta, final int majorDeltaUnits) {
        return new ProgressHints(true, intervalUs, bytesDelta, majorDeltaUnits);
    }

    private static ProgressPolicy of(final ProgressHints... hints) {
        return ProgressPolicy.of(LIMITS, Arrays.asList(hints));
    }

    @Test
    void shouldTakeTheProducersDefaultsWhereNobodyWishesAnything() {
        assertThat(of(ProgressHints.ANY, ProgressHints.ANY)).isEqualTo(new ProgressPolicy(250_000, 65_536, 0));
        assertThat(ProgressLimits.DEFAULT.intervalNs()).isEqualTo(250_000);
        assertThat(ProgressLimits.DEFAULT.bytesDelta()).isEqualTo(65_536);
    }

    @Test
    void shouldTakeTheSmallestWishOfEachKind() {
        assertThat(of(hints(500, -1, 20), hints(900, 8_192, 0), hints(-1, 100_000, 10), ProgressHints.ANY))
                .isEqualTo(new ProgressPolicy(500_000, 8_192, 10));
    }

    @Test
    void shouldNotGoBelowTheProducersLimits() {
        assertThat(of(hints(0, 0, 1))).isEqualTo(new ProgressPolicy(100_000, 4_096, 2));
    }

    @Test
    void shouldTakeLargeWishesAsUnsigned() {
        assertThat(of(hints(-2, -2, -2)))
                .isEqualTo(new ProgressPolicy(4_294_967_294_000L, 4_294_967_294L, 4_294_967_294L));
    }

    @ParameterizedTest
    @CsvSource({
        "249999, 65536, false",
        "250000, 65535, false",
        "250000, 65536, true",
        "9000000000, 0, false",
        "250000, 2999, false",
    })
    void shouldTellOncePerIntervalAndOnlyOfGrowth(final long sinceNs, final long growth, final boolean isTold) {
        assertThat(of().admits(sinceNs, growth, PLAIN)).isEqualTo(isTold);
        assertThat(of(hints(-1, -1, 3)).admits(sinceNs, growth, ROWS))
                .isEqualTo(isTold || (sinceNs >= 250_000 && growth >= 3_000));
    }

    @ParameterizedTest
    @CsvSource({"250000, 3000, true", "250000, 2999, false", "249999, 3000, false"})
    void shouldTellOfRowsWhereTheShapeHasThem(final long sinceNs, final long growth, final boolean isTold) {
        final ProgressPolicy policy = of(hints(-1, -1, 3));

        assertThat(policy.admits(sinceNs, growth, ROWS)).isEqualTo(isTold);
        assertThat(policy.admits(sinceNs, growth, PLAIN)).isFalse();
    }

    @Test
    void shouldRefuseLimitsThatContradictEachOther() {
        assertThatThrownBy(() -> new ProgressLimits(10, 4_096, 11, 1, 1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("intervalNs = 10: expected at least 11");
        assertThatThrownBy(() -> new ProgressLimits(10, 10, 0, 11, 1)).hasMessageContaining("bytesDelta = 10");
        assertThatThrownBy(() -> new ProgressLimits(10, 10, -1, 1, 1)).hasMessageContaining("minIntervalNs = -1");
        assertThatThrownBy(() -> new ProgressLimits(10, 10, 0, 0, 1)).hasMessageContaining("minBytesDelta = 0");
        assertThatThrownBy(() -> new ProgressLimits(10, 10, 0, 1, 0)).hasMessageContaining("minMajorDeltaUnits = 0");
    }

    @Test
    void shouldTellStartAndEndWheneverTheyAreAndTheRestWhenItIsDue() {
        final ProgressPolicy policy = of();
        final ClaimProgress claim = new ClaimProgress();
        claim.advance(ProgressState.STARTED, 0, 200_000);
        assertThat(claim.isDue(policy, 0, PLAIN)).isTrue();
        claim.onTold(1_000);
        claim.advance(ProgressState.PROGRESS, 70_000, 200_000);
        assertThat(claim.isDue(policy, 250_999, PLAIN)).isFalse();
        assertThat(claim.isDue(policy, 251_000, PLAIN)).isTrue();
        claim.onTold(251_000);
        claim.advance(ProgressState.PROGRESS, 130_000, 200_000);
        assertThat(claim.isDue(policy, 900_000, PLAIN)).isFalse();
        claim.advance(ProgressState.PROGRESS, 140_000, 200_000);
        assertThat(claim.isDue(policy, 900_000, PLAIN)).isTrue();
        claim.advance(ProgressState.COMPLETE, 140_000, 200_000);
        assertThat(claim.isDue(policy, 251_001, PLAIN)).isTrue();
    }

    /** Who comes in the middle of a frame hears of it at once, and so does everybody after back pressure. */
    @Test
    void shouldTellAtOnceWhereNothingWasToldYet() {
        final ClaimProgress claim = new ClaimProgress();
        claim.advance(ProgressState.STARTED, 0, 10);
        claim.advance(ProgressState.PROGRESS, 1, 10);
        assertThat(claim.isDue(of(), 0, PLAIN)).isTrue();
        assertThat(claim.isTold()).isFalse();
    }

    @Test
    void shouldOnlyGoForward() {
        final List<ProgressState> order =
                List.of(ProgressState.STARTED, ProgressState.PROGRESS, ProgressState.COMPLETE);
        for (int before = -1; before < 3; before++) {
            for (int next = 0; next < 3; next++) {
                final ClaimProgress claim = new ClaimProgress();
                for (int i = 0; i <= before; i++) {
                    claim.advance(order.get(i), 5, 10);
                }
                final ProgressState state = order.get(next);
                final boolean isAllowed = before == -1 ? next == 0 : next > before || (next == 1 && before == 1);
                if (isAllowed) {
                    claim.advance(state, 5, 10);
                    assertThat(claim.state()).isEqualTo(state);
                } else {
                    assertThatThrownBy(() -> claim.advance(state, 5, 10))
                            .isInstanceOf(IllegalStateException.class)
                            .hasMessageStartingWith("progress " + state + " after ");
                }
            }
        }
    }

    @Test
    void shouldRefuseLessThanBeforeAndMoreThanThereIs() {
        final ClaimProgress claim = new ClaimProgress();
        claim.advance(ProgressState.STARTED, 4, 10);

        assertThatThrownBy(() -> claim.advance(ProgressState.PROGRESS, 3, 10))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("progress of 3 bytes: expected 4, where it was, to 10");
        assertThatThrownBy(() -> claim.advance(ProgressState.PROGRESS, 11, 10))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> claim.advance(ProgressState.PROGRESS, -1, 10))
                .isInstanceOf(IllegalArgumentException.class);
        claim.advance(ProgressState.PROGRESS, 4, 10);
        claim.advance(ProgressState.PROGRESS, 10, 10);
        assertThat(claim.filledBytes()).isEqualTo(10);
        claim.reset();
        claim.advance(ProgressState.STARTED, 0, 10);
    }
}
