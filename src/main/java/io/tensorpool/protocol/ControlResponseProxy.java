package io.tensorpool.protocol;

import io.tensorpool.ResponseCode;
import io.tensorpool.codec.wire.ControlResponseEncoder;
import io.tensorpool.codec.wire.MessageHeaderEncoder;
import org.agrona.ExpandableArrayBuffer;

/** Answers control requests that have no response of their own (wire specification 15.17). One thread. */
public final class ControlResponseProxy {
    private final MessageSink sink;
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(256);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ControlResponseEncoder response = new ControlResponseEncoder();

    /**
     * A proxy.
     *
     * @param sink the control stream.
     */
    public ControlResponseProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Answers a request.
     *
     * @param correlationId of the request.
     * @param code          outcome.
     * @param text          cause for people, empty on success; what is beyond 1,024 characters is cut off.
     * @return a position, or Aeron's negative code.
     */
    public long respond(final long correlationId, final ResponseCode code, final String text) {
        final byte[] bytes = Encoding.errorText(text);
        response.wrapAndApplyHeader(buffer, 0, header)
                .correlationId(correlationId)
                .code(io.tensorpool.codec.wire.ResponseCode.get(code.code()))
                .putErrorMessage(bytes, 0, bytes.length);
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + response.encodedLength());
    }
}
