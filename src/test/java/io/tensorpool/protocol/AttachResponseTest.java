package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.ResponseCode;
import io.tensorpool.codec.driver.MessageHeaderDecoder;
import io.tensorpool.codec.driver.ShmAttachResponseDecoder;
import io.tensorpool.codec.driver.ShmDetachResponseDecoder;
import io.tensorpool.support.Heard;
import io.tensorpool.support.MessageLog;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a granting response must hold, and what a refusing one holds (driver specification 4.2). */
class AttachResponseTest {
    private static final int BLOCK = MessageHeaderDecoder.ENCODED_LENGTH;
    private static final String URI = "shm:file?path=/dev/shm/x";

    private final MessageLog log = new MessageLog();
    private final DriverEventProxy proxy = new DriverEventProxy(log);
    private final Heard heard = new Heard();
    private final DriverEventAdapter adapter = new DriverEventAdapter(heard);

    private static EpochRegions regions(final String headerUri, final PoolRegion... pools) {
        return new EpochRegions(10_000, 7, 1, 4, headerUri, List.of(pools));
    }

    private static PoolRegion pool(final int id, final int nslots, final String uri) {
        return new PoolRegion(id, nslots, 128, uri);
    }

    /** Grants, changes the message, and hears it. */
    private List<String> hear(final EpochRegions regions, final Consumer<MutableDirectBuffer> change) {
        proxy.attached(5, 1, 2, 3, regions);
        final UnsafeBuffer message = new UnsafeBuffer(log.take());
        change.accept(message);
        log.offer(message, 0, message.capacity());
        log.poll(adapter, 1);
        return heard.take();
    }

    private List<String> hear(final EpochRegions regions) {
        return hear(regions, message -> {});
    }

    private static int offsetOf(final String field) {
        return BLOCK
                + switch (field) {
                    case "leaseId" -> ShmAttachResponseDecoder.leaseIdEncodingOffset();
                    case "leaseExpiryTimestampNs" -> ShmAttachResponseDecoder.leaseExpiryTimestampNsEncodingOffset();
                    case "streamId" -> ShmAttachResponseDecoder.streamIdEncodingOffset();
                    case "epoch" -> ShmAttachResponseDecoder.epochEncodingOffset();
                    case "layoutVersion" -> ShmAttachResponseDecoder.layoutVersionEncodingOffset();
                    case "headerNslots" -> ShmAttachResponseDecoder.headerNslotsEncodingOffset();
                    case "headerSlotBytes" -> ShmAttachResponseDecoder.headerSlotBytesEncodingOffset();
                    case "nodeId" -> ShmAttachResponseDecoder.nodeIdEncodingOffset();
                    case "code" -> ShmAttachResponseDecoder.codeEncodingOffset();
                    default -> throw new AssertionError(field);
                };
    }

    @ParameterizedTest
    @CsvSource({
        "leaseId, 8, leaseId is null",
        "streamId, 4, streamId is null",
        "epoch, 8, epoch is null",
        "layoutVersion, 4, layoutVersion is null",
        "headerNslots, 4, headerNslots is null",
        "headerSlotBytes, 2, 'headerSlotBytes is 65535, not 256'",
        "code, 4, unknown response code -1",
    })
    void shouldCallAMissingFieldAProtocolError(final String field, final int length, final String fault) {
        assertThat(hear(
                        regions(URI, pool(1, 4, URI)),
                        message -> message.setMemory(offsetOf(field), length, (byte) 0xFF)))
                .containsExactly("protocol error 5 " + fault);
    }

    @Test
    void shouldCallOtherSlotsAProtocolError() {
        assertThat(hear(
                        regions(URI, pool(1, 4, URI)),
                        message -> message.putShort(offsetOf("headerSlotBytes"), (short) 128)))
                .containsExactly("protocol error 5 headerSlotBytes is 128, not 256");
    }

