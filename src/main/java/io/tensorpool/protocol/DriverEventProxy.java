package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.codec.driver.LeaseRevokeReason;
import io.tensorpool.codec.driver.MessageHeaderEncoder;
import io.tensorpool.codec.driver.ShmAttachResponseEncoder;
import io.tensorpool.codec.driver.ShmDetachResponseEncoder;
import io.tensorpool.codec.driver.ShmDriverShutdownEncoder;
import io.tensorpool.codec.driver.ShmLeaseRevokedEncoder;
import org.agrona.ExpandableArrayBuffer;

/** What the driver says to its clients (driver specification 4). One thread. */
public final class DriverEventProxy {
    private static final int SLOT_BYTES = 256;

    private final MessageSink sink;
    private final BufferClaim claim = new BufferClaim();
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(4096);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ShmAttachResponseEncoder attachResponse = new ShmAttachResponseEncoder();
    private final ShmDetachResponseEncoder detachResponse = new ShmDetachResponseEncoder();
    private final ShmLeaseRevokedEncoder leaseRevoked = new ShmLeaseRevokedEncoder();
    private final ShmDriverShutdownEncoder shutdown = new ShmDriverShutdownEncoder();

    /**
     * A proxy.
     *
     * @param sink the control stream.
     */
    public DriverEventProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Length of the message that grants a lease.
     *
     * @param poolCount number of payload pools.
     * @param uriLength of the longest region URI.
     * @return at most so many bytes.
     */
    public static long attachResponseLength(final int poolCount, final int uriLength) {
        final long dataLength = ShmAttachResponseEncoder.headerRegionUriHeaderLength() + (long) uriLength;
        final long poolLength = ShmAttachResponseEncoder.PayloadPoolsEncoder.sbeBlockLength() + dataLength;
        return Encoding.HEADER_LENGTH
                + ShmAttachResponseEncoder.BLOCK_LENGTH
                + ShmAttachResponseEncoder.PayloadPoolsEncoder.sbeHeaderSize()
                + poolCount * poolLength
                + dataLength
                + ShmAttachResponseEncoder.errorMessageHeaderLength();
    }

