package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.MetadataAttribute;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a client remembers of all sources. */
class MetadataCacheTest {
    private static final long PERIOD_NS = 1_000;
    private static final int MAX_STREAMS = 4;
    private static final long MAX_BYTES = 10_000;

    private long nowNs = Long.MAX_VALUE - 3; // overflows on the way
    private final List<Object> events = new ArrayList<>();
    private final MetadataCache cache = new MetadataCache(
            PERIOD_NS,
            MAX_STREAMS,
            MAX_BYTES,
            new MetadataHandler() {
                @Override
                public void onDataSource(final DataSource source) {
                    events.add(source);
                }

                @Override
                public void onMetadata(final StreamMetadata metadata) {
                    events.add(metadata);
                }
            },
            nowNs);

    private static DataSource source(final int streamId, final String name) {
        return new DataSource(streamId, 1, 2, 3, name, "");
    }

    private static StreamMetadata metadata(final int streamId, final int version, final int bytes) {
        return new StreamMetadata(
                streamId, version, 5, List.of(MetadataAttribute.of("k", MetadataAttribute.BYTES, new byte[bytes])));
    }

    @Test
    void shouldRememberTheLatestOfEachStream() {
        cache.onSource(source(-1, "a"), nowNs);
        cache.onMetadata(metadata(-1, 1, 2), nowNs);
        cache.onMetadata(metadata(-1, 2, 3), nowNs);
        cache.onMetadata(metadata(7, 1, 4), nowNs);

        assertThat(cache.source(-1)).isEqualTo(source(-1, "a"));
        assertThat(cache.latest(-1)).isEqualTo(metadata(-1, 2, 3));
        assertThat(cache.latest(7)).isEqualTo(metadata(7, 1, 4));
        assertThat(cache.source(7)).isNull();
        assertThat(cache.latest(8)).isNull();
        assertThat(cache.sources()).containsExactly(source(-1, "a"));
    }

    @Test
    void shouldFindAnAttributeByItsKey() {
        final StreamMetadata metadata = metadata(1, 1, 3);

        assertThat(metadata.attribute("k")).isEqualTo(metadata.attributes().getFirst());
        assertThat(metadata.attribute("K")).isNull();
    }

    @Test
    void shouldTellChangesAndNoRepetitions() {
        for (int i = 0; i < 3; i++) {
            cache.onSource(source(1, "a"), nowNs);
            cache.onMetadata(metadata(1, 1, 2), nowNs);
        }
        cache.onSource(source(1, "b"), nowNs);
        cache.onMetadata(metadata(1, 0, 2), nowNs); // its producer started again

        assertThat(events).containsExactly(source(1, "a"), metadata(1, 1, 2), source(1, "b"), metadata(1, 0, 2));
    }

    @Test
    void shouldNeverGiveUpALiveStreamForInventedOnes() {
        cache.onSource(source(1, "a"), nowNs);
        for (int streamId = 100; streamId < 10_000; streamId++) {
            cache.onSource(source(streamId, "x"), nowNs);
            cache.onMetadata(metadata(streamId, 1, 100), nowNs);
            if (streamId % 1_000 == 0) {
                nowNs += PERIOD_NS;
                cache.doWork(nowNs);
                cache.onSource(source(1, "a"), nowNs);
            }
        }

        assertThat(cache.source(1)).isNotNull();
        assertThat(cache.sources()).hasSizeLessThanOrEqualTo(MAX_STREAMS);
        assertThat(cache.refusedMessages()).isPositive();
    }

    @Test
    void shouldLetANewcomerTakeThePlaceOfASilentStream() {
        for (int streamId = 1; streamId <= MAX_STREAMS; streamId++) {
            cache.onSource(source(streamId, "a"), nowNs);
        }
        nowNs += 4 * PERIOD_NS + 1;
        cache.onSource(source(99, "b"), nowNs);

        assertThat(cache.source(99)).isNotNull();
        assertThat(cache.refusedMessages()).isZero();
    }

    @Test
    void shouldHoldNoMoreBytesThanItMay() {
        cache.onMetadata(metadata(1, 1, 5_000), nowNs);
        cache.onMetadata(metadata(2, 1, 4_500), nowNs);
        assertThat(cache.refusedMessages()).isZero();

        cache.onMetadata(metadata(3, 1, 500), nowNs);
        assertThat(cache.latest(3)).isNull();
        assertThat(cache.refusedMessages()).isEqualTo(1);

        cache.onMetadata(metadata(1, 2, 1_000), nowNs);
        cache.onMetadata(metadata(3, 1, 500), nowNs);
        assertThat(cache.latest(3)).isNotNull();
    }

    @Test
    void shouldNotShowAnOldVersionInPlaceOfOneThatIsTooLarge() {
        cache.onMetadata(metadata(1, 1, 500), nowNs);
        cache.onMetadata(metadata(1, 2, 20_000), nowNs);

        assertThat(cache.latest(1)).isNull();
        assertThat(cache.refusedMessages()).isEqualTo(1);
    }

    @Test
    void shouldForgetAStreamThatIsNotHeardForLong() {
        cache.onMetadata(metadata(1, 1, 500), nowNs);
        cache.doWork(nowNs += 60 * PERIOD_NS);
        assertThat(cache.latest(1)).isNotNull();

        cache.doWork(nowNs += PERIOD_NS);
        assertThat(cache.latest(1)).isNull();
    }

    @Test
    void shouldRefuseOptionsThatMakeNoSense() {
        assertThatThrownBy(() -> MetadataOptions.DEFAULT.withPeriodsNs(0, 1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("announcePeriodNs = 0");
        assertThatThrownBy(() -> MetadataOptions.DEFAULT.withBlobs(-1, 1))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("maxBlobBytes = -1");
        assertThat(MetadataOptions.DEFAULT.endpoint()).isEqualTo(Endpoint.ipc(1300));
    }
}
