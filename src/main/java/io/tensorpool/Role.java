package io.tensorpool;

import org.jspecify.annotations.Nullable;

/** What a lease entitles its holder to do with a stream (driver specification 4.1). */
public enum Role {
    /** Writes frames; at most one per stream. */
    PRODUCER(1),
    /** Reads frames; any number per stream. */
    CONSUMER(2);

    private final int code;

    Role(final int code) {
        this.code = code;
    }

    /**
     * Number of this role on the wire.
     *
     * @return 1 or 2.
     */
    public int code() {
        return code;
    }

    /**
     * Role of a number from the wire.
     *
     * @param code any value.
     * @return the role, or null if the number names none.
     */
    public static @Nullable Role fromCode(final int code) {
        return code == 1 ? PRODUCER : code == 2 ? CONSUMER : null;
    }
}
