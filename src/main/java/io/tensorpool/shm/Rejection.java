package io.tensorpool.shm;

/**
 * Why a slot was not accepted as the frame asked for (wire specification 8.2, 8.3 and 15.21). The first three mean that
 * the writer was faster than the reader; all others, that what was written is not usable.
 */
public enum Rejection {
    /** The slot is being written, or was never used. */
    NOT_COMMITTED("slot in progress"),
    /** The slot holds a frame of another sequence number. */
    SEQ_MISMATCH("slot holds another frame"),
    /** The slot changed while it was being read. */
    OVERWRITTEN("slot overwritten while being read"),
    /** {@code headerBytes} is not 192 bytes long. */
    HEADER_LENGTH("length of embedded header is not 192"),
    /** The embedded message header is not 184, 52, 900, 1. */
    MESSAGE_HEADER("embedded message header is not 184/52/900/1"),
    /** The element type is UNKNOWN or undefined. */
    DTYPE("unknown dtype"),
    /** The major order is UNKNOWN or undefined. */
    MAJOR_ORDER("unknown major order"),
    /** The number of dimensions is not 1 to 8. */
    NDIMS("number of dimensions not 1 to 8"),
    /** A dimension is negative, or 0 although there is a payload. */
    DIMS("negative dimension, or empty tensor with a payload"),
    /** Strides are negative, overlap, contradict the major order, or when inferred pass 2^31 - 1. */
    STRIDES("strides negative, overlapping, or against the major order"),
    /** The progress unit is undefined. */
    PROGRESS_UNIT("unknown progress unit"),
    /** There is a progress unit, and its stride is not that of the rows or columns. */
    PROGRESS_STRIDE("progress stride is not that of rows or columns"),
    /** {@code payloadOffset} is not 0. */
    PAYLOAD_OFFSET("payload offset is not 0"),
    /** {@code payloadSlot} is not the index of the slot. */
    PAYLOAD_SLOT("payload slot is not the index of the header slot"),
    /** The epoch has no pool of that id. */
    POOL_UNKNOWN("unknown pool id"),
    /** The payload is longer than the pool's stride. */
    VALUES_LENGTH("payload longer than the stride of its pool"),
    /** The tensor reaches beyond its payload. */
    EXTENT("tensor reaches beyond its payload");

    private static final Rejection[] VALUES = values();

    private final String description;

    Rejection(final String description) {
        this.description = description;
    }

    /**
     * What {@link SlotReader#read} returns for this cause.
     *
     * @return 1 to {@code values().length}; stable.
     */
    public int code() {
        return ordinal() + 1;
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
