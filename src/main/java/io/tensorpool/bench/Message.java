package io.tensorpool.bench;

import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * How the baselines send a frame, whose payload travels with it.
 *
 * <pre>
 *   0        8        16
 *  +--------+--------+----------+
 *  |  seq   | dueNs  | payload  |
 *  +--------+--------+----------+
 * </pre>
 */
final class Message {
    static final int SEQ_OFFSET = 0;
    static final int DUE_OFFSET = SEQ_OFFSET + Long.BYTES;
    static final int PAYLOAD_OFFSET = DUE_OFFSET + Long.BYTES;
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Message() {}
}
