package io.tensorpool.protocol;

import org.jspecify.annotations.Nullable;

/** Why a driver ends (driver specification 4.13). */
public enum ShutdownReason {
    /** It was closed. */
    NORMAL(0),
    /** An administrator asked for it. */
    ADMIN(1),
    /** It cannot go on. */
    ERROR(2);

    private final int code;

    ShutdownReason(final int code) {
        this.code = code;
    }

    /**
     * Number on the wire.
     *
     * @return 0 to 2.
     */
    public int code() {
        return code;
    }

    /**
     * Reason of a number from the wire.
     *
     * @param code any value.
     * @return the reason, or null if the number names none.
     */
    public static @Nullable ShutdownReason fromCode(final int code) {
        return switch (code) {
            case 0 -> NORMAL;
            case 1 -> ADMIN;
            case 2 -> ERROR;
            default -> null;
        };
    }
}
