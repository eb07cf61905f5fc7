package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.Role;
import io.tensorpool.codec.driver.HugepagesPolicy;
import io.tensorpool.codec.driver.MessageHeaderEncoder;
import io.tensorpool.codec.driver.PublishMode;
import io.tensorpool.codec.driver.ShmAttachRequestEncoder;
import io.tensorpool.codec.driver.ShmDetachRequestEncoder;
import io.tensorpool.codec.driver.ShmDriverShutdownRequestEncoder;
import io.tensorpool.codec.driver.ShmLeaseKeepaliveEncoder;
import org.agrona.ExpandableArrayBuffer;
import org.jspecify.annotations.Nullable;

/** What a client says to the driver (driver specification 4). One thread. */
public final class DriverRequestProxy {
    /** In place of a node id: none is wished for. */
    public static final int NO_NODE_ID = -1;

    private final MessageSink sink;
    private final BufferClaim claim = new BufferClaim();
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ShmAttachRequestEncoder attachRequest = new ShmAttachRequestEncoder();
    private final ShmDetachRequestEncoder detachRequest = new ShmDetachRequestEncoder();
    private final ShmLeaseKeepaliveEncoder keepalive = new ShmLeaseKeepaliveEncoder();
    private final ShmDriverShutdownRequestEncoder shutdownRequest = new ShmDriverShutdownRequestEncoder();
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(256);

    /**
     * A proxy.
     *
     * @param sink the control stream.
     */
    public DriverRequestProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Asks for a lease; the stream may be created, and the driver's own policy for huge pages applies.
     *
     * @param correlationId         comes back in the answer; never one that is outstanding.
     * @param streamId              unsigned 32-bit id.
     * @param clientId              not 0, unique among all clients.
     * @param role                  asked for.
     * @param expectedLayoutVersion 0 for any.
     * @param desiredNodeId         or {@link #NO_NODE_ID}.
     * @return a position, or Aeron's negative code.
     */
    public long attach(
            final long correlationId,
            final int streamId,
            final int clientId,
            final Role role,
            final int expectedLayoutVersion,
            final int desiredNodeId) {
        return attach(
                correlationId,
                streamId,
                clientId,
                role,
                expectedLayoutVersion,
                io.tensorpool.PublishMode.EXISTING_OR_CREATE,
                io.tensorpool.HugepagesPolicy.UNSPECIFIED,
                desiredNodeId);
    }

    /**
     * Asks for a lease.
     *
     * @param correlationId         comes back in the answer; never one that is outstanding.
     * @param streamId              unsigned 32-bit id.
     * @param clientId              not 0, unique among all clients.
     * @param role                  asked for.
     * @param expectedLayoutVersion 0 for any.
     * @param publishMode           whether the stream may be created; null leaves it to the driver.
     * @param hugepages             wanted pages.
     * @param desiredNodeId         or {@link #NO_NODE_ID}.
     * @return a position, or Aeron's negative code.
     */
    public long attach(
            final long correlationId,
            final int streamId,
            final int clientId,
            final Role role,
            final int expectedLayoutVersion,
            final io.tensorpool.@Nullable PublishMode publishMode,
            final io.tensorpool.HugepagesPolicy hugepages,
            final int desiredNodeId) {
        final long result = Encoding.claim(sink, ShmAttachRequestEncoder.BLOCK_LENGTH, claim);
        if (result > 0) {
            attachRequest
                    .wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .correlationId(correlationId)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .clientId(Integer.toUnsignedLong(clientId))
                    .role(wireRole(role))
                    .expectedLayoutVersion(Integer.toUnsignedLong(expectedLayoutVersion))
                    .publishMode(
                            publishMode == null ? PublishMode.NULL_VAL : PublishMode.get((short) publishMode.code()))
                    .requireHugepages(HugepagesPolicy.get((short) hugepages.code()))
                    .desiredNodeId(Integer.toUnsignedLong(desiredNodeId));
            claim.commit();
        }
        return result;
    }

    /**
     * Gives a lease back.
     *
     * @param correlationId comes back in the answer.
     * @param leaseId       of the lease.
     * @param streamId      of the lease.
     * @param clientId      of the lease.
     * @param role          of the lease.
     * @return a position, or Aeron's negative code.
     */
    public long detach(
            final long correlationId, final long leaseId, final int streamId, final int clientId, final Role role) {
        final long result = Encoding.claim(sink, ShmDetachRequestEncoder.BLOCK_LENGTH, claim);
        if (result > 0) {
            detachRequest
                    .wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .correlationId(correlationId)
                    .leaseId(leaseId)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .clientId(Integer.toUnsignedLong(clientId))
                    .role(wireRole(role));
            claim.commit();
        }
        return result;
    }

    /**
     * Says that the holder of a lease is alive.
     *
     * @param leaseId           of the lease.
     * @param streamId          of the lease.
     * @param clientId          of the lease.
     * @param role              of the lease.
     * @param clientTimestampNs the client's monotonic clock.
     * @return a position, or Aeron's negative code.
     */
    public long keepalive(
            final long leaseId, final int streamId, final int clientId, final Role role, final long clientTimestampNs) {
        final long result = Encoding.claim(sink, ShmLeaseKeepaliveEncoder.BLOCK_LENGTH, claim);
        if (result > 0) {
            keepalive
                    .wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .leaseId(leaseId)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .clientId(Integer.toUnsignedLong(clientId))
                    .role(wireRole(role))
                    .clientTimestampNs(clientTimestampNs);
            claim.commit();
        }
        return result;
    }

    /**
     * Asks the driver to end.
     *
     * @param correlationId for the log; nothing answers.
     * @param reason        passed on to the clients.
     * @param token         as configured in the driver; ASCII.
     * @return a position, or Aeron's negative code.
     */
    public long shutdown(final long correlationId, final ShutdownReason reason, final String token) {
        shutdownRequest
                .wrapAndApplyHeader(buffer, 0, header)
                .correlationId(correlationId)
                .reason(io.tensorpool.codec.driver.ShutdownReason.get((short) reason.code()))
                .token(token)
                .errorMessage("");
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + shutdownRequest.encodedLength());
    }

    private static io.tensorpool.codec.driver.Role wireRole(final Role role) {
        return io.tensorpool.codec.driver.Role.get((short) role.code());
    }
}
