package io.tensorpool;

import org.jspecify.annotations.Nullable;

/** In which steps a frame's payload fills up while it is being written (wire specification 8.2). */
public enum ProgressUnit {
    /** No layout-safe steps are declared. */
    NONE(0),
    /** Row by row: a step is the stride of the first dimension. */
    ROWS(1),
    /** Column by column: a step is the stride of the second dimension. */
    COLUMNS(2);

    private final int code;

    ProgressUnit(final int code) {
        this.code = code;
    }

    /**
     * Number of this unit on the wire.
     *
     * @return 0, 1 or 2.
     */
    public int code() {
        return code;
    }

    /**
     * Unit of a number from the wire; an undefined number rejects the frame.
     *
     * @param code any value.
     * @return the unit, or null if the number names none.
     */
    public static @Nullable ProgressUnit fromCode(final int code) {
        return switch (code) {
            case 0 -> NONE;
            case 1 -> ROWS;
            case 2 -> COLUMNS;
            default -> null;
        };
    }
}
