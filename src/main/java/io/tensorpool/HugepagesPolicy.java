package io.tensorpool;

/** Which pages a client wants under the regions of its stream (driver specification 4.3). */
public enum HugepagesPolicy {
    /** Those that the driver is configured for. */
    UNSPECIFIED(0),
    /** Ordinary ones only. */
    STANDARD(1),
    /** Huge ones only. */
    HUGEPAGES(2);

    private final int code;

    HugepagesPolicy(final int code) {
        this.code = code;
    }

    /**
     * Number of this policy on the wire.
     *
     * @return 0 to 2.
     */
    public int code() {
        return code;
    }
}
