package io.tensorpool;

/** The driver refused an attach. */
public class AttachException extends TensorPoolException {
    private static final long serialVersionUID = 1L;

    private final int streamId;
    private final ResponseCode code;

    /**
     * A refusal.
     *
     * @param streamId the stream asked for.
     * @param role     the role asked for.
     * @param code     the driver's code, never OK.
     * @param text     the driver's text, possibly empty.
     */
    public AttachException(final int streamId, final Role role, final ResponseCode code, final String text) {
        super("stream " + Integer.toUnsignedString(streamId) + ": the driver refused a " + role + " with " + code
                + (text.isEmpty() ? "" : ": " + text));
        this.streamId = streamId;
        this.code = code;
    }

    /**
     * The stream asked for.
     *
     * @return unsigned 32-bit id.
     */
    public int streamId() {
        return streamId;
    }

    /**
     * The driver's code.
     *
     * @return never OK.
     */
    public ResponseCode code() {
        return code;
    }
}
