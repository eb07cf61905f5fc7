package io.tensorpool.protocol;

import io.tensorpool.MetadataAttribute;
import java.util.List;
import org.agrona.DirectBuffer;

/** What is heard on the metadata stream (wire specification 10.3). */
public interface MetadataListener {
    /**
     * A source presented itself.
     *
     * @param streamId    of the source.
     * @param producerId  client id of its producer.
     * @param epoch       that the producer writes into.
     * @param metaVersion current version of its metadata.
     * @param name        printable ASCII, at most {@link MetadataLimits#MAX_NAME_LENGTH} characters, possibly empty.
     * @param summary     printable ASCII, at most {@link MetadataLimits#MAX_SUMMARY_LENGTH} characters, possibly empty.
     */
    void onDataSourceAnnounce(int streamId, int producerId, long epoch, int metaVersion, String name, String summary);

    /**
     * A source's metadata, whole.
     *
     * @param streamId    of the source.
     * @param metaVersion of this metadata.
     * @param timestampNs when it was made, on the source's clock.
     * @param attributes  none twice; immutable.
     */
    void onDataSourceMeta(int streamId, int metaVersion, long timestampNs, List<MetadataAttribute> attributes);

    /**
     * A blob is going to come in chunks.
     *
     * @param streamId         of the source.
     * @param metaVersion      that the blob belongs to.
     * @param blobType         numbered by the application.
     * @param totalLengthBytes of the blob, unsigned.
     * @param checksum         CRC32C of the blob; 0 if there is none.
     */
    void onBlobAnnounce(int streamId, int metaVersion, int blobType, long totalLengthBytes, long checksum);

    /**
     * A chunk of a blob.
     *
     * @param streamId    of the source.
     * @param metaVersion that the blob belongs to.
     * @param chunkOffset where in the blob, unsigned.
     * @param buffer      holds the chunk; during the call only.
     * @param offset      of its first byte.
     * @param length      1 to {@link MetadataLimits#MAX_CHUNK_BYTES}.
     */
    void onBlobChunk(int streamId, int metaVersion, long chunkOffset, DirectBuffer buffer, int offset, int length);

    /**
     * A blob is complete.
     *
     * @param streamId    of the source.
     * @param metaVersion that the blob belongs to.
     * @param checksum    as announced.
     */
    void onBlobComplete(int streamId, int metaVersion, long checksum);
}
