package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.codec.driver.MessageHeaderDecoder;
import io.tensorpool.codec.driver.ShmAttachRequestDecoder;
import io.tensorpool.codec.driver.ShmDetachRequestDecoder;
import io.tensorpool.codec.driver.ShmDriverShutdownRequestDecoder;
import io.tensorpool.codec.driver.ShmLeaseKeepaliveDecoder;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/** Reads what clients say to the driver from the control stream, which carries other messages too. One thread. */
public final class DriverRequestAdapter implements FragmentHandler {
    private final DriverRequestListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ShmAttachRequestDecoder attachRequest = new ShmAttachRequestDecoder();
    private final ShmDetachRequestDecoder detachRequest = new ShmDetachRequestDecoder();
    private final ShmLeaseKeepaliveDecoder keepalive = new ShmLeaseKeepaliveDecoder();
    private final ShmDriverShutdownRequestDecoder shutdownRequest = new ShmDriverShutdownRequestDecoder();
    private final SchemaGate gate = new SchemaGate(
                    ShmAttachRequestDecoder.SCHEMA_ID, ShmAttachRequestDecoder.SCHEMA_VERSION)
            .template(ShmAttachRequestDecoder.TEMPLATE_ID, ShmAttachRequestDecoder.BLOCK_LENGTH, 0)
            .template(ShmDetachRequestDecoder.TEMPLATE_ID, ShmDetachRequestDecoder.BLOCK_LENGTH, 0)
            .template(ShmLeaseKeepaliveDecoder.TEMPLATE_ID, ShmLeaseKeepaliveDecoder.BLOCK_LENGTH, 0)
            .template(ShmDriverShutdownRequestDecoder.TEMPLATE_ID, ShmDriverShutdownRequestDecoder.BLOCK_LENGTH, 2);

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public DriverRequestAdapter(final DriverRequestListener listener) {
        this.listener = listener;
    }

    /**
     * Requests that could not be read.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion();
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        switch (gate.admit(buffer, offset, length)) {
            case ShmAttachRequestDecoder.TEMPLATE_ID -> onAttach(buffer, offset);
            case ShmDetachRequestDecoder.TEMPLATE_ID -> onDetach(buffer, offset);
            case ShmLeaseKeepaliveDecoder.TEMPLATE_ID -> onKeepalive(buffer, offset);
            case ShmDriverShutdownRequestDecoder.TEMPLATE_ID -> onShutdownRequest(buffer, offset);
            case SchemaGate.MALFORMED -> onUnreadable(buffer, offset, length, false);
            case SchemaGate.NEWER_VERSION -> onUnreadable(buffer, offset, length, true);
            default -> {}
        }
    }

    private void onAttach(final DirectBuffer buffer, final int offset) {
        attachRequest.wrapAndApplyHeader(buffer, offset, header);
        listener.onAttachRequest(
                attachRequest.correlationId(),
                (int) attachRequest.streamId(),
                (int) attachRequest.clientId(),
                attachRequest.roleRaw(),
                (int) attachRequest.expectedLayoutVersion(),
                attachRequest.publishModeRaw(),
                attachRequest.requireHugepagesRaw(),
                (int) attachRequest.desiredNodeId());
    }

    private void onDetach(final DirectBuffer buffer, final int offset) {
        detachRequest.wrapAndApplyHeader(buffer, offset, header);
        listener.onDetachRequest(
                detachRequest.correlationId(),
                detachRequest.leaseId(),
                (int) detachRequest.streamId(),
                (int) detachRequest.clientId(),
                detachRequest.roleRaw());
    }

    private void onKeepalive(final DirectBuffer buffer, final int offset) {
        keepalive.wrapAndApplyHeader(buffer, offset, header);
        listener.onKeepalive(
                keepalive.leaseId(),
                (int) keepalive.streamId(),
                (int) keepalive.clientId(),
                keepalive.roleRaw(),
                keepalive.clientTimestampNs());
    }

    private void onShutdownRequest(final DirectBuffer buffer, final int offset) {
        shutdownRequest.wrapAndApplyHeader(buffer, offset, header);
        listener.onShutdownRequest(
                shutdownRequest.correlationId(), shutdownRequest.reasonRaw(), shutdownRequest.token());
    }

    /** The correlation id is the first field of every request, in each version of the schema. */
    private void onUnreadable(
            final DirectBuffer buffer, final int offset, final int length, final boolean newerVersion) {
        if (length < Encoding.HEADER_LENGTH + Long.BYTES) {
            listener.onUnreadableMessage(newerVersion);
            return;
        }
        final long correlationId = buffer.getLong(offset + Encoding.HEADER_LENGTH, ByteOrder.LITTLE_ENDIAN);
        switch (SchemaGate.templateId(buffer, offset)) {
            case ShmAttachRequestDecoder.TEMPLATE_ID -> listener.onUnreadableAttachRequest(correlationId, newerVersion);
            case ShmDetachRequestDecoder.TEMPLATE_ID -> listener.onUnreadableDetachRequest(correlationId, newerVersion);
            default -> listener.onUnreadableMessage(newerVersion);
        }
    }
}
