package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import io.tensorpool.MetadataAttribute;
import io.tensorpool.codec.wire.DataSourceAnnounceDecoder;
import io.tensorpool.codec.wire.DataSourceMetaDecoder;
import io.tensorpool.codec.wire.MessageHeaderDecoder;
import io.tensorpool.codec.wire.MetaBlobAnnounceDecoder;
import io.tensorpool.codec.wire.MetaBlobChunkDecoder;
import io.tensorpool.codec.wire.MetaBlobCompleteDecoder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.agrona.DirectBuffer;

/** Reads the metadata stream; whatever else shares it is ignored. Wants whole messages, not fragments. One thread. */
public final class MetadataAdapter implements FragmentHandler {
    private final MetadataListener listener;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final DataSourceAnnounceDecoder announce = new DataSourceAnnounceDecoder();
    private final DataSourceMetaDecoder meta = new DataSourceMetaDecoder();
    private final MetaBlobAnnounceDecoder blobAnnounce = new MetaBlobAnnounceDecoder();
    private final MetaBlobChunkDecoder blobChunk = new MetaBlobChunkDecoder();
    private final MetaBlobCompleteDecoder blobComplete = new MetaBlobCompleteDecoder();
    private final SchemaGate gate = new SchemaGate(
                    DataSourceMetaDecoder.SCHEMA_ID, DataSourceMetaDecoder.SCHEMA_VERSION)
            .template(DataSourceAnnounceDecoder.TEMPLATE_ID, DataSourceAnnounceDecoder.BLOCK_LENGTH, 2)
            .templateWithGroup(
                    DataSourceMetaDecoder.TEMPLATE_ID,
                    DataSourceMetaDecoder.BLOCK_LENGTH,
                    DataSourceMetaDecoder.AttributesDecoder.sbeBlockLength(),
                    3,
                    0)
            .template(MetaBlobAnnounceDecoder.TEMPLATE_ID, MetaBlobAnnounceDecoder.BLOCK_LENGTH, 0)
            .template(MetaBlobChunkDecoder.TEMPLATE_ID, MetaBlobChunkDecoder.BLOCK_LENGTH, 1)
            .template(MetaBlobCompleteDecoder.TEMPLATE_ID, MetaBlobCompleteDecoder.BLOCK_LENGTH, 0);
    private long invalid;

    /**
     * An adapter.
     *
     * @param listener called from {@link #onFragment}.
     */
    public MetadataAdapter(final MetadataListener listener) {
        this.listener = listener;
    }

    /**
     * Messages that could not be read, or hold what breaks {@link MetadataLimits}, a text that is not printable ASCII, or a
     * key that is empty or there twice.
     *
     * @return how many so far.
     */
    public long unreadable() {
        return gate.malformed() + gate.newerVersion() + invalid;
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header frame) {
        switch (gate.admit(buffer, offset, length)) {
            case DataSourceAnnounceDecoder.TEMPLATE_ID -> onAnnounce(buffer, offset);
            case DataSourceMetaDecoder.TEMPLATE_ID -> onMeta(buffer, offset);
            case MetaBlobAnnounceDecoder.TEMPLATE_ID -> onBlobAnnounce(buffer, offset);
            case MetaBlobChunkDecoder.TEMPLATE_ID -> onBlobChunk(buffer, offset);
            case MetaBlobCompleteDecoder.TEMPLATE_ID -> onBlobComplete(buffer, offset);
            default -> {}
        }
    }

    private void onAnnounce(final DirectBuffer buffer, final int offset) {
        announce.wrapAndApplyHeader(buffer, offset, header);
        if (announce.nameLength() > MetadataLimits.MAX_NAME_LENGTH) {
            invalid++;
            return;
        }
        final String name = announce.name();
        if (announce.summaryLength() > MetadataLimits.MAX_SUMMARY_LENGTH) {
            invalid++;
            return;
        }
        final String summary = announce.summary();
        if (!MetadataAttribute.isPrintable(name) || !MetadataAttribute.isPrintable(summary)) {
            invalid++;
            return;
        }
        listener.onDataSourceAnnounce(
                (int) announce.streamId(),
                (int) announce.producerId(),
                announce.epoch(),
                (int) announce.metaVersion(),
                name,
                summary);
    }

    private void onMeta(final DirectBuffer buffer, final int offset) {
        meta.wrapAndApplyHeader(buffer, offset, header);
        final DataSourceMetaDecoder.AttributesDecoder entries = meta.attributes();
        if (entries.count() > MetadataLimits.MAX_ATTRIBUTES) {
            invalid++;
            return;
        }
        final List<MetadataAttribute> attributes = new ArrayList<>(entries.count());
        final Set<String> keys = new HashSet<>();
        for (final DataSourceMetaDecoder.AttributesDecoder entry : entries) {
            if (entry.keyLength() == 0 || entry.keyLength() > MetadataAttribute.MAX_KEY_LENGTH) {
                invalid++;
                return;
            }
            final String key = entry.key();
            if (entry.formatLength() > MetadataAttribute.MAX_FORMAT_LENGTH) {
                invalid++;
                return;
            }
            final String format = entry.format();
            final byte[] value = new byte[entry.valueLength()];
            entry.getValue(value, 0, value.length);
            if (!MetadataAttribute.isPrintable(key) || !MetadataAttribute.isPrintable(format) || !keys.add(key)) {
                invalid++;
                return;
            }
            attributes.add(MetadataAttribute.received(key, format, value));
        }
        listener.onDataSourceMeta(
                (int) meta.streamId(), (int) meta.metaVersion(), meta.timestampNs(), List.copyOf(attributes));
    }

    private void onBlobAnnounce(final DirectBuffer buffer, final int offset) {
        blobAnnounce.wrapAndApplyHeader(buffer, offset, header);
        listener.onBlobAnnounce(
                (int) blobAnnounce.streamId(),
                (int) blobAnnounce.metaVersion(),
                (int) blobAnnounce.blobType(),
                blobAnnounce.totalLen(),
                blobAnnounce.checksum());
    }

    private void onBlobChunk(final DirectBuffer buffer, final int offset) {
        blobChunk.wrapAndApplyHeader(buffer, offset, header);
        final int length = blobChunk.bytesLength();
        if (length == 0 || length > MetadataLimits.MAX_CHUNK_BYTES) {
            invalid++;
            return;
        }
        listener.onBlobChunk(
                (int) blobChunk.streamId(),
                (int) blobChunk.metaVersion(),
                blobChunk.chunkOffset(),
                buffer,
                blobChunk.limit() + MetaBlobChunkDecoder.bytesHeaderLength(),
                length);
    }

    private void onBlobComplete(final DirectBuffer buffer, final int offset) {
        blobComplete.wrapAndApplyHeader(buffer, offset, header);
        listener.onBlobComplete(
                (int) blobComplete.streamId(), (int) blobComplete.metaVersion(), blobComplete.checksum());
    }
}
