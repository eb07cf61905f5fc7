package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.ClockDomain;
import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.codec.wire.ShmPoolAnnounceDecoder;
import io.tensorpool.support.Heard;
import io.tensorpool.support.MessageLog;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Announces that are whole, and yet not to be believed (wire specification 10.1.1). */
class AnnounceAdapterTest {
    private static final String URI = "shm:file?path=/dev/shm/a";
    private static final EpochRegions REGIONS =
            new EpochRegions(10_000, 7, 1, 8, URI, List.of(new PoolRegion(1, 8, 64, URI)));

    private final Heard heard = new Heard();
    private final AnnounceAdapter adapter = new AnnounceAdapter(heard);
    private final UnsafeBuffer message = new UnsafeBuffer(announce());

    private static byte[] announce() {
        final MessageLog log = new MessageLog();
        new AnnounceProxy(log).announce(REGIONS, 5, 6, ClockDomain.MONOTONIC);
        return log.take();
    }

    private static int offsetOf(final int encodingOffset) {
        return Encoding.HEADER_LENGTH + encodingOffset;
    }

    private void hear() {
        adapter.onFragment(message, 0, message.capacity(), null);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 128, 255, 257, 512, 65_535})
    void shouldRefuseSlotsThatAreNotOf256Bytes(final int slotBytes) {
        message.putShort(offsetOf(ShmPoolAnnounceDecoder.headerSlotBytesEncodingOffset()), (short) slotBytes);

        hear();

        assertThat(heard.lines()).isEmpty();
        assertThat(adapter.unreadable()).isEqualTo(1);
    }

    /** Among them the wall clock that nobody disciplines: it has no number. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3, 255})
    void shouldRefuseAnUnknownClock(final int clock) {
        message.putByte(offsetOf(ShmPoolAnnounceDecoder.announceClockDomainEncodingOffset()), (byte) clock);

        hear();

        assertThat(heard.lines()).isEmpty();
        assertThat(adapter.unreadable()).isEqualTo(1);
    }

    @Test
    void shouldTakeWhatIsInOrder() {
        hear();

        assertThat(heard.lines()).hasSize(1);
        assertThat(adapter.unreadable()).isZero();
    }
}
