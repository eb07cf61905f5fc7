package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.Role;
import io.tensorpool.codec.driver.ShmLeaseRevokedDecoder;
import io.tensorpool.support.Heard;
import java.util.HexFormat;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** The notice that a lease is over, byte for byte as a driver of other make put it on the control stream. */
class LeaseRevokedBytesTest {
    private static final String SENT_BY_ANOTHER_DRIVER =
            "1a00070085030100" // block 26, template 7, schema 901, version 1
                    + "d026c45230050000" // timestamp
                    + "6f9209a81f39077c" // lease
                    + "10270000" // stream 10000
                    + "d6ad4738" // client
                    + "02" // CONSUMER
                    + "01" // DETACHED
                    + "0e000000" // 14 characters:
                    + "6c65617365206465746163686564"; // lease detached

    private static final class Capture implements MessageSink {
        private String sent = "";

        @Override
        public long tryClaim(final int length, final BufferClaim claim) {
            throw new AssertionError("its length is not fixed");
        }

        @Override
        public long offer(final DirectBuffer buffer, final int offset, final int length) {
            final byte[] bytes = new byte[length];
            buffer.getBytes(offset, bytes);
            sent = HexFormat.of().formatHex(bytes);
            return length;
        }
    }

    @Test
    void shouldSayWhatOtherDriversSay() {
        final Capture capture = new Capture();

        new DriverEventProxy(capture)
                .leaseRevoked(
                        0x0000_0530_52c4_26d0L,
                        0x7c07_391f_a809_926fL,
                        10_000,
                        0x3847_add6,
                        Role.CONSUMER,
                        RevokeReason.DETACHED);

        assertThat(capture.sent).isEqualTo(SENT_BY_ANOTHER_DRIVER);
    }

    @Test
    void shouldRefuseANoticeWithAnUnknownReasonOrRole() {
        final Heard heard = new Heard();
        final DriverEventAdapter adapter = new DriverEventAdapter(heard);
        final byte[] whole = HexFormat.of().parseHex(SENT_BY_ANOTHER_DRIVER);
        final int roleAt = 8 + ShmLeaseRevokedDecoder.roleEncodingOffset();
        final int reasonAt = 8 + ShmLeaseRevokedDecoder.reasonEncodingOffset();

        for (final int at : new int[] {roleAt, reasonAt}) {
            final byte[] spoiled = whole.clone();
            spoiled[at] = 9;
            adapter.onFragment(new UnsafeBuffer(spoiled), 0, spoiled.length, null);
        }
        assertThat(heard.lines()).isEmpty();
        assertThat(adapter.unreadable()).isEqualTo(2);

        adapter.onFragment(new UnsafeBuffer(whole), 0, whole.length, null);
        assertThat(heard.lines()).hasSize(1);
    }
}
