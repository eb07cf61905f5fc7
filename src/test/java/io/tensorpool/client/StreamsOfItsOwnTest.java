package io.tensorpool.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Aeron;
import io.aeron.Publication;
import io.aeron.Subscription;
import io.tensorpool.Endpoint;
import io.tensorpool.codec.wire.Bool;
import io.tensorpool.codec.wire.ConsumerConfigDecoder;
import io.tensorpool.codec.wire.ConsumerHelloEncoder;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import io.tensorpool.codec.wire.MessageHeaderEncoder;
import io.tensorpool.codec.wire.Mode;
import io.tensorpool.protocol.ConsumerConfigProxy;
import io.tensorpool.support.Await;
import io.tensorpool.support.MessageLog;
import io.tensorpool.support.SharedFiles;
import io.tensorpool.support.TestDriver;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A consumer that asks for descriptor or control streams of its own is told that it stays on the shared ones. */
class StreamsOfItsOwnTest {
    private static final int STREAM_ID = 10_000;

    @Test
    void shouldDeclineInTheBytesThatOthersUse() throws IOException {
        SharedFiles.assumePresent("golden/sbe/wire_ConsumerConfig_declined.bin");
        final MessageLog log = new MessageLog();

        new ConsumerConfigProxy(log).decline(STREAM_ID, 42);

        final List<byte[]> sent = new ArrayList<>();
        log.poll((buffer, offset, length, header) -> sent.add(bytes(buffer, offset, length)), 1);
        assertThat(sent.getFirst())
                .isEqualTo(Files.readAllBytes(SharedFiles.path("golden/sbe/wire_ConsumerConfig_declined.bin")));
    }

    private static byte[] bytes(final DirectBuffer buffer, final int offset, final int length) {
        final byte[] copy = new byte[length];
        buffer.getBytes(offset, copy);
        return copy;
    }

    @ParameterizedTest(name = "channel ''{0}'', descriptor stream {1}, control stream {2}")
    @CsvSource({"aeron:ipc, 31000, 0", "aeron:ipc, 0, 0", "'', 31000, 0", "'', 0, 32000"})
    void shouldBeDeclinedByTheProducer(final String channel, final int descriptorStreamId, final int controlStreamId) {
        try (TestDriver driver = new TestDriver();
                Aeron aeron = Aeron.connect(new Aeron.Context()
                        .aeronDirectoryName(driver.clientContext().aeronDirectoryName()));
                TensorPoolClient client = driver.connect();
                Producer producer = client.addProducer(STREAM_ID)) {
            final Subscription control = aeron.addSubscription(Endpoint.IPC_CHANNEL, 1000);
            final Publication consumer = aeron.addPublication(Endpoint.IPC_CHANNEL, 1000);
            final UnsafeBuffer hello = hello(channel, descriptorStreamId, controlStreamId);
            final List<String> answers = new ArrayList<>();

            Await.until("the hello is sent", () -> consumer.offer(hello) > 0);

            Await.until(
                    () -> producer + " answers",
                    java.time.Duration.ofSeconds(10),
                    () -> control.poll((buffer, offset, length, header) -> read(buffer, offset, answers), 10),
                    () -> !answers.isEmpty());
            assertThat(answers).containsExactly("stream 10000 consumer 42: 0 0 '' ''");
        }
    }

    private static UnsafeBuffer hello(final String channel, final int descriptorStreamId, final int controlStreamId) {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[256]);
        final ConsumerHelloEncoder hello = new ConsumerHelloEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .streamId(STREAM_ID)
                .consumerId(42)
                .supportsShm(Bool.TRUE)
                .supportsProgress(Bool.FALSE)
                .mode(Mode.STREAM)
                .maxRateHz(0)
                .expectedLayoutVersion(1)
                .progressIntervalUs(ConsumerHelloEncoder.progressIntervalUsNullValue())
                .progressBytesDelta(ConsumerHelloEncoder.progressBytesDeltaNullValue())
                .progressMajorDeltaUnits(ConsumerHelloEncoder.progressMajorDeltaUnitsNullValue())
                .descriptorStreamId(descriptorStreamId)
                .controlStreamId(controlStreamId)
                .descriptorChannel(channel)
                .controlChannel("");
        return new UnsafeBuffer(buffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + hello.encodedLength());
    }

    private static void read(final DirectBuffer buffer, final int offset, final List<String> answers) {
        final MessageHeaderDecoder header = new MessageHeaderDecoder().wrap(buffer, offset);
        if (header.schemaId() == ConsumerConfigDecoder.SCHEMA_ID
                && header.templateId() == ConsumerConfigDecoder.TEMPLATE_ID) {
            final ConsumerConfigDecoder config = new ConsumerConfigDecoder().wrapAndApplyHeader(buffer, offset, header);
            config.skipPayloadFallbackUri();
            answers.add("stream " + config.streamId() + " consumer " + config.consumerId() + ": "
                    + config.descriptorStreamId() + " " + config.controlStreamId() + " '" + config.descriptorChannel()
                    + "' '" + config.controlChannel() + "'");
        }
    }
}
