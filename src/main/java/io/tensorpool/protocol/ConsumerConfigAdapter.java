package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.ConsumerMode;
import io.tensorpool.codec.wire.Bool;
import io.tensorpool.codec.wire.ConsumerConfigDecoder;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import org.agrona.DirectBuffer;

/** Reads from the control stream how consumers are served. One thread. */
public final class ConsumerConfigAdapter implements FragmentHandler {
    private final ConsumerConfigListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ConsumerConfigDecoder decoder = new ConsumerConfigDecoder();
    private final SchemaGate gate = new SchemaGate(
                    ConsumerConfigDecoder.SCHEMA_ID, ConsumerConfigDecoder.SCHEMA_VERSION)
            .template(ConsumerConfigDecoder.TEMPLATE_ID, ConsumerConfigDecoder.BLOCK_LENGTH, 3);
    private long invalid;

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public ConsumerConfigAdapter(final ConsumerConfigListener listener) {
        this.listener = listener;
    }

    /**
     * Answers that could not be read, or that name no known mode, something else than yes or no, half a stream, or a channel
     * that is too long.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion() + invalid;
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        if (gate.admit(buffer, offset, length) != ConsumerConfigDecoder.TEMPLATE_ID) {
            return;
        }
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final ConsumerMode mode = ConsumerMode.fromCode(decoder.modeRaw());
        final String fallbackUri =
                Encoding.isChannelLength(decoder.payloadFallbackUriLength()) ? decoder.payloadFallbackUri() : null;
        final String descriptorChannel =
                fallbackUri != null && Encoding.isChannelLength(decoder.descriptorChannelLength())
                        ? decoder.descriptorChannel()
                        : null;
        if (mode == null
                || !Encoding.isBool(decoder.useShmRaw())
                || fallbackUri == null
                || descriptorChannel == null
                || !Encoding.isChannelLength(decoder.controlChannelLength())) {
            invalid++;
            return;
        }
        final OwnStreams assigned = assigned(descriptorChannel, decoder.controlChannel());
        if (assigned.hasHalf()) {
            invalid++;
            return;
        }
        listener.onConsumerConfig(new ConsumerConfig(
                (int) decoder.streamId(),
                (int) decoder.consumerId(),
                decoder.useShm() == Bool.TRUE,
                mode,
                fallbackUri,
                assigned));
    }

    private OwnStreams assigned(final String descriptorChannel, final String controlChannel) {
        final OwnStreams assigned = new OwnStreams(
                new OwnStream(descriptorChannel, (int) decoder.descriptorStreamId()),
                new OwnStream(controlChannel, (int) decoder.controlStreamId()));
        return assigned.areNone() ? OwnStreams.NONE : assigned;
    }
}