    /**
     * Grants a lease.
     *
     * @param correlationId of the request.
     * @param leaseId       of the new lease.
     * @param leaseExpiryNs when it ends without a keepalive, on the monotonic clock.
     * @param nodeId        assigned for the lease; -1 for none.
     * @param regions       the stream's current epoch; every slot of the header ring has 256 bytes.
     * @return a position, or Aeron's negative code.
     */
    public long attached(
            final long correlationId,
            final long leaseId,
            final long leaseExpiryNs,
            final int nodeId,
            final EpochRegions regions) {
        attachResponse
                .wrapAndApplyHeader(buffer, 0, header)
                .correlationId(correlationId)
                .code(io.tensorpool.codec.driver.ResponseCode.OK)
                .leaseId(leaseId)
                .leaseExpiryTimestampNs(leaseExpiryNs)
                .streamId(Integer.toUnsignedLong(regions.streamId()))
                .epoch(regions.epoch())
                .layoutVersion(Integer.toUnsignedLong(regions.layoutVersion()))
                .headerNslots(Integer.toUnsignedLong(regions.nslots()))
                .headerSlotBytes(SLOT_BYTES)
                .nodeId(Integer.toUnsignedLong(nodeId));
        final ShmAttachResponseEncoder.PayloadPoolsEncoder pools =
                attachResponse.payloadPoolsCount(regions.pools().size());
        for (final PoolRegion pool : regions.pools()) {
            pools.next()
                    .poolId(pool.poolId())
                    .poolNslots(Integer.toUnsignedLong(pool.nslots()))
                    .strideBytes(pool.strideBytes())
                    .regionUri(pool.regionUri());
        }
        attachResponse.headerRegionUri(regions.headerRegionUri()).errorMessage("");
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + attachResponse.encodedLength());
    }

    /**
     * Refuses a lease.
     *
     * @param correlationId of the request.
     * @param code          not OK.
     * @param text          why; cut after 1,024 bytes.
     * @return a position, or Aeron's negative code.
     */
    public long attachRefused(final long correlationId, final ResponseCode code, final String text) {
        final byte[] errorText = Encoding.errorText(text);
        attachResponse
                .wrapAndApplyHeader(buffer, 0, header)
                .correlationId(correlationId)
                .code(wireCode(code))
                .leaseId(ShmAttachResponseEncoder.leaseIdNullValue())
                .leaseExpiryTimestampNs(ShmAttachResponseEncoder.leaseExpiryTimestampNsNullValue())
                .streamId(ShmAttachResponseEncoder.streamIdNullValue())
                .epoch(ShmAttachResponseEncoder.epochNullValue())
                .layoutVersion(ShmAttachResponseEncoder.layoutVersionNullValue())
                .headerNslots(ShmAttachResponseEncoder.headerNslotsNullValue())
                .headerSlotBytes(ShmAttachResponseEncoder.headerSlotBytesNullValue())
                .nodeId(ShmAttachResponseEncoder.nodeIdNullValue());
        attachResponse.payloadPoolsCount(0);
        attachResponse.headerRegionUri("").putErrorMessage(errorText, 0, errorText.length);
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + attachResponse.encodedLength());
    }

    /**
     * Answers a detach.
     *
     * @param correlationId of the request.
     * @param code          OK or why not.
     * @param text          empty for OK; cut after 1,024 bytes.
     * @return a position, or Aeron's negative code.
     */
    public long detached(final long correlationId, final ResponseCode code, final String text) {
        final byte[] errorText = Encoding.errorText(text);
        detachResponse
                .wrapAndApplyHeader(buffer, 0, header)
                .correlationId(correlationId)
                .code(wireCode(code))
                .putErrorMessage(errorText, 0, errorText.length);
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + detachResponse.encodedLength());
    }

    /**
     * Tells all that a lease has ended; before the announce of the epoch that follows from it.
     *
     * @param timestampNs the driver's monotonic clock.
     * @param leaseId     of the lease.
     * @param streamId    of the lease.
     * @param clientId    of the lease.
     * @param role        of the lease.
     * @param reason      why it ended.
     * @return a position, or Aeron's negative code.
     */
    public long leaseRevoked(
            final long timestampNs,
            final long leaseId,
            final int streamId,
            final int clientId,
            final Role role,
            final RevokeReason reason) {
        leaseRevoked
                .wrapAndApplyHeader(buffer, 0, header)
                .timestampNs(timestampNs)
                .leaseId(leaseId)
                .streamId(Integer.toUnsignedLong(streamId))
                .clientId(Integer.toUnsignedLong(clientId))
                .role(io.tensorpool.codec.driver.Role.get((short) role.code()))
                .reason(LeaseRevokeReason.get((short) reason.code()))
                .errorMessage(reason.text());
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + leaseRevoked.encodedLength());
    }

    /**
     * Tells all that the driver ends, and every lease with it.
     *
     * @param timestampNs the driver's monotonic clock.
     * @param reason      why.
     * @return a position, or Aeron's negative code.
     */
    public long shutdown(final long timestampNs, final ShutdownReason reason) {
        final int length = ShmDriverShutdownEncoder.BLOCK_LENGTH + ShmDriverShutdownEncoder.errorMessageHeaderLength();
        final long result = Encoding.claim(sink, length, claim);
        if (result > 0) {
            shutdown.wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .timestampNs(timestampNs)
                    .reason(io.tensorpool.codec.driver.ShutdownReason.get((short) reason.code()))
                    .errorMessage("");
            claim.commit();
        }
        return result;
    }

    private static io.tensorpool.codec.driver.ResponseCode wireCode(final ResponseCode code) {
        return io.tensorpool.codec.driver.ResponseCode.get(code.code());
    }
}
