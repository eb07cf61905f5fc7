package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.codec.wire.Bool;
import io.tensorpool.codec.wire.ConsumerConfigEncoder;
import io.tensorpool.codec.wire.MessageHeaderEncoder;
import io.tensorpool.codec.wire.Mode;

/** Tells consumers how they are served (wire specification 10.1.3). One thread. */
public final class ConsumerConfigProxy {
    private final MessageSink sink;
    private final BufferClaim claim = new BufferClaim();
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ConsumerConfigEncoder config = new ConsumerConfigEncoder();

    /**
     * A proxy.
     *
     * @param sink the control stream.
     */
    public ConsumerConfigProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Declines a request for streams of its own: the consumer stays on the shared ones.
     *
     * @param streamId   it reads.
     * @param consumerId that asked.
     * @return a position, or Aeron's negative code.
     */
    public long decline(final int streamId, final int consumerId) {
        final int length = ConsumerConfigEncoder.BLOCK_LENGTH
                + ConsumerConfigEncoder.payloadFallbackUriHeaderLength()
                + ConsumerConfigEncoder.descriptorChannelHeaderLength()
                + ConsumerConfigEncoder.controlChannelHeaderLength();
        final long result = Encoding.claim(sink, length, claim);
        if (result > 0) {
            config.wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .consumerId(Integer.toUnsignedLong(consumerId))
                    .useShm(Bool.TRUE)
                    .mode(Mode.STREAM)
                    .descriptorStreamId(0)
                    .controlStreamId(0)
                    .payloadFallbackUri("")
                    .descriptorChannel("")
                    .controlChannel("");
            claim.commit();
        }
        return result;
    }
}
