package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.codec.driver.MessageHeaderDecoder;
import io.tensorpool.codec.driver.ShmAttachResponseDecoder;
import io.tensorpool.codec.driver.ShmDetachResponseDecoder;
import io.tensorpool.codec.driver.ShmDriverShutdownDecoder;
import io.tensorpool.codec.driver.ShmLeaseRevokedDecoder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Reads what the driver says from the control stream, which carries other messages too. One thread. */
public final class DriverEventAdapter implements FragmentHandler {
    private static final int SLOT_BYTES = 256;
    private static final long STRIDE_BYTES_NULL = 0xFFFF_FFFFL;

    private final DriverEventListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ShmAttachResponseDecoder attachResponse = new ShmAttachResponseDecoder();
    private final ShmDetachResponseDecoder detachResponse = new ShmDetachResponseDecoder();
    private final ShmLeaseRevokedDecoder leaseRevoked = new ShmLeaseRevokedDecoder();
    private final ShmDriverShutdownDecoder driverShutdown = new ShmDriverShutdownDecoder();
    private final SchemaGate gate = new SchemaGate(
                    ShmAttachResponseDecoder.SCHEMA_ID, ShmAttachResponseDecoder.SCHEMA_VERSION)
            .templateWithGroup(
                    ShmAttachResponseDecoder.TEMPLATE_ID,
                    ShmAttachResponseDecoder.BLOCK_LENGTH,
                    ShmAttachResponseDecoder.PayloadPoolsDecoder.sbeBlockLength(),
                    1,
                    2)
            .template(ShmDetachResponseDecoder.TEMPLATE_ID, ShmDetachResponseDecoder.BLOCK_LENGTH, 1)
            .template(ShmLeaseRevokedDecoder.TEMPLATE_ID, ShmLeaseRevokedDecoder.BLOCK_LENGTH, 1)
            .template(ShmDriverShutdownDecoder.TEMPLATE_ID, ShmDriverShutdownDecoder.BLOCK_LENGTH, 1);
    private long unknownEnums;

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public DriverEventAdapter(final DriverEventListener listener) {
        this.listener = listener;
    }

    /**
     * Messages of the driver that could not be read.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion() + unknownEnums;
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        switch (gate.admit(buffer, offset, length)) {
            case ShmAttachResponseDecoder.TEMPLATE_ID -> onAttachResponse(buffer, offset);
            case ShmDetachResponseDecoder.TEMPLATE_ID -> onDetachResponse(buffer, offset);
            case ShmLeaseRevokedDecoder.TEMPLATE_ID -> onLeaseRevoked(buffer, offset);
            case ShmDriverShutdownDecoder.TEMPLATE_ID -> onDriverShutdown(buffer, offset);
            default -> {}
        }
    }

    private void onAttachResponse(final DirectBuffer buffer, final int offset) {
        attachResponse.wrapAndApplyHeader(buffer, offset, header);
        final long correlationId = attachResponse.correlationId();
        final ResponseCode code = ResponseCode.fromCode(attachResponse.codeRaw());
        final List<PoolRegion> pools = new ArrayList<>();
        for (final ShmAttachResponseDecoder.PayloadPoolsDecoder pool : attachResponse.payloadPools()) {
            pools.add(new PoolRegion(pool.poolId(), (int) pool.poolNslots(), pool.strideBytes(), pool.regionUri()));
        }
        final String headerRegionUri = attachResponse.headerRegionUri();
        if (code == null) {
            unknownEnums++;
            listener.onAttachProtocolError(correlationId, "unknown response code " + attachResponse.codeRaw());
        } else if (code != ResponseCode.OK) {
            listener.onAttachRefused(correlationId, code, attachResponse.errorMessage());
        } else {
            final String fault = faultOf(attachResponse, headerRegionUri, pools);
            if (fault != null) {
                listener.onAttachProtocolError(correlationId, fault);
            } else {
                listener.onAttached(
                        correlationId,
                        attachResponse.leaseId(),
                        attachResponse.leaseExpiryTimestampNs(),
                        (int) attachResponse.nodeId(),
                        new EpochRegions(
                                (int) attachResponse.streamId(),
                                attachResponse.epoch(),
                                (int) attachResponse.layoutVersion(),
                                (int) attachResponse.headerNslots(),
                                headerRegionUri,
                                pools));
            }
        }
    }

    /** What a granting response must hold (driver specification 4.2); mapping checks the rest. */
    private static @Nullable String faultOf(
            final ShmAttachResponseDecoder response, final String headerRegionUri, final List<PoolRegion> pools) {
        if (response.leaseId() == ShmAttachResponseDecoder.leaseIdNullValue()) {
            return "leaseId is null";
        }
        if (response.streamId() == ShmAttachResponseDecoder.streamIdNullValue()) {
            return "streamId is null";
        }
        if (response.epoch() == ShmAttachResponseDecoder.epochNullValue()) {
            return "epoch is null";
        }
        if (response.layoutVersion() == ShmAttachResponseDecoder.layoutVersionNullValue()) {
            return "layoutVersion is null";
        }
        if (response.headerNslots() == ShmAttachResponseDecoder.headerNslotsNullValue()) {
            return "headerNslots is null";
        }
        if (response.headerSlotBytes() != SLOT_BYTES) {
            return "headerSlotBytes is " + response.headerSlotBytes() + ", not " + SLOT_BYTES;
        }
        if (headerRegionUri.isBlank()) {
            return "headerRegionUri is absent";
        }
        if (pools.isEmpty()) {
            return "there is no payload pool";
        }
        for (final PoolRegion pool : pools) {
            if (pool.regionUri().isBlank()) {
                return "regionUri of pool " + pool.poolId() + " is absent";
            }
            if (pool.strideBytes() == STRIDE_BYTES_NULL) {
                return "strideBytes of pool " + pool.poolId() + " is null";
            }
            if (pool.nslots() != (int) response.headerNslots()) {
                return "pool " + pool.poolId() + " has " + Integer.toUnsignedString(pool.nslots())
                        + " slots, the header ring " + response.headerNslots();
            }
        }
        return null;
    }

    private void onDetachResponse(final DirectBuffer buffer, final int offset) {
        detachResponse.wrapAndApplyHeader(buffer, offset, header);
        final ResponseCode code = ResponseCode.fromCode(detachResponse.codeRaw());
        if (code == null) {
            unknownEnums++;
        } else {
            listener.onDetached(detachResponse.correlationId(), code);
        }
    }

    /** Whatever the reason, the leases are over. */
    private void onDriverShutdown(final DirectBuffer buffer, final int offset) {
        driverShutdown.wrapAndApplyHeader(buffer, offset, header);
        final ShutdownReason reason = ShutdownReason.fromCode(driverShutdown.reasonRaw());
        if (reason == null) {
            unknownEnums++;
        }
        listener.onDriverShutdown(driverShutdown.timestampNs(), reason == null ? ShutdownReason.ERROR : reason);
    }

    private void onLeaseRevoked(final DirectBuffer buffer, final int offset) {
        leaseRevoked.wrapAndApplyHeader(buffer, offset, header);
        final Role role = Role.fromCode(leaseRevoked.roleRaw());
        final RevokeReason reason = RevokeReason.fromCode(leaseRevoked.reasonRaw());
        if (role == null || reason == null) {
            unknownEnums++;
        } else {
            listener.onLeaseRevoked(
                    leaseRevoked.leaseId(), (int) leaseRevoked.streamId(), (int) leaseRevoked.clientId(), role, reason);
        }
    }
}
