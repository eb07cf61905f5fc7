package io.tensorpool.protocol;

import org.jspecify.annotations.Nullable;

/** Why a lease ended (driver specification 4.7 and 4.9). */
public enum RevokeReason {
    /** Its holder gave it back. */
    DETACHED(1),
    /** Its keepalives stayed away. */
    EXPIRED(2),
    /** The driver or its administrator withdrew it. */
    REVOKED(3);

    private final int code;

    RevokeReason(final int code) {
        this.code = code;
    }

    /**
     * Number on the wire.
     *
     * @return 1 to 3.
     */
    public int code() {
        return code;
    }

    /**
     * Reason of a number from the wire.
     *
     * @param code any value.
     * @return the reason, or null if the number names none: the message is rejected.
     */
    public static @Nullable RevokeReason fromCode(final int code) {
        return switch (code) {
            case 1 -> DETACHED;
            case 2 -> EXPIRED;
            case 3 -> REVOKED;
            default -> null;
        };
    }
}
