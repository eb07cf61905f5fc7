package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.ResponseCode;
import io.tensorpool.codec.wire.ControlResponseDecoder;
import io.tensorpool.codec.wire.ControlResponseEncoder;
import io.tensorpool.codec.wire.MessageHeaderEncoder;
import io.tensorpool.support.Heard;
import io.tensorpool.support.MessageLog;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class ControlResponseAdapterTest {
    private final Heard heard = new Heard();
    private final ControlResponseAdapter adapter = new ControlResponseAdapter(heard);

    @Test
    void shouldCountAnAnswerWithAnUnknownCodeOrTooLongAText() {
        final MessageLog log = new MessageLog();
        new ControlResponseProxy(log).respond(1, ResponseCode.OK, "");
        final byte[] message = log.take();
        message[8 + ControlResponseDecoder.codeEncodingOffset()] = 5;
        adapter.onFragment(new UnsafeBuffer(message), 0, message.length, null);

        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        final ControlResponseEncoder tooLong = new ControlResponseEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .correlationId(1)
                .code(io.tensorpool.codec.wire.ResponseCode.REJECTED)
                .errorMessage("x".repeat(1025));
        adapter.onFragment(buffer, 0, 8 + tooLong.encodedLength(), null);

        assertThat(heard.lines()).isEmpty();
        assertThat(adapter.unreadable()).isEqualTo(2);
    }

    @Test
    void shouldCutOffATextThatIsTooLong() {
        final MessageLog log = new MessageLog();
        new ControlResponseProxy(log).respond(1, ResponseCode.REJECTED, "x".repeat(2000));

        log.poll(adapter, 1);

        assertThat(heard.lines()).containsExactly("response 1 REJECTED '" + "x".repeat(1024) + "'");
    }
}
