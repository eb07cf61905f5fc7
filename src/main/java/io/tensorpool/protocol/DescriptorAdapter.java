package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.codec.wire.FrameDescriptorDecoder;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import org.agrona.DirectBuffer;

/** Reads descriptors; whatever else shares their stream is ignored. One thread. */
public final class DescriptorAdapter implements FragmentHandler {
    private final DescriptorListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final FrameDescriptorDecoder descriptor = new FrameDescriptorDecoder();
    private final SchemaGate gate = new SchemaGate(
                    FrameDescriptorDecoder.SCHEMA_ID, FrameDescriptorDecoder.SCHEMA_VERSION)
            .template(FrameDescriptorDecoder.TEMPLATE_ID, FrameDescriptorDecoder.BLOCK_LENGTH, 0);

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public DescriptorAdapter(final DescriptorListener listener) {
        this.listener = listener;
    }

    /**
     * Descriptors that could not be read.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion();
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        if (gate.admit(buffer, offset, length) == FrameDescriptorDecoder.TEMPLATE_ID) {
            descriptor.wrapAndApplyHeader(buffer, offset, header);
            listener.onDescriptor(
                    (int) descriptor.streamId(),
                    descriptor.epoch(),
                    descriptor.seq(),
                    descriptor.timestampNs(),
                    (int) descriptor.metaVersion(),
                    descriptor.traceId());
        }
    }
}
