package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.codec.wire.FrameDescriptorEncoder;
import io.tensorpool.codec.wire.MessageHeaderEncoder;

/** Announces frames (wire specification 10.2.1): the one message of the hot path. One thread. */
public final class DescriptorProxy {
    /** In place of a publish time: none. */
    public static final long NULL_TIMESTAMP = -1;
    /** Length of a descriptor message. */
    public static final int MESSAGE_LENGTH = Encoding.HEADER_LENGTH + FrameDescriptorEncoder.BLOCK_LENGTH;

    private final MessageSink sink;
    private final BufferClaim claim = new BufferClaim();
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final FrameDescriptorEncoder descriptor = new FrameDescriptorEncoder();

    /**
     * A proxy.
     *
     * @param sink the descriptor stream.
     */
    public DescriptorProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Announces a committed frame.
     *
     * @param streamId    of the frame.
     * @param epoch       of the frame.
     * @param seq         of the frame.
     * @param timestampNs publish time, or {@link #NULL_TIMESTAMP}.
     * @param metaVersion of the frame.
     * @param traceId     0 for none.
     * @return a position, or Aeron's negative code.
     */
    public long frame(
            final int streamId,
            final long epoch,
            final long seq,
            final long timestampNs,
            final int metaVersion,
            final long traceId) {
        final long result = sink.tryClaim(MESSAGE_LENGTH, claim);
        if (result > 0) {
            descriptor
                    .wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .epoch(epoch)
                    .seq(seq)
                    .timestampNs(timestampNs)
                    .metaVersion(Integer.toUnsignedLong(metaVersion))
                    .traceId(traceId);
            claim.commit();
        }
        return result;
    }
}
