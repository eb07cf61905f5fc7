package io.tensorpool.protocol;

/** How long things on the metadata stream may be; what is longer is neither sent nor read. */
public final class MetadataLimits {
    /** Longest name of a source, in characters. */
    public static final int MAX_NAME_LENGTH = 256;
    /** Longest summary of a source, in characters. */
    public static final int MAX_SUMMARY_LENGTH = 1024;
    /** Most attributes of a source. */
    public static final int MAX_ATTRIBUTES = 256;
    /** Longest chunk of a blob, in bytes; the {@code CHUNK_MAX} of wire specification 15.9. */
    public static final int MAX_CHUNK_BYTES = 64 * 1024;

    private MetadataLimits() {}
}
