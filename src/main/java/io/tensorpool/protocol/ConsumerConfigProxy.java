package io.tensorpool.protocol;

import io.tensorpool.codec.wire.Bool;
import io.tensorpool.codec.wire.ConsumerConfigEncoder;
import io.tensorpool.codec.wire.MessageHeaderEncoder;
import org.agrona.ExpandableArrayBuffer;

/** Tells consumers how they are served (wire specification 10.1.3). One thread. */
public final class ConsumerConfigProxy {
    private final MessageSink sink;
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ConsumerConfigEncoder encoder = new ConsumerConfigEncoder();

    /**
     * A proxy.
     *
     * @param sink the control stream.
     */
    public ConsumerConfigProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Says how a consumer is served.
     *
     * @param config what is said.
     * @return a position, or Aeron's negative code.
     */
    public long config(final ConsumerConfig config) {
        final OwnStream descriptors = config.assigned().descriptors();
        final OwnStream controls = config.assigned().controls();
        encoder.wrapAndApplyHeader(buffer, 0, header)
                .streamId(Integer.toUnsignedLong(config.streamId()))
                .consumerId(Integer.toUnsignedLong(config.consumerId()))
                .useShm(config.useShm() ? Bool.TRUE : Bool.FALSE)
                .mode(Encoding.mode(config.mode()))
                .descriptorStreamId(Integer.toUnsignedLong(descriptors.streamId()))
                .controlStreamId(Integer.toUnsignedLong(controls.streamId()))
                .payloadFallbackUri(config.payloadFallbackUri())
                .descriptorChannel(descriptors.channel())
                .controlChannel(controls.channel());
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + encoder.encodedLength());
    }
}
