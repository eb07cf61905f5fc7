package io.tensorpool;

import org.jspecify.annotations.Nullable;

/** Which index of a tensor runs fastest in memory (wire specification 8.2 and 15.8). */
public enum MajorOrder {
    /** The last dimension is innermost, as in C. */
    ROW(1),
    /** The first dimension is innermost, as in Fortran and Julia. */
    COLUMN(2);

    private final int code;

    MajorOrder(final int code) {
        this.code = code;
    }

    /**
     * Number of this order on the wire.
     *
     * @return 1 or 2.
     */
    public int code() {
        return code;
    }

    /**
     * Order of a number from the wire. UNKNOWN (0) and undefined numbers have none: such a frame is rejected.
     *
     * @param code any value.
     * @return the order, or null if the number names none.
     */
    public static @Nullable MajorOrder fromCode(final int code) {
        return code == 1 ? ROW : code == 2 ? COLUMN : null;
    }
}
