package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.ConsumerMode;
import io.tensorpool.codec.wire.Bool;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import io.tensorpool.codec.wire.Mode;
import java.nio.charset.StandardCharsets;

/** What every proxy needs: a buffer claim, and text made fit for the wire. One per proxy, used by one thread. */
final class Encoding {
    /** Length of the header before each message's block. */
    static final int HEADER_LENGTH = MessageHeaderDecoder.ENCODED_LENGTH;
    /** Longest error text of a message (driver specification 4.2). */
    static final int MAX_ERROR_TEXT = 1024;

    private Encoding() {}

    /** Error text for the wire: ASCII, at most 1,024 bytes. */
    static byte[] errorText(final String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        return bytes.length <= MAX_ERROR_TEXT ? bytes : java.util.Arrays.copyOf(bytes, MAX_ERROR_TEXT);
    }

    /** The wire's name of a mode. */
    static Mode mode(final ConsumerMode mode) {
        return mode == ConsumerMode.RATE_LIMITED ? Mode.RATE_LIMITED : Mode.STREAM;
    }

    /** Whether a byte says yes or no. */
    static boolean isBool(final short raw) {
        return raw == Bool.FALSE.value() || raw == Bool.TRUE.value();
    }

    /** Whether a channel is short enough to be read. */
    static boolean isChannelLength(final int length) {
        return length >= 0 && length <= OwnStream.MAX_CHANNEL_LENGTH;
    }

    /** Claims room in a sink for a message with this block and no variable part. */
    static long claim(final MessageSink sink, final int blockLength, final BufferClaim claim) {
        return sink.tryClaim(HEADER_LENGTH + blockLength, claim);
    }
}
