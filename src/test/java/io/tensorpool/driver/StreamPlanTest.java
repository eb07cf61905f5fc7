package io.tensorpool.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which streams there may be, and which ids may not mean two things (driver specification 11). */
class StreamPlanTest {
    private static DriverContext context() {
        return new DriverContext()
                .addProfile(new StreamProfile("first", 4, List.of(new PoolSpec(1, 64))))
                .addProfile(new StreamProfile("second", 8, List.of(new PoolSpec(1, 64))))
                .addStream(10_000, "second")
                .allowDynamicStreams(true);
    }

    private static @Nullable StreamIdRange range(final @Nullable String text) {
        if (text == null) {
            return null;
        }
        final String[] ends = text.split("-");
        return new StreamIdRange(Integer.parseUnsignedInt(ends[0]), Integer.parseUnsignedInt(ends[1]));
    }

    @ParameterizedTest
    @CsvSource({
        "20000-29999, 29999-30000, , driver.stream_id_range = 20000-29999 overlaps driver.descriptor_stream_id_range"
                + " = 29999-30000",
        "20000-29999, , 15000-20000, driver.stream_id_range = 20000-29999 overlaps driver.control_stream_id_range ="
                + " 15000-20000",
        "20000-29999, 31000-31999, 31500-31600, driver.descriptor_stream_id_range = 31000-31999 overlaps"
                + " driver.control_stream_id_range = 31500-31600",
        "20000-29999, 5-5, 5-5, driver.descriptor_stream_id_range = 5-5 overlaps driver.control_stream_id_range = 5-5",
        "900-1000, , , driver.stream_id_range = 900-1000 holds driver.control_stream_id = 1000",
        "20000-29999, 1001-1099, , driver.descriptor_stream_id_range = 1001-1099 holds driver.announce_stream_id ="
                + " 1001",
        "20000-29999, , 1100-1300, driver.control_stream_id_range = 1100-1300 holds driver.qos_stream_id = 1200",
        "10000-10000, , , driver.stream_id_range = 10000-10000 holds streams.*.stream_id = 10000",
        "20000-29999, 9999-10001, , driver.descriptor_stream_id_range = 9999-10001 holds streams.*.stream_id = 10000",
        "2147483648-4294967294, 4294967294-4294967294, , driver.stream_id_range = 2147483648-4294967294 overlaps"
                + " driver.descriptor_stream_id_range = 4294967294-4294967294",
    })
    void shouldRefuseIdsThatMeanTwoThingsNamingTheKeys(
            final String dynamic,
            final @Nullable String descriptors,
            final @Nullable String controls,
            final String message) {
        final DriverContext context = context()
                .dynamicStreamRange(range(dynamic))
                .perConsumerStreamRanges(range(descriptors), range(controls));

        assertThatThrownBy(context::checkStreams)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message + "; keep them apart");
    }

    @Test
    void shouldKeepRangesApartFromTheServiceStreamsThatAreConfigured() {
        final DriverContext context = context()
                .controlEndpoint(Endpoint.ipc(20_001))
                .announceEndpoint(Endpoint.ipc(20_001))
                .qosEndpoint(Endpoint.ipc(25_000))
                .dynamicStreamRange(range("20002-30000"));
        assertThatThrownBy(context::checkStreams)
                .hasMessageContaining("driver.stream_id_range = 20002-30000 holds driver.qos_stream_id = 25000");

        context.qosEndpoint(Endpoint.ipc(1200));
        assertThatCode(context::checkStreams).doesNotThrowAnyException();
    }

    @Test
    void shouldAcceptRangesThatTouchNothing() {
        final DriverContext context = context()
                .dynamicStreamRange(range("20000-29999"))
                .perConsumerStreamRanges(range("31000-31999"), range("32000-32999"));

        assertThatCode(context::checkStreams).doesNotThrowAnyException();
    }

    @Test
    void shouldRefuseToAssignIdsThatStandForNone() {
        assertThatThrownBy(
                        context().allowDynamicStreams(false).perConsumerStreamRanges(new StreamIdRange(0, 9), null)
                                ::checkStreams)
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("driver.descriptor_stream_id_range = 0-9: expected ids from 1 to 4294967294");
        assertThatThrownBy(
                        context().allowDynamicStreams(false).perConsumerStreamRanges(null, new StreamIdRange(-2, -1))
                                ::checkStreams)
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("driver.control_stream_id_range = 4294967294-4294967295: ");
    }

    @Test
    void shouldNotMindARangeThatNothingIsMadeFrom() {
        final DriverContext context = context()
                .allowDynamicStreams(false)
                .dynamicStreamRange(range("1000-20000"))
                .perConsumerStreamRanges(range("20000-20001"), null);

        assertThatCode(context::checkStreams).doesNotThrowAnyException();
        assertThat(context.streamPlan().profileOf(20_000)).isNull();
    }

    @Test
    void shouldMakeAnyStreamWhereAnyIdIsAllowed() {
        final DriverContext context = context()
                .dynamicStreamRange(StreamIdRange.ANY)
                .perConsumerStreamRanges(range("31000-31999"), range("32000-32999"));

        context.checkStreams();

        final StreamPlan plan = context.streamPlan();
        for (final int streamId : new int[] {1, 1000, 1001, 31_000, Integer.MAX_VALUE, Integer.MIN_VALUE, -2}) {
            assertThat(plan.profileOf(streamId))
                    .as("%s", Integer.toUnsignedString(streamId))
                    .isNotNull()
                    .extracting(StreamProfile::name)
                    .isEqualTo("first");
        }
        assertThat(plan.profileOf(10_000)).extracting(StreamProfile::name).isEqualTo("second");
        assertThat(plan.profileOf(0)).isNull();
        assertThat(plan.profileOf(-1)).isNull();
    }

    @Test
    void shouldTakeTheDefaultProfileForStreamsOnDemand() {
        final DriverContext context =
                context().dynamicStreamRange(range("20000-29999")).defaultProfile("second");

        context.checkStreams();

        assertThat(context.streamPlan().profileOf(29_999))
                .extracting(StreamProfile::name)
                .isEqualTo("second");
        assertThat(context.streamPlan().profileOf(30_000)).isNull();
        assertThat(context.streamPlan().isConfigured(29_999)).isFalse();
        assertThat(context.streamPlan().isConfigured(10_000)).isTrue();
    }

    @Test
    void shouldRefuseAPlanThatNobodyCouldUse() {
        assertThatThrownBy(() -> new DriverContext().checkStreams()).hasMessageContaining("profiles: none is defined");
        assertThatThrownBy(() -> context().checkStreams())
                .hasMessage("policies.allow_dynamic_streams = true needs driver.stream_id_range");
        final DriverContext withoutStreams =
                new DriverContext().addProfile(new StreamProfile("first", 4, List.of(new PoolSpec(1, 64))));
        assertThatThrownBy(withoutStreams::checkStreams).hasMessageContaining("streams: none is defined");
        assertThatThrownBy(() -> context()
                        .addStream(5, "third")
                        .dynamicStreamRange(range("6-7"))
                        .checkStreams())
                .hasMessage("profile of stream 5 = 'third' is not a defined profile; defined are [first, second]");
        assertThatThrownBy(() -> context().defaultProfile("third").checkStreams())
                .hasMessageStartingWith("policies.default_profile = 'third' is not a defined profile");
    }

    @Test
    void shouldRefuseStreamIdsThatStandForNoneAndThoseGivenTwice() {
        assertThatThrownBy(() -> context().addStream(0, "first")).hasMessage("stream_id = 0: expected 1 to 4294967294");
        assertThatThrownBy(() -> context().addStream(-1, "first"))
                .hasMessage("stream_id = 4294967295: expected 1 to 4294967294");
        assertThatThrownBy(() -> context().addStream(10_000, "first"))
                .hasMessage("stream_id = 10000 is configured twice");
        assertThatThrownBy(() -> new StreamIdRange(-2, 5))
                .hasMessage("stream id range 4294967294-5: the first id is above the last");
    }
}
