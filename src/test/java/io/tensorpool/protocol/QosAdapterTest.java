package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.ConsumerMode;
import io.tensorpool.codec.wire.QosConsumerDecoder;
import io.tensorpool.support.Heard;
import io.tensorpool.support.MessageLog;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class QosAdapterTest {
    @Test
    void shouldCountAReportOfAnUnknownMode() {
        final MessageLog log = new MessageLog();
        new QosProxy(log).qosConsumer(1, 2, 3, 4, 5, 6, ConsumerMode.STREAM);
        final byte[] message = log.take();
        final Heard heard = new Heard();
        final QosAdapter adapter = new QosAdapter(heard);

        for (final int mode : new int[] {0, 3, 255}) {
            message[8 + QosConsumerDecoder.modeEncodingOffset()] = (byte) mode;
            adapter.onFragment(new UnsafeBuffer(message), 0, message.length, null);
        }

        assertThat(heard.lines()).isEmpty();
        assertThat(adapter.unreadable()).isEqualTo(3);
    }
}
