package io.tensorpool.client;

/** Hears of the metadata of all streams, in the client's conductor: it must not block. */
public interface MetadataHandler {
    /**
     * A source presented itself for the first time, or otherwise than before.
     *
     * @param source as it is now.
     */
    default void onDataSource(final DataSource source) {}

    /**
     * A stream has metadata for the first time, or others than before.
     *
     * @param metadata the version that was received last.
     */
    default void onMetadata(final StreamMetadata metadata) {}

    /**
     * A blob was received whole, and its checksum is right.
     *
     * @param blob the application's from now on.
     */
    default void onBlob(final MetadataBlob blob) {}
}
