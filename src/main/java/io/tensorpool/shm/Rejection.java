package io.tensorpool.shm;

/**
 * Why a slot was not accepted as the frame asked for (wire specification 8.2, 8.3 and 15.21). The first three mean that
 * the writer was faster than the reader; all others, that what was written is not usable.
 */
public enum Rejection {
    /** The slot is being written, or was never used. */
    NOT_COMMITTED(1, "slot in progress"),
    /** The slot holds a frame of another sequence number. */
    SEQ_MISMATCH(2, "slot holds another frame"),
    /** The slot changed while it was being read. */
    OVERWRITTEN(3, "slot overwritten while being read"),
    /** {@code headerBytes} is not 192 bytes long. */
    HEADER_LENGTH(4, "length of embedded header is not 192"),
    /** The embedded message header is not 184, 52, 900, 1. */
    MESSAGE_HEADER(5, "embedded message header is not 184/52/900/1"),
    /** The element type is UNKNOWN or undefined. */
    DTYPE(6, "unknown dtype"),
    /** The major order is UNKNOWN or undefined. */
    MAJOR_ORDER(7, "unknown major order"),
    /** The number of dimensions is not 1 to 8. */
    NDIMS(8, "number of dimensions not 1 to 8"),
    /** A dimension is negative, or 0 although there is a payload. */
    DIMS(9, "negative dimension, or empty tensor with a payload"),
    /** Strides are negative, overlap, contradict the major order, or when inferred pass 2^31 - 1. */
    STRIDES(10, "strides negative, overlapping, or against the major order"),
    /** The progress unit is undefined. */
    PROGRESS_UNIT(11, "unknown progress unit"),
    /** There is a progress unit, and its stride is not that of the rows or columns. */
    PROGRESS_STRIDE(12, "progress stride is not that of rows or columns"),
    /** {@code payloadOffset} is not 0. */
    PAYLOAD_OFFSET(13, "payload offset is not 0"),
    /** {@code payloadSlot} is not the index of the slot. */
    PAYLOAD_SLOT(14, "payload slot is not the index of the header slot"),
    /** The epoch has no pool of that id. */
    POOL_UNKNOWN(15, "unknown pool id"),
    /** The payload is longer than the pool's stride. */
    VALUES_LENGTH(16, "payload longer than the stride of its pool"),
    /** The tensor reaches beyond its payload. */
    EXTENT(17, "tensor reaches beyond its payload"),
    /** The number is beyond what the writer has claimed in its slot, so that nobody can have committed such a frame. */
    NOT_REACHED(18, "sequence number that was not written yet");

    private static final Rejection[] VALUES = values();

    private final int code;
    private final String description;

    Rejection(final int code, final String description) {
        this.code = code;
        this.description = description;
    }

    /**
     * What {@link SlotReader#read} returns for this cause.
     *
     * @return 1 to {@code values().length}; stable.
     */
    public int code() {
        return code;
    }

    /**
     * Cause of a code.
     *
     * @param code what {@link SlotReader#read} returned, other than OK.
     * @return the cause.
     */
    public static Rejection of(final int code) {
        return VALUES[code - 1];
    }

    /**
     * Whether the frame was missed because it was overwritten or is not finished, rather than malformed.
     *
     * @return true for NOT_COMMITTED, SEQ_MISMATCH and OVERWRITTEN.
     */
    public boolean isLate() {
        return this == NOT_COMMITTED || this == SEQ_MISMATCH || this == OVERWRITTEN;
    }

    /**
     * The cause in a few words, for labels and messages.
     *
     * @return no sentence.
     */
    public String description() {
        return description;
    }
}
