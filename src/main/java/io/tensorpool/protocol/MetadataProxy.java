package io.tensorpool.protocol;

import io.aeron.logbuffer.BufferClaim;
import io.tensorpool.MetadataAttribute;
import io.tensorpool.codec.wire.DataSourceAnnounceEncoder;
import io.tensorpool.codec.wire.DataSourceMetaEncoder;
import io.tensorpool.codec.wire.MessageHeaderEncoder;
import io.tensorpool.codec.wire.MetaBlobAnnounceEncoder;
import io.tensorpool.codec.wire.MetaBlobChunkEncoder;
import io.tensorpool.codec.wire.MetaBlobCompleteEncoder;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;

/** Says what a stream is about (wire specification 10.3). One thread. */
public final class MetadataProxy {
    private static final int CHUNK_OVERHEAD =
            Encoding.HEADER_LENGTH + MetaBlobChunkEncoder.BLOCK_LENGTH + MetaBlobChunkEncoder.bytesHeaderLength();

    private final MessageSink sink;
    private final BufferClaim claim = new BufferClaim();
    private final ExpandableArrayBuffer buffer = new ExpandableArrayBuffer(4096);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final DataSourceAnnounceEncoder announce = new DataSourceAnnounceEncoder();
    private final DataSourceMetaEncoder meta = new DataSourceMetaEncoder();
    private final MetaBlobAnnounceEncoder blobAnnounce = new MetaBlobAnnounceEncoder();
    private final MetaBlobChunkEncoder blobChunk = new MetaBlobChunkEncoder();
    private final MetaBlobCompleteEncoder blobComplete = new MetaBlobCompleteEncoder();

    /**
     * A proxy.
     *
     * @param sink the metadata stream.
     */
    public MetadataProxy(final MessageSink sink) {
        this.sink = sink;
    }

    /**
     * Longest chunk of a blob that the stream takes in one message.
     *
     * @return in bytes, at most {@link MetadataLimits#MAX_CHUNK_BYTES}.
     */
    public int maxChunkBytes() {
        return Math.min(MetadataLimits.MAX_CHUNK_BYTES, sink.maxMessageLength() - CHUNK_OVERHEAD);
    }

    /**
     * Presents a source.
     *
     * @param streamId    of the source.
     * @param producerId  client id of its producer.
     * @param epoch       that the producer writes into.
     * @param metaVersion current version of its metadata.
     * @param name        ASCII, at most {@link MetadataLimits#MAX_NAME_LENGTH} characters.
     * @param summary     ASCII, at most {@link MetadataLimits#MAX_SUMMARY_LENGTH} characters.
     * @return a position, or Aeron's negative code.
     */
    public long dataSourceAnnounce(
            final int streamId,
            final int producerId,
            final long epoch,
            final int metaVersion,
            final String name,
            final String summary) {
        announce.wrapAndApplyHeader(buffer, 0, header)
                .streamId(Integer.toUnsignedLong(streamId))
                .producerId(Integer.toUnsignedLong(producerId))
                .epoch(epoch)
                .metaVersion(Integer.toUnsignedLong(metaVersion))
                .name(name)
                .summary(summary);
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + announce.encodedLength());
    }

    /**
     * Tells a source's metadata, whole.
     *
     * @param streamId    of the source.
     * @param metaVersion of this metadata.
     * @param timestampNs when it was made.
     * @param attributes  at most {@link MetadataLimits#MAX_ATTRIBUTES}.
     * @return a position, or Aeron's negative code.
     * @throws IllegalArgumentException if the message is longer than the stream takes.
     */
    public long dataSourceMeta(
            final int streamId,
            final int metaVersion,
            final long timestampNs,
            final List<MetadataAttribute> attributes) {
        final DataSourceMetaEncoder.AttributesEncoder entries = meta.wrapAndApplyHeader(buffer, 0, header)
                .streamId(Integer.toUnsignedLong(streamId))
                .metaVersion(Integer.toUnsignedLong(metaVersion))
                .timestampNs(timestampNs)
                .attributesCount(attributes.size());
        for (final MetadataAttribute attribute : attributes) {
            entries.next()
                    .key(attribute.key())
                    .format(attribute.format())
                    .putValue(attribute.value(), 0, attribute.valueLengthBytes());
        }
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + meta.encodedLength());
    }

    /**
     * Begins a blob.
     *
     * @param streamId         of the source.
     * @param metaVersion      that the blob belongs to.
     * @param blobType         numbered by the application.
     * @param totalLengthBytes of the blob.
     * @param checksum         CRC32C of the blob; 0 for none.
     * @return a position, or Aeron's negative code.
     */
    public long blobAnnounce(
            final int streamId,
            final int metaVersion,
            final int blobType,
            final long totalLengthBytes,
            final long checksum) {
        final long result = Encoding.claim(sink, MetaBlobAnnounceEncoder.BLOCK_LENGTH, claim);
        if (result > 0) {
            blobAnnounce
                    .wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .metaVersion(Integer.toUnsignedLong(metaVersion))
                    .blobType(Integer.toUnsignedLong(blobType))
                    .totalLen(totalLengthBytes)
                    .checksum(checksum);
            claim.commit();
        }
        return result;
    }

    /**
     * Sends a chunk.
     *
     * @param streamId    of the source.
     * @param metaVersion that the blob belongs to.
     * @param chunkOffset of the chunk in the blob.
     * @param blob        whole.
     * @param length      of the chunk, at most {@link #maxChunkBytes}.
     * @return a position, or Aeron's negative code.
     */
    public long blobChunk(
            final int streamId, final int metaVersion, final int chunkOffset, final byte[] blob, final int length) {
        blobChunk
                .wrapAndApplyHeader(buffer, 0, header)
                .streamId(Integer.toUnsignedLong(streamId))
                .metaVersion(Integer.toUnsignedLong(metaVersion))
                .chunkOffset(chunkOffset)
                .putBytes(blob, chunkOffset, length);
        return sink.offer(buffer, 0, Encoding.HEADER_LENGTH + blobChunk.encodedLength());
    }

    /**
     * Ends a blob.
     *
     * @param streamId    of the source.
     * @param metaVersion that the blob belongs to.
     * @param checksum    as announced.
     * @return a position, or Aeron's negative code.
     */
    public long blobComplete(final int streamId, final int metaVersion, final long checksum) {
        final long result = Encoding.claim(sink, MetaBlobCompleteEncoder.BLOCK_LENGTH, claim);
        if (result > 0) {
            blobComplete
                    .wrapAndApplyHeader(claim.buffer(), claim.offset(), header)
                    .streamId(Integer.toUnsignedLong(streamId))
                    .metaVersion(Integer.toUnsignedLong(metaVersion))
                    .checksum(checksum);
            claim.commit();
        }
        return result;
    }
}
