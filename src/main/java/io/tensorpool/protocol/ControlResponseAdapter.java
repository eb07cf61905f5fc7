package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.ResponseCode;
import io.tensorpool.codec.wire.ControlResponseDecoder;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import org.agrona.DirectBuffer;

/** Reads answers to control requests from the control stream, which carries other messages too. One thread. */
public final class ControlResponseAdapter implements FragmentHandler {
    private final ControlResponseListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ControlResponseDecoder response = new ControlResponseDecoder();
    private final SchemaGate gate = new SchemaGate(
                    ControlResponseDecoder.SCHEMA_ID, ControlResponseDecoder.SCHEMA_VERSION)
            .template(ControlResponseDecoder.TEMPLATE_ID, ControlResponseDecoder.BLOCK_LENGTH, 1);
    private long invalid;

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public ControlResponseAdapter(final ControlResponseListener listener) {
        this.listener = listener;
    }

    /**
     * Answers that could not be read, have an unknown code, or a text of more than 1,024 bytes.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion() + invalid;
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        if (gate.admit(buffer, offset, length) != ControlResponseDecoder.TEMPLATE_ID) {
            return;
        }
        response.wrapAndApplyHeader(buffer, offset, header);
        final ResponseCode code = ResponseCode.fromCode(response.codeRaw());
        if (code == null || response.errorMessageLength() > Encoding.MAX_ERROR_TEXT) {
            invalid++;
            return;
        }
        listener.onControlResponse(response.correlationId(), code, response.errorMessage());
    }
}
