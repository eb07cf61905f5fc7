package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.ConsumerMode;
import io.tensorpool.ProgressHints;
import io.tensorpool.support.Heard;
import io.tensorpool.support.MessageLog;
import io.tensorpool.support.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Hellos, and the answers to them, in the bytes that others use: both ways, and with what no message may hold. */
class ConsumerStreamsBytesTest {
    private static final ConsumerHello PLAIN =
            new ConsumerHello(10_000, 42, true, 1, ConsumerHello.Rate.ALL, ProgressHints.NOT_WANTED, OwnStreams.NONE);
    private static final ConsumerConfig DECLINED =
            new ConsumerConfig(10_000, 42, true, ConsumerMode.STREAM, "", OwnStreams.NONE);
    private static final int MODE_OF_HELLO = 18;
    private static final int MODE_OF_CONFIG = 17;
    private static final int DESCRIPTOR_STREAM_ID_OF_CONFIG = 18;

    private final MessageLog log = new MessageLog();
    private final Heard heard = new Heard();
    private final ConsumerHelloAdapter hellos = new ConsumerHelloAdapter(heard);
    private final ConsumerConfigAdapter configs = new ConsumerConfigAdapter(heard);

    @Test
    void shouldSayAndHearHellosInTheBytesThatOthersUse() throws IOException {
        assertHello("wire_ConsumerHello_nulls_empty", PLAIN);
        assertHello("wire_ConsumerHello_full", ConversationTexts.ASKING_HELLO);
    }

    private void assertHello(final String vector, final ConsumerHello hello) throws IOException {
        final byte[] golden = golden(vector);

        new ConsumerHelloProxy(log).hello(hello);
        assertThat(hex(log.take())).isEqualTo(hex(golden));

        hear(golden);
        assertThat(heard.take()).containsExactly(hello.toString());
    }

    @Test
    void shouldSayAndHearAnswersInTheBytesThatOthersUse() throws IOException {
        assertConfig("wire_ConsumerConfig_declined", DECLINED);
        assertConfig("wire_ConsumerConfig_assigned", ConversationTexts.ASSIGNING_CONFIG);
    }

    private void assertConfig(final String vector, final ConsumerConfig config) throws IOException {
        final byte[] golden = golden(vector);

        new ConsumerConfigProxy(log).config(config);
        assertThat(hex(log.take())).isEqualTo(hex(golden));

        hear(golden);
        assertThat(heard.take()).containsExactly(config.toString());
    }

    @Test
    void shouldNotHearAModeOrATruthThatThereIsNot() {
        for (final int mode : new int[] {0, 3, 255}) {
            new ConsumerHelloProxy(log).hello(PLAIN);
            hearWith(MODE_OF_HELLO, mode);
            new ConsumerConfigProxy(log).config(DECLINED);
            hearWith(MODE_OF_CONFIG, mode);
        }
        new ConsumerHelloProxy(log).hello(PLAIN);
        hearWith(MODE_OF_HELLO - 1, 2);
        new ConsumerHelloProxy(log).hello(PLAIN);
        hearWith(MODE_OF_HELLO - 2, 2);
        new ConsumerConfigProxy(log).config(DECLINED);
        hearWith(MODE_OF_CONFIG - 1, 2);

        assertThat(heard.lines()).isEmpty();
        assertThat(hellos.unreadable()).isEqualTo(5);
        assertThat(configs.unreadable()).isEqualTo(4);
    }

    @Test
    void shouldHearHalfARequestSinceSomebodyHasToRefuseIt() {
        final ConsumerHello half = asking(new OwnStream("aeron:ipc", 0));
        new ConsumerHelloProxy(log).hello(half);
        hear(log.take());

        assertThat(heard.lines()).containsExactly(half.toString());
        assertThat(half.asks()).isTrue();
        assertThat(half.wishes().hasHalf()).isTrue();
        assertThat(asking(new OwnStream("", 31_000)).wishes().hasHalf()).isTrue();
        assertThat(PLAIN.asks()).isFalse();
    }

    @Test
    void shouldNotHearHalfAnAssignment() {
        new ConsumerConfigProxy(log).config(DECLINED);
        hearWith(DESCRIPTOR_STREAM_ID_OF_CONFIG, 7);

        assertThat(heard.lines()).isEmpty();
        assertThat(configs.unreadable()).isEqualTo(1);
    }

    @Test
    void shouldNotHearAChannelThatIsTooLong() {
        final String channel = "aeron:ipc?alias=" + "x".repeat(OwnStream.MAX_CHANNEL_LENGTH);
        new ConsumerHelloProxy(log).hello(asking(new OwnStream(channel, 31_000)));
        hear(log.take());
        new ConsumerConfigProxy(log)
                .config(new ConsumerConfig(1, 2, true, ConsumerMode.STREAM, channel, OwnStreams.NONE));
        hear(log.take());

        assertThat(heard.lines()).isEmpty();
        assertThat(hellos.unreadable()).isEqualTo(1);
        assertThat(configs.unreadable()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "aeron:ipc, true",
        "aeron:ipc?term-length=64k, true",
        "aeron:ipc?term-length=4m, true",
        "aeron:ipc?term-length=4m|alias=viewer, true",
        "aeron:ipc?term-length=8m, false",
        "aeron:ipc?term-length=1k, false",
        "aeron:ipc?term-length=100000, false",
        "aeron:ipc?term-length=x, false",
        "aeron:ipc?session-id=5, false",
        "aeron:ipc?mtu=64k, false",
        "aeron:udp?endpoint=127.0.0.1:40123, false",
        "aeron-spy:aeron:ipc, false",
        "ipc, false",
        "aeron:ipc?, false",
        "'aeron:ipc?alias=a b', false",
        "aeron:ipc?alias=\u00e9, false",
    })
    void shouldTakeOnlyPlainChannelsForAStreamOfAConsumersOwn(final String channel, final boolean isTaken) {
        assertThat(Channels.isForOwnStream(channel)).isEqualTo(isTaken);
    }

    @Test
    void shouldGiveStreamsOfConsumersSmallTerms() {
        assertThat(Channels.withSmallTerms("aeron:ipc")).isEqualTo("aeron:ipc?term-length=256k");
        assertThat(Channels.withSmallTerms("aeron:ipc?term-length=4m")).isEqualTo("aeron:ipc?term-length=4m");
    }

    private static ConsumerHello asking(final OwnStream descriptors) {
        return new ConsumerHello(
                10_000,
                42,
                true,
                1,
                ConsumerHello.Rate.ALL,
                ProgressHints.NOT_WANTED,
                new OwnStreams(descriptors, OwnStream.NONE));
    }

    private static byte[] golden(final String vector) throws IOException {
        return Files.readAllBytes(SharedFiles.assumePresent("golden/sbe/" + vector + ".bin"));
    }

    private static String hex(final byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private void hearWith(final int offset, final int value) {
        final byte[] message = log.take();
        message[offset] = (byte) value;
        hear(message);
    }

    private void hear(final byte[] message) {
        final UnsafeBuffer buffer = new UnsafeBuffer(message);
        hellos.onFragment(buffer, 0, message.length, null);
        configs.onFragment(buffer, 0, message.length, null);
    }
}
