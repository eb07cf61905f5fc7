package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.logbuffer.FragmentHandler;
import io.tensorpool.ConsumerMode;
import io.tensorpool.support.Heard;
import io.tensorpool.support.MessageLog;
import io.tensorpool.support.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.util.function.Consumer;
import java.util.function.Function;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Proxies say, and adapters understand, the very bytes that an independent implementation puts on the wire. */
class GoldenConversationsTest {
    /** A reference message, who says it, who reads it, and what is heard. */
    enum Golden {
        QOS_CONSUMER(
                "wire_QosConsumer_stream",
                to -> new QosProxy(to).qosConsumer(10_000, 42, 7, 1_000, 3, 2, ConsumerMode.STREAM),
                QosAdapter::new,
                "qos 10000 42 7 1000 3 2 STREAM"),
        QOS_PRODUCER(
                "wire_QosProducer_watermark",
                to -> new QosProxy(to).qosProducer(10_000, 1, 7, 12_345, 80),
                QosAdapter::new,
                "qos of producer 10000 1 7 12345 80"),
        QOS_PRODUCER_WITHOUT_WATERMARK(
                "wire_QosProducer_null_watermark",
                to -> new QosProxy(to).qosProducer(10_000, 1, 7, 12_345, QosListener.NO_WATERMARK),
                QosAdapter::new,
                "qos of producer 10000 1 7 12345 -1");

        private final String file;
        private final Consumer<MessageLog> message;
        private final Function<Heard, FragmentHandler> adapter;
        private final String heard;

        Golden(
                final String file,
                final Consumer<MessageLog> message,
                final Function<Heard, FragmentHandler> adapter,
                final String heard) {
            this.file = "golden/sbe/" + file + ".bin";
            this.message = message;
            this.adapter = adapter;
            this.heard = heard;
        }

        byte[] bytes() throws IOException {
            return Files.readAllBytes(SharedFiles.assumePresent(file));
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldSayItInTheSameBytes(final Golden golden) throws IOException {
        final byte[] expected = golden.bytes();
        final MessageLog log = new MessageLog();

        golden.message.accept(log);

        assertThat(log.take()).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource
    void shouldUnderstandTheSameBytes(final Golden golden) throws IOException {
        final byte[] message = golden.bytes();
        final Heard heard = new Heard();

        golden.adapter.apply(heard).onFragment(new UnsafeBuffer(message), 0, message.length, null);

        assertThat(heard.lines()).containsExactly(golden.heard);
    }
}
