package io.tensorpool;

import org.jspecify.annotations.Nullable;

/** A service's answer to a request (driver specification 4.6, wire specification 15.17). */
public enum ResponseCode {
    /** The request succeeded. */
    OK(0),
    /** The request asks for something that the service does not implement, such as a newer schema. */
    UNSUPPORTED(1),
    /** The request is malformed or outside its limits. */
    INVALID_PARAMS(2),
    /** The request is valid, but policy or the present state forbids it. */
    REJECTED(3),
    /** The service failed while it processed a valid request; a later try may succeed. */
    INTERNAL_ERROR(4);

    private final int code;

    ResponseCode(final int code) {
        this.code = code;
    }

    /**
     * Number of this code on the wire.
     *
     * @return 0 to 4.
     */
    public int code() {
        return code;
    }

    /**
     * Code of a number from the wire.
     *
     * @param code any value.
     * @return the code, or null if the number names none.
     */
    public static @Nullable ResponseCode fromCode(final int code) {
        return switch (code) {
            case 0 -> OK;
            case 1 -> UNSUPPORTED;
            case 2 -> INVALID_PARAMS;
            case 3 -> REJECTED;
            case 4 -> INTERNAL_ERROR;
            default -> null;
        };
    }
}
