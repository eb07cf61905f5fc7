package io.tensorpool.protocol;

import org.jspecify.annotations.Nullable;

/** Why a lease ended (driver specification 4.7 and 4.9). */
public enum RevokeReason {
    /** Its holder gave it back. */
    DETACHED(1, "lease detached"),
    /** Its keepalives stayed away. */
    EXPIRED(2, "lease expired"),
    /** The driver or its administrator withdrew it. */
    REVOKED(3, "lease revoked");

    private final int code;
    private final String text;

    RevokeReason(final int code, final String text) {
        this.code = code;
        this.text = text;
    }

    /**
     * Number on the wire.
     *
     * @return 1 to 3.
     */
    public int code() {
        return code;
    }

    /** For people: what other clients print when they lose a lease. */
    String text() {
        return text;
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
