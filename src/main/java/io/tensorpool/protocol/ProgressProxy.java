package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.ProgressState;
import io.tensorpool.codec.wire.FrameProgressEncoder;
import io.tensorpool.codec.wire.FrameProgressState;
import io.tensorpool.codec.wire.MessageHeaderEncoder;

/** Says how far frames are (wire specification 10.2.2). One thread. */
public final class ProgressProxy {
    /** Length of a progress message. */
    public static final int MESSAGE_LENGTH = Encoding.HEADER_LENGTH + FrameProgressEncoder.BLOCK_LENGTH;

    private final MessageSink sink;
    private final BufferClaim claim = new BufferClaim();
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final FrameProgressEncoder progress = new FrameProgressEncoder();

    /**
     * A proxy.
     *
     * @param sink the control stream, or that of one consumer.
     */
    public ProgressProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Says how far a frame is.
     *
     * @param streamId    of the frame.
     * @param epoch       of the frame.
     * @param seq         of the frame.
     * @param filledBytes of its payload, from the first one.
     * @param state       how far it is.
     * @return a position, or Aeron's negative code.
     */
    public long progress(
            final int streamId, final long epoch, final long seq, final long filledBytes, final ProgressState state) {
        final long result = Encoding.claim(sink, FrameProgressEncoder.BLOCK_LENGTH, claim);
        if (result > 0) {
            progress.wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .epoch(epoch)
                    .seq(seq)
                    .payloadBytesFilled(filledBytes)
                    .state(FrameProgressState.get((short) state.code()));
            claim.commit();
        }
        return result;
    }
}
