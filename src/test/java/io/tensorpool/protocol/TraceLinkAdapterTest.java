package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.codec.tracelink.MessageHeaderEncoder;
import io.tensorpool.codec.tracelink.TraceLinkSetEncoder;
import io.tensorpool.support.Heard;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class TraceLinkAdapterTest {
    private final Heard heard = new Heard();
    private final TraceLinkAdapter adapter = new TraceLinkAdapter(heard);

    private static byte[] message(final long traceId, final long... parents) {
        final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer();
        final TraceLinkSetEncoder links = new TraceLinkSetEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .streamId(0x8000_0001L)
                .epoch(-2)
                .seq(-3)
                .traceId(traceId);
        final TraceLinkSetEncoder.ParentsEncoder entries = links.parentsCount(parents.length);
        for (final long parent : parents) {
            entries.next().traceId(parent);
        }
        return Arrays.copyOf(buffer.byteArray(), MessageHeaderEncoder.ENCODED_LENGTH + links.encodedLength());
    }

    private void hear(final byte[] message) {
        adapter.onFragment(new UnsafeBuffer(message), 0, message.length, null);
    }

    @Test
    void shouldReadParentsInTheirOrder() {
        hear(message(-4, 9, -8, 7));

        assertThat(heard.lines()).containsExactly("links -2147483647 -2 -3 -4 [9, -8, 7]");
    }

    @Test
    void shouldReadMoreParentsThanItHasRoomFor() {
        hear(message(1, LongStream.rangeClosed(1, 5_000).toArray()));
        hear(message(2, 3));

        assertThat(heard.lines()).hasSize(2);
        assertThat(heard.lines().getLast()).endsWith(" 2 [3]");
    }

    @Test
    void shouldRefuseNoParentsAndTheIdZeroAndAParentThatIsThereTwice() {
        hear(message(1));
        hear(message(0, 2));
        hear(message(1, 2, 0));
        hear(message(1, 2, 3, 2));

        assertThat(heard.lines()).isEmpty();
        assertThat(adapter.unreadable()).isEqualTo(4);
    }

    @Test
    void shouldNotReadMoreParentsThanThereAre() {
        final byte[] message = message(1, 2, 3);
        for (int length = 0; length < message.length; length++) {
            hear(Arrays.copyOf(message, length));
        }
        assertThat(heard.lines()).isEmpty();
    }

    @Test
    void shouldSurviveAnyMutation() {
        final long seed = System.nanoTime();
        final Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            final byte[] message = message(1, 2, 3);
            for (int changes = random.nextInt(4); changes >= 0; changes--) {
                message[random.nextInt(message.length)] = (byte) random.nextInt();
            }
            try {
                hear(Arrays.copyOf(message, random.nextInt(message.length + 1)));
            } catch (final RuntimeException ex) {
                throw new AssertionError("seed " + seed + ", mutation " + i, ex);
            }
        }
    }
}