    @Test
    void shouldCallMissingRegionsAProtocolError() {
        assertThat(hear(regions("", pool(1, 4, URI)))).containsExactly("protocol error 5 headerRegionUri is absent");
        assertThat(hear(regions("  ", pool(1, 4, URI)))).containsExactly("protocol error 5 headerRegionUri is absent");
        assertThat(hear(regions(URI))).containsExactly("protocol error 5 there is no payload pool");
        assertThat(hear(regions(URI, pool(1, 4, URI), pool(2, 4, ""))))
                .containsExactly("protocol error 5 regionUri of pool 2 is absent");
        assertThat(hear(regions(URI, pool(1, 4, " "))))
                .containsExactly("protocol error 5 regionUri of pool 1 is absent");
    }

    @Test
    void shouldCallPoolsOfAnotherSizeAProtocolError() {
        assertThat(hear(regions(URI, pool(1, 4, URI), pool(2, 8, URI))))
                .containsExactly("protocol error 5 pool 2 has 8 slots, the header ring 4");
    }

    @Test
    void shouldReadALeaseWithoutExpiryAndNodeId() {
        final EpochRegions regions = regions(URI, pool(1, 4, URI));

        assertThat(hear(regions, message -> {
                    message.putLong(offsetOf("leaseExpiryTimestampNs"), -1);
                    message.putInt(offsetOf("nodeId"), -1);
                }))
                .containsExactly("attached 5 1 -1 -1 " + regions);
    }

    @Test
    void shouldLeaveEveryOptionalFieldOfARefusalNull() {
        proxy.attachRefused(5, ResponseCode.REJECTED, "desired node_id unavailable");

        final ShmAttachResponseDecoder refusal = new ShmAttachResponseDecoder()
                .wrapAndApplyHeader(new UnsafeBuffer(log.take()), 0, new MessageHeaderDecoder());
        assertThat(refusal.correlationId()).isEqualTo(5);
        assertThat(refusal.codeRaw()).isEqualTo(ResponseCode.REJECTED.code());
        assertThat(refusal.leaseId()).isEqualTo(ShmAttachResponseDecoder.leaseIdNullValue());
        assertThat(refusal.leaseExpiryTimestampNs())
                .isEqualTo(ShmAttachResponseDecoder.leaseExpiryTimestampNsNullValue());
        assertThat(refusal.streamId()).isEqualTo(ShmAttachResponseDecoder.streamIdNullValue());
        assertThat(refusal.epoch()).isEqualTo(ShmAttachResponseDecoder.epochNullValue());
        assertThat(refusal.layoutVersion()).isEqualTo(ShmAttachResponseDecoder.layoutVersionNullValue());
        assertThat(refusal.headerNslots()).isEqualTo(ShmAttachResponseDecoder.headerNslotsNullValue());
        assertThat(refusal.headerSlotBytes()).isEqualTo(ShmAttachResponseDecoder.headerSlotBytesNullValue());
        assertThat(refusal.nodeId()).isEqualTo(ShmAttachResponseDecoder.nodeIdNullValue());
        assertThat(refusal.payloadPools().count()).isZero();
        assertThat(refusal.headerRegionUri()).isEmpty();
        assertThat(refusal.errorMessage()).isEqualTo("desired node_id unavailable");
    }

    @Test
    void shouldCutErrorTextsAfter1024Bytes() {
        proxy.attachRefused(5, ResponseCode.INTERNAL_ERROR, "x".repeat(1024) + "y");
        final ShmAttachResponseDecoder refusal = new ShmAttachResponseDecoder()
                .wrapAndApplyHeader(new UnsafeBuffer(log.take()), 0, new MessageHeaderDecoder());
        refusal.payloadPools();
        refusal.headerRegionUri();
        assertThat(refusal.errorMessage()).isEqualTo("x".repeat(1024));

        proxy.detached(6, ResponseCode.REJECTED, "z".repeat(5000));
        assertThat(new ShmDetachResponseDecoder()
                        .wrapAndApplyHeader(new UnsafeBuffer(log.take()), 0, new MessageHeaderDecoder())
                        .errorMessage())
                .isEqualTo("z".repeat(1024));
    }
}
