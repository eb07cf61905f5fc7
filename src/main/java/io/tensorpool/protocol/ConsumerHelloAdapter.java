package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.codec.wire.ConsumerHelloDecoder;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import org.agrona.DirectBuffer;

/** Reads consumers' hellos from the control stream. One thread. */
public final class ConsumerHelloAdapter implements FragmentHandler {
    private final ConsumerHelloListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ConsumerHelloDecoder hello = new ConsumerHelloDecoder();
    private final SchemaGate gate = new SchemaGate(ConsumerHelloDecoder.SCHEMA_ID, ConsumerHelloDecoder.SCHEMA_VERSION)
            .template(ConsumerHelloDecoder.TEMPLATE_ID, ConsumerHelloDecoder.BLOCK_LENGTH, 2);

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public ConsumerHelloAdapter(final ConsumerHelloListener listener) {
        this.listener = listener;
    }

    /**
     * Hellos that could not be read.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion();
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        if (gate.admit(buffer, offset, length) == ConsumerHelloDecoder.TEMPLATE_ID) {
            hello.wrapAndApplyHeader(buffer, offset, header);
            listener.onConsumerHello((int) hello.streamId(), (int) hello.consumerId(), asksForStreams());
        }
    }

    /** A half of a request, a channel or an id alone, is one too: it has to be refused (wire specification 10.1.3). */
    private boolean asksForStreams() {
        final boolean hasIds = hello.descriptorStreamId() != 0 || hello.controlStreamId() != 0;
        final int descriptorChannelLength = hello.skipDescriptorChannel();
        return hasIds || descriptorChannelLength > 0 || hello.controlChannelLength() > 0;
    }
}
