package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.codec.wire.Bool;
import io.tensorpool.codec.wire.ConsumerHelloEncoder;
import io.tensorpool.codec.wire.MessageHeaderEncoder;
import io.tensorpool.codec.wire.Mode;

/** A consumer presents itself on the control stream (wire specification 10.1.2). One thread. */
public final class ConsumerHelloProxy {
    private final MessageSink sink;
    private final BufferClaim claim = new BufferClaim();
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ConsumerHelloEncoder hello = new ConsumerHelloEncoder();

    /**
     * A proxy.
     *
     * @param sink the control stream.
     */
    public ConsumerHelloProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Presents a consumer that reads every frame from the shared descriptor stream.
     *
     * @param streamId              it reads.
     * @param consumerId            its own id.
     * @param expectedLayoutVersion it reads.
     * @return a position, or Aeron's negative code.
     */
    public long hello(final int streamId, final int consumerId, final int expectedLayoutVersion) {
        final int length = ConsumerHelloEncoder.BLOCK_LENGTH
                + ConsumerHelloEncoder.descriptorChannelHeaderLength()
                + ConsumerHelloEncoder.controlChannelHeaderLength();
        final long result = Encoding.claim(sink, length, claim);
        if (result > 0) {
            hello.wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .consumerId(Integer.toUnsignedLong(consumerId))
                    .supportsShm(Bool.TRUE)
                    .supportsProgress(Bool.FALSE)
                    .mode(Mode.STREAM)
                    .maxRateHz(0)
                    .expectedLayoutVersion(Integer.toUnsignedLong(expectedLayoutVersion))
                    .progressIntervalUs(ConsumerHelloEncoder.progressIntervalUsNullValue())
                    .progressBytesDelta(ConsumerHelloEncoder.progressBytesDeltaNullValue())
                    .progressMajorDeltaUnits(ConsumerHelloEncoder.progressMajorDeltaUnitsNullValue())
                    .descriptorStreamId(0)
                    .controlStreamId(0)
                    .descriptorChannel("")
                    .controlChannel("");
            claim.commit();
        }
        return result;
    }
}
