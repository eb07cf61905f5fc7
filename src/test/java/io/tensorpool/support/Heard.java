package io.tensorpool.support;

import io.tensorpool.ClockDomain;
import io.tensorpool.ConsumerMode;
import io.tensorpool.EpochRegions;
import io.tensorpool.MetadataAttribute;
import io.tensorpool.ProgressState;
import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.AnnounceListener;
import io.tensorpool.protocol.ConsumerConfig;
import io.tensorpool.protocol.ConsumerConfigListener;
import io.tensorpool.protocol.ConsumerHello;
import io.tensorpool.protocol.ConsumerHelloListener;
import io.tensorpool.protocol.ControlResponseListener;
import io.tensorpool.protocol.DescriptorListener;
import io.tensorpool.protocol.DriverEventListener;
import io.tensorpool.protocol.DriverRequestListener;
import io.tensorpool.protocol.MetadataListener;
import io.tensorpool.protocol.ProgressListener;
import io.tensorpool.protocol.QosListener;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.protocol.ShutdownReason;
import io.tensorpool.protocol.TraceLinkListener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.agrona.DirectBuffer;

/** Everything that adapters can tell, written down as one line each. */
public final class Heard
        implements DriverRequestListener,
                DriverEventListener,
                AnnounceListener,
                ConsumerConfigListener,
                ConsumerHelloListener,
                DescriptorListener,
                QosListener,
                MetadataListener,
                ControlResponseListener,
                TraceLinkListener,
                ProgressListener {
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
    public void onProgress(
            final int streamId, final long epoch, final long seq, final long filledBytes, final ProgressState state) {
        line("progress", streamId, epoch, seq, filledBytes, state);
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
    public void onDriverShutdown(final long timestampNs, final ShutdownReason reason) {
        line("shutdown");
    }

    @Override
    public void onAnnounce(
            final EpochRegions regions, final int producerId, final long timestampNs, final ClockDomain clockDomain) {
        line("announce", regions, producerId, timestampNs, clockDomain);
    }

    @Override
    public void onConsumerHello(final ConsumerHello hello) {
        line(hello);
    }

    @Override
    public void onConsumerConfig(final ConsumerConfig config) {
        line(config);
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

    @Override
    public void onDataSourceAnnounce(
            final int streamId,
            final int producerId,
            final long epoch,
            final int metaVersion,
            final String name,
            final String summary) {
        line("source", streamId, producerId, epoch, metaVersion, "'" + name + "'", "'" + summary + "'");
    }

    @Override
    public void onDataSourceMeta(
            final int streamId,
            final int metaVersion,
            final long timestampNs,
            final List<MetadataAttribute> attributes) {
        line("meta", streamId, metaVersion, timestampNs, attributes);
    }

    @Override
    public void onBlobAnnounce(
            final int streamId,
            final int metaVersion,
            final int blobType,
            final long totalLengthBytes,
            final long checksum) {
        line("blob", streamId, metaVersion, blobType, totalLengthBytes, checksum);
    }

    @Override
    public void onBlobChunk(
            final int streamId,
            final int metaVersion,
            final long chunkOffset,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        final byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        line("chunk", streamId, metaVersion, chunkOffset, HexFormat.of().formatHex(bytes));
    }

    @Override
    public void onBlobComplete(final int streamId, final int metaVersion, final long checksum) {
        line("blob complete", streamId, metaVersion, checksum);
    }

    @Override
    public void onControlResponse(final long correlationId, final ResponseCode code, final String text) {
        line("response", correlationId, code, "'" + text + "'");
    }

    @Override
    public void onTraceLinkSet(
            final int streamId,
            final long epoch,
            final long seq,
            final long traceId,
            final long[] parents,
            final int parentCount) {
        line("links", streamId, epoch, seq, traceId, Arrays.toString(Arrays.copyOf(parents, parentCount)));
    }
}
