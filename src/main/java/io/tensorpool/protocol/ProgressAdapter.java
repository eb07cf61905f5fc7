package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.ProgressState;
import io.tensorpool.codec.wire.FrameProgressDecoder;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import org.agrona.DirectBuffer;

/** Reads how far frames are; whatever else shares the control stream is ignored. Allocates nothing. One thread. */
public final class ProgressAdapter implements FragmentHandler {
    private final ProgressListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final FrameProgressDecoder progress = new FrameProgressDecoder();
    private final SchemaGate gate = new SchemaGate(FrameProgressDecoder.SCHEMA_ID, FrameProgressDecoder.SCHEMA_VERSION)
            .template(FrameProgressDecoder.TEMPLATE_ID, FrameProgressDecoder.BLOCK_LENGTH, 0);
    private long unknownStates;

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public ProgressAdapter(final ProgressListener listener) {
        this.listener = listener;
    }

    /**
     * Progress messages that could not be read, or whose state is UNKNOWN or none.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion() + unknownStates;
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        if (gate.admit(buffer, offset, length) == FrameProgressDecoder.TEMPLATE_ID) {
            progress.wrapAndApplyHeader(buffer, offset, header);
            final ProgressState state = ProgressState.fromCode(progress.stateRaw());
            if (state == null) {
                unknownStates++;
            } else {
                listener.onProgress(
                        (int) progress.streamId(),
                        progress.epoch(),
                        progress.seq(),
                        progress.payloadBytesFilled(),
                        state);
            }
        }
    }
}
