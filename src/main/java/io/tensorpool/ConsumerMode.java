package io.tensorpool;

import org.jspecify.annotations.Nullable;

/** How a consumer gets its descriptors (wire specification 11). */
public enum ConsumerMode {
    /** Every one, as fast as they come. */
    STREAM(1),
    /** No more than a stated rate. */
    RATE_LIMITED(2);

    private final int code;

    ConsumerMode(final int code) {
        this.code = code;
    }

    /**
     * Number of this mode on the wire.
     *
     * @return 1 or 2.
     */
    public int code() {
        return code;
    }

    /**
     * Mode of a number from the wire.
     *
     * @param code any value.
     * @return the mode, or null if the number names none.
     */
    public static @Nullable ConsumerMode fromCode(final int code) {
        return code == 1 ? STREAM : code == 2 ? RATE_LIMITED : null;
    }
}
