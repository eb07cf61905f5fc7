package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.codec.wire.Bool;
import io.tensorpool.codec.wire.ConsumerHelloEncoder;
import io.tensorpool.codec.wire.MessageHeaderEncoder;

/** A consumer presents itself on the control stream (wire specification 10.1.2). One thread. */
public final class ConsumerHelloProxy {
    private final MessageSink sink;
    private final BufferClaim claim = new BufferClaim();
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ConsumerHelloEncoder encoder = new ConsumerHelloEncoder();

    /**
     * A proxy.
     *
     * @param sink the control stream.
     */
    public ConsumerHelloProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Presents a consumer.
     *
     * @param hello what it says; its channels are at most {@link OwnStream#MAX_CHANNEL_LENGTH} long.
     * @return a position, or Aeron's negative code.
     */
    public long hello(final ConsumerHello hello) {
        final OwnStream descriptors = hello.wishes().descriptors();
        final OwnStream controls = hello.wishes().controls();
        final int length = ConsumerHelloEncoder.BLOCK_LENGTH
                + ConsumerHelloEncoder.descriptorChannelHeaderLength()
                + descriptors.channel().length()
                + ConsumerHelloEncoder.controlChannelHeaderLength()
                + controls.channel().length();
        final long result = Encoding.claim(sink, length, claim);
        if (result > 0) {
            encoder.wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .streamId(Integer.toUnsignedLong(hello.streamId()))
                    .consumerId(Integer.toUnsignedLong(hello.consumerId()))
                    .supportsShm(hello.supportsShm() ? Bool.TRUE : Bool.FALSE)
                    .supportsProgress(hello.progress().areWanted() ? Bool.TRUE : Bool.FALSE)
                    .mode(Encoding.mode(hello.rate().mode()))
                    .maxRateHz(Integer.toUnsignedLong(hello.rate().maxRateHz()))
                    .expectedLayoutVersion(Integer.toUnsignedLong(hello.expectedLayoutVersion()))
                    .progressIntervalUs(Integer.toUnsignedLong(hello.progress().intervalUs()))
                    .progressBytesDelta(Integer.toUnsignedLong(hello.progress().bytesDelta()))
                    .progressMajorDeltaUnits(
                            Integer.toUnsignedLong(hello.progress().majorDeltaUnits()))
                    .descriptorStreamId(Integer.toUnsignedLong(descriptors.streamId()))
                    .controlStreamId(Integer.toUnsignedLong(controls.streamId()))
                    .descriptorChannel(descriptors.channel())
                    .controlChannel(controls.channel());
            claim.commit();
        }
        return result;
    }
}
