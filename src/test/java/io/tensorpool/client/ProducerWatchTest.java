package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** When an epoch is not to be read because its producer's lease is over. */
class ProducerWatchTest {
    private static final long EPOCH = -5;
    private static final int PRODUCER = 7;

    private final ProducerWatch watch = new ProducerWatch();

    @Test
    void shouldWithholdAnEpochFromTheNoticeToTheNextAnnounce() {
        watch.onAnnounce(EPOCH, PRODUCER);
        assertThat(watch.withholds(EPOCH)).isFalse();

        watch.onRevoked(PRODUCER);
        assertThat(watch.withholds(EPOCH)).isTrue();
        assertThat(watch.withholds(EPOCH - 1)).as("and earlier ones").isTrue();
        assertThat(watch.withholds(EPOCH + 1)).isFalse();

        watch.onAnnounce(EPOCH, 0);
        watch.onAnnounce(EPOCH - 1, PRODUCER);
        assertThat(watch.withholds(EPOCH)).as("no later epoch").isTrue();
        watch.onAnnounce(EPOCH + 1, 0);
        assertThat(watch.withholds(EPOCH + 1)).isFalse();
    }

    @Test
    void shouldWithholdAnEpochThatOnlyTheLeaseHasNamed() {
        watch.onGranted(EPOCH);
        watch.onRevoked(PRODUCER);

        assertThat(watch.withholds(EPOCH)).isTrue();
    }

    @Test
    void shouldNotTakeALateNoticeForOneOfTheNextProducer() {
        watch.onAnnounce(EPOCH, PRODUCER);
        watch.onAnnounce(EPOCH + 1, 0);
        watch.onRevoked(PRODUCER);
        assertThat(watch.withholds(EPOCH + 1)).as("nobody's").isFalse();

        watch.onAnnounce(EPOCH + 2, PRODUCER + 1);
        watch.onRevoked(PRODUCER);
        assertThat(watch.withholds(EPOCH + 2)).as("another's").isFalse();
    }

    @Test
    void shouldStillKnowTheProducerWhenTheEpochIsAnnouncedWithoutItBeforeTheNotice() {
        watch.onAnnounce(EPOCH, PRODUCER);
        watch.onAnnounce(EPOCH, 0);
        watch.onRevoked(PRODUCER);

        assertThat(watch.withholds(EPOCH)).isTrue();
    }

    @Test
    void shouldGoOnWhenTheEpochsProducerIsAnnouncedTwiceAgain() {
        watch.onAnnounce(EPOCH, PRODUCER);
        watch.onRevoked(PRODUCER);
        watch.onAnnounce(EPOCH, PRODUCER);
        assertThat(watch.withholds(EPOCH)).as("it may have been on its way").isTrue();

        watch.onAnnounce(EPOCH, PRODUCER);
        assertThat(watch.withholds(EPOCH)).isFalse();
    }

    @Test
    void shouldKnowNothingBeforeTheFirstEpochAndAfterTheLast() {
        watch.onRevoked(PRODUCER);
        assertThat(watch.withholds(EPOCH)).isFalse();

        watch.onAnnounce(EPOCH, PRODUCER);
        watch.onRevoked(PRODUCER);
        watch.reset();
        assertThat(watch.withholds(EPOCH)).isFalse();
        watch.onAnnounce(EPOCH - 5, PRODUCER);
        watch.onRevoked(PRODUCER);
        assertThat(watch.withholds(EPOCH - 5))
                .as("lower numbers are followed, too")
                .isTrue();
    }
}
