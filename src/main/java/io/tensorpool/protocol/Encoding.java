package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
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

    /** Claims room in a sink for a message with this block and no variable part. */
    static long claim(final MessageSink sink, final int blockLength, final BufferClaim claim) {
        return sink.tryClaim(HEADER_LENGTH + blockLength, claim);
    }
}
