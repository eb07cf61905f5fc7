package io.tensorpool;

import org.jspecify.annotations.Nullable;

/** How far a frame is that fills up (wire specification 10.2.2). Within a frame they only go forward. */
public enum ProgressState {
    /** Its acquisition has begun. */
    STARTED(1),
    /** A part of it is there. */
    PROGRESS(2),
    /** All of it is there. It still has to be committed. */
    COMPLETE(3);

    private final int code;

    ProgressState(final int code) {
        this.code = code;
    }

    /**
     * Number of this state on the wire.
     *
     * @return 1 to 3.
     */
    public int code() {
        return code;
    }

    /**
     * State of a number from the wire. UNKNOWN (0) and undefined numbers have none: such a message is ignored.
     *
     * @param code any value.
     * @return the state, or null if the number names none.
     */
    public static @Nullable ProgressState fromCode(final int code) {
        return switch (code) {
            case 1 -> STARTED;
            case 2 -> PROGRESS;
            case 3 -> COMPLETE;
            default -> null;
        };
    }
}
