package io.tensorpool;

/** What an attach does with a stream that does not exist yet (driver specification 4.3). */
public enum PublishMode {
    /** It is refused. */
    REQUIRE_EXISTING(1),
    /** The stream is made, where the driver's policy allows. */
    EXISTING_OR_CREATE(2);

    private final int code;

    PublishMode(final int code) {
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
}
