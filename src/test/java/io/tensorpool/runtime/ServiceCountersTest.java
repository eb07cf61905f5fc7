package io.tensorpool.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Counters without Aeron; among Aeron's they are shown by the tests of the services. */
class ServiceCountersTest {
    private final ServiceCounters counters = new ServiceCounters(null, "test");

    @Test
    void shouldHaveEveryCounterByItsLabelInTheOrderOfTheirMaking() {
        final ServiceCounters.Tally plain = counters.add("plain");
        final ServiceCounters.Tally rare = counters.rare("rare");
        counters.add("third");
        assertThat(counters.values())
                .containsExactly(Map.entry("plain", 0L), Map.entry("rare", 0L), Map.entry("third", 0L));

        plain.increment();
        rare.increment();
        rare.increment();

        assertThat(counters.values())
                .containsExactly(Map.entry("plain", 1L), Map.entry("rare", 2L), Map.entry("third", 0L));
        assertThat(rare.value()).isEqualTo(2);
    }

    @Test
    void shouldGiveACopy() {
        final ServiceCounters.Tally plain = counters.add("plain");
        final Map<String, Long> before = counters.values();

        plain.increment();

        assertThat(before).containsEntry("plain", 0L);
    }

    @Test
    void shouldTakeOverWhatWasCountedElsewhere() {
        final ServiceCounters.Tally rare = counters.rare("rare");

        rare.set(0);
        rare.set(5);
        rare.set(5);

        assertThat(counters.values()).containsExactly(Map.entry("rare", 5L));
    }
}
