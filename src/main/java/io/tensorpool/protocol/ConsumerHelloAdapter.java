package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.ConsumerMode;
import io.tensorpool.ProgressHints;
import io.tensorpool.codec.wire.Bool;
import io.tensorpool.codec.wire.ConsumerHelloDecoder;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import org.agrona.DirectBuffer;

/** Reads consumers' hellos from the control stream. One thread. */
public final class ConsumerHelloAdapter implements FragmentHandler {
    private final ConsumerHelloListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ConsumerHelloDecoder decoder = new ConsumerHelloDecoder();
    private final SchemaGate gate = new SchemaGate(ConsumerHelloDecoder.SCHEMA_ID, ConsumerHelloDecoder.SCHEMA_VERSION)
            .template(ConsumerHelloDecoder.TEMPLATE_ID, ConsumerHelloDecoder.BLOCK_LENGTH, 2);
    private long invalid;

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public ConsumerHelloAdapter(final ConsumerHelloListener listener) {
        this.listener = listener;
    }

    /**
     * Hellos that could not be read, or that name no known mode, something else than yes or no, or a channel that is too
     * long.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion() + invalid;
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        if (gate.admit(buffer, offset, length) != ConsumerHelloDecoder.TEMPLATE_ID) {
            return;
        }
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final ConsumerMode mode = ConsumerMode.fromCode(decoder.modeRaw());
        final String descriptorChannel =
                Encoding.isChannelLength(decoder.descriptorChannelLength()) ? decoder.descriptorChannel() : null;
        if (mode == null
                || !Encoding.isBool(decoder.supportsShmRaw())
                || !Encoding.isBool(decoder.supportsProgressRaw())
                || descriptorChannel == null
                || !Encoding.isChannelLength(decoder.controlChannelLength())) {
            invalid++;
            return;
        }
        listener.onConsumerHello(new ConsumerHello(
                (int) decoder.streamId(),
                (int) decoder.consumerId(),
                decoder.supportsShm() == Bool.TRUE,
                (int) decoder.expectedLayoutVersion(),
                rate(mode),
                decoder.supportsProgress() == Bool.TRUE ? hints() : ProgressHints.NOT_WANTED,
                wishes(descriptorChannel, decoder.controlChannel())));
    }

    private ConsumerHello.Rate rate(final ConsumerMode mode) {
        final int maxRateHz = (int) decoder.maxRateHz();
        return mode == ConsumerMode.STREAM && maxRateHz == 0
                ? ConsumerHello.Rate.ALL
                : new ConsumerHello.Rate(mode, maxRateHz);
    }

    private ProgressHints hints() {
        return new ProgressHints(true, (int) decoder.progressIntervalUs(), (int) decoder.progressBytesDelta(), (int)
                decoder.progressMajorDeltaUnits());
    }

    /** Most hellos ask for nothing, and come every second. */
    private OwnStreams wishes(final String descriptorChannel, final String controlChannel) {
        final int descriptorStreamId = (int) decoder.descriptorStreamId();
        final int controlStreamId = (int) decoder.controlStreamId();
        final boolean areNone = descriptorStreamId == 0
                && controlStreamId == 0
                && descriptorChannel.isEmpty()
                && controlChannel.isEmpty();
        return areNone
                ? OwnStreams.NONE
                : new OwnStreams(
                        new OwnStream(descriptorChannel, descriptorStreamId),
                        new OwnStream(controlChannel, controlStreamId));
    }
}
