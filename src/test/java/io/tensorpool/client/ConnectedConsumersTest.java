package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Who reads, by what consumers report: in virtual time. */
class ConnectedConsumersTest {
    private static final long TIMEOUT_NS = 1_000;
    private static final long EPOCH = 42;

    private final ConnectedConsumers consumers = new ConnectedConsumers(TIMEOUT_NS);

    @Test
    void shouldCountAConsumerThatReportedTheEpochBeforeItsProducerHadIt() {
        consumers.onEarlyReport(7, EPOCH);
        assertThat(consumers.isEmpty(0)).isTrue();

        consumers.follow(EPOCH, 10);

        assertThat(consumers.isEmpty(10)).isFalse();
        assertThat(consumers.isEmpty(11 + TIMEOUT_NS + TIMEOUT_NS / 16)).isTrue();
    }

    @Test
    void shouldGoByTheLastEpochThatAConsumerReportedEarly() {
        consumers.onEarlyReport(7, EPOCH);
        consumers.onEarlyReport(7, EPOCH + 1);

        consumers.follow(EPOCH, 10);

        assertThat(consumers.isEmpty(10)).isTrue();
    }

    @Test
    void shouldForgetEarlyReportsWithTheEpochThatTheyAreFollowedBy() {
        consumers.onEarlyReport(7, EPOCH);
        consumers.follow(EPOCH - 1, 10);
        consumers.follow(EPOCH, 20);
        assertThat(consumers.isEmpty(20)).isTrue();

        consumers.onEarlyReport(7, EPOCH);
        consumers.clear();
        consumers.follow(EPOCH, 30);
        assertThat(consumers.isEmpty(30)).isTrue();
    }

    @Test
    void shouldRememberSoManyConsumersAndNoMore() {
        for (int id = 0; id < ConnectedConsumers.MAX_CONSUMERS; id++) {
            consumers.onReport(id, 0);
        }
        consumers.onReport(-1, TIMEOUT_NS);
        assertThat(consumers.isEmpty(TIMEOUT_NS + 1))
                .as("the newcomer was remembered")
                .isTrue();

        consumers.onReport(-1, TIMEOUT_NS + 1);
        assertThat(consumers.isEmpty(TIMEOUT_NS + 1)).isFalse();
    }

    @Test
    void shouldRememberAtMost256EarlyReports() {
        for (int id = 1; id <= 256; id++) {
            consumers.onEarlyReport(id, EPOCH);
        }
        consumers.onEarlyReport(1_000, EPOCH + 1);
        consumers.onEarlyReport(1, EPOCH + 2);

        consumers.follow(EPOCH + 1, 0);
        assertThat(consumers.isEmpty(0)).isTrue();
    }

    @Test
    void shouldForgetAConsumerWhereverTheClockBegins() {
        final long startNs = Long.MIN_VALUE / 2;
        consumers.onReport(7, startNs);
        assertThat(consumers.isEmpty(startNs + TIMEOUT_NS)).isFalse();

        assertThat(consumers.isEmpty(startNs + 2 * TIMEOUT_NS)).isTrue();
    }

    /** A peer may report any 64 bits. */
    @Test
    void shouldBearAnyEpoch() {
        consumers.onEarlyReport(7, Long.MIN_VALUE);
        consumers.onEarlyReport(8, 0);
        consumers.follow(EPOCH, 0);
        assertThat(consumers.isEmpty(0)).isTrue();
    }
}
