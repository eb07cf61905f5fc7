package io.tensorpool.support;

import io.tensorpool.ClockDomain;
import io.tensorpool.ConsumerMode;
import io.tensorpool.EpochRegions;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.AnnounceListener;
import io.tensorpool.protocol.ConsumerHelloListener;
import io.tensorpool.protocol.DescriptorListener;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.DriverRequestListener;
import io.tensorpool.protocol.QosListener;
import io.tensorpool.protocol.RevokeReason;
import java.util.ArrayList;
import java.util.List;

/** Everything that adapters can tell, written down as one line each. */
public final class Heard
        implements DriverRequestListener,
                DriverEventListener,
                AnnounceListener,
                ConsumerHelloListener,
                DescriptorListener,
                QosListener {
    private final List<String> lines = new ArrayList<>();

    public List<String> lines() {
        return lines;
    }

    /** Takes out what was written down so far. */
    public List<String> take() {
        final List<String> taken = List.copyOf(lines);
        lines.clear();
        return taken;
    }

    private void line(final Object... words) {
        final StringBuilder line = new StringBuilder();
        for (final Object word : words) {
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
    }

    @Override
    public void onAttachRequest(
            final long correlationId,
            final int streamId,
            final int clientId,
            final int roleCode,
            final int expectedLayoutVersion,
            final int publishModeCode,
            final int hugepagesCode,
            final int desiredNodeId) {
        line(
                "attach",
                correlationId,
                streamId,
                clientId,
                roleCode,
                expectedLayoutVersion,
                publishModeCode,
                hugepagesCode,
                desiredNodeId);
    }

    @Override
    public void onDetachRequest(
            final long correlationId, final long leaseId, final int streamId, final int clientId, final int roleCode) {
        line("detach", correlationId, leaseId, streamId, clientId, roleCode);
    }

    @Override
    public void onKeepalive(
            final long leaseId,
            final int streamId,
            final int clientId,
            final int roleCode,
            final long clientTimestampNs) {
        line("keepalive", leaseId, streamId, clientId, roleCode, clientTimestampNs);
    }

    @Override
    public void onShutdownRequest(final long correlationId, final int reasonCode, final String token) {
        line("end", correlationId, reasonCode, token);
    }

    @Override
    public void onUnreadableAttachRequest(final long correlationId, final boolean newerVersion) {
        line("unreadable attach", correlationId, newerVersion);
    }

    @Override
    public void onUnreadableDetachRequest(final long correlationId, final boolean newerVersion) {
        line("unreadable detach", correlationId, newerVersion);
    }

    @Override
    public void onUnreadableMessage(final boolean newerVersion) {
        line("unreadable message", newerVersion);
    }

    @Override
    public void onAttached(
            final long correlationId,
            final long leaseId,
            final long leaseExpiryNs,
            final int nodeId,
            final EpochRegions regions) {
        line("attached", correlationId, leaseId, leaseExpiryNs, nodeId, regions);
    }

    @Override
    public void onAttachRefused(final long correlationId, final ResponseCode code, final String text) {
        line("refused", correlationId, code, text);
    }

    @Override
    public void onAttachProtocolError(final long correlationId, final String fault) {
        line("protocol error", correlationId, fault);
    }

    @Override
    public void onDetached(final long correlationId, final ResponseCode code) {
        line("detached", correlationId, code);
    }

    @Override
    public void onLeaseRevoked(
            final long leaseId, final int streamId, final int clientId, final Role role, final RevokeReason reason) {
        line("revoked", leaseId, streamId, clientId, role, reason);
    }

    @Override
    public void onDriverShutdown() {
        line("shutdown");
    }

    @Override
    public void onAnnounce(
            final EpochRegions regions, final int producerId, final long timestampNs, final ClockDomain clockDomain) {
        line("announce", regions, producerId, timestampNs, clockDomain);
    }

    @Override
    public void onConsumerHello(final int streamId, final int consumerId, final boolean asksForStreams) {
        line("hello", streamId, consumerId, asksForStreams);
    }

    @Override
    public void onDescriptor(
            final int streamId,
            final long epoch,
            final long seq,
            final long timestampNs,
            final int metaVersion,
            final long traceId) {
        line("frame", streamId, epoch, seq, timestampNs, metaVersion, traceId);
    }

    @Override
    public void onQosConsumer(
            final int streamId,
            final int consumerId,
            final long epoch,
            final long lastSeqSeen,
            final long dropsGap,
            final long dropsLate,
            final ConsumerMode mode) {
        line("qos", streamId, consumerId, epoch, lastSeqSeen, dropsGap, dropsLate, mode);
    }

    @Override
    public void onQosProducer(
            final int streamId, final int producerId, final long epoch, final long currentSeq, final int watermark) {
        line("qos of producer", streamId, producerId, epoch, currentSeq, watermark);
    }
}
