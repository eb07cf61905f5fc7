package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which reports under a consumer's id are its own. */
class OwnReportsTest {
    private final OwnReports reports = new OwnReports();

    @Test
    void shouldKnowItsOwn() {
        for (int i = 0; i < 100; i++) {
            reports.onSent(7, i, 2, 3);
            assertThat(reports.isAnothers(7, i, 2, 3)).isFalse();
        }
    }

    @Test
    void shouldKnowItsOwnWhenTheyComeLateAndSomeWereLost() {
        for (int i = 0; i < 10; i++) {
            reports.onSent(7, i, 0, 0);
        }
        assertThat(reports.isAnothers(7, 4, 0, 0)).isFalse();
        assertThat(reports.isAnothers(7, 9, 0, 0)).isFalse();

        for (int i = 10; i < 60; i++) {
            reports.onSent(7, i, 0, 0);
        }
        assertThat(reports.isAnothers(7, 59, 0, 0)).isFalse();
    }

    @Test
    void shouldNoticeAnothersOnceItHasHeardItself() {
        assertThat(reports.isAnothers(7, 1, 0, 0))
                .as("from before it had the id, perhaps")
                .isFalse();
        reports.onSent(7, 5, 0, 0);
        assertThat(reports.isAnothers(7, 4, 0, 0)).isFalse();
        assertThat(reports.isAnothers(7, 5, 0, 0)).isFalse();

        assertThat(reports.isAnothers(8, 5, 0, 0)).isTrue();
        assertThat(reports.isAnothers(7, 6, 0, 0)).isTrue();
        assertThat(reports.isAnothers(7, 5, 1, 0)).isTrue();
        assertThat(reports.isAnothers(7, 5, 0, 1)).isTrue();
    }

    /** Two that see the same frames say the same; one of the two reports is then one too many. */
    @Test
    void shouldNoticeOneThatSaysTheSame() {
        reports.onSent(7, 5, 0, 0);
        assertThat(reports.isAnothers(7, 5, 0, 0)).isFalse();
        assertThat(reports.isAnothers(7, 5, 0, 0)).isTrue();
    }

    @Test
    void shouldBeginAnewWithAnotherId() {
        reports.onSent(7, 5, 0, 0);
        assertThat(reports.isAnothers(7, 5, 0, 0)).isFalse();
        reports.clear();

        assertThat(reports.isAnothers(7, 6, 0, 0)).isFalse();
    }
}
