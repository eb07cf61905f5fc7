package io.tensorpool.client;

import io.tensorpool.MetadataAttribute;
import io.tensorpool.protocol.MetadataAdapter;
import io.tensorpool.protocol.MetadataListener;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.NanoClock;

/** What a client hears on the metadata stream goes into the cache and the assembler of blobs. Conductor's thread. */
final class MetadataReader implements MetadataListener {
    private final NanoClock clock;
    private final MetadataCache cache;
    private final BlobAssembler blobs;
    private final MetadataAdapter adapter = new MetadataAdapter(this);

    MetadataReader(final NanoClock clock, final MetadataCache cache, final BlobAssembler blobs) {
        this.clock = clock;
        this.cache = cache;
        this.blobs = blobs;
    }

    static MetadataReader of(final ClientContext context, final ClientEvents events) {
        final MetadataOptions options = context.metadata();
        final MetadataHandler given = options.handler();
        final MetadataHandler handler = given == null ? new MetadataHandler() {} : events.guard(given);
        final int maxBlobBytes = given == null ? 0 : options.maxBlobBytes();
        return new MetadataReader(
                context.nanoClock(),
                new MetadataCache(
                        Math.max(options.announcePeriodNs(), options.metadataPeriodNs()),
                        MetadataCache.MAX_STREAMS,
                        MetadataCache.MAX_BYTES,
                        handler,
                        context.nanoClock().nanoTime()),
                new BlobAssembler(maxBlobBytes, options.blobTimeoutNs(), handler::onBlob));
    }

    MetadataCache cache() {
        return cache;
    }

    MetadataAdapter adapter() {
        return adapter;
    }

    int doWork(final long nowNs) {
        cache.mirror(adapter.unreadable(), blobs.discarded());
        return cache.doWork(nowNs) + blobs.doWork(nowNs);
    }

    @Override
    public void onDataSourceAnnounce(
            final int streamId,
            final int producerId,
            final long epoch,
            final int metaVersion,
            final String name,
            final String summary) {
        cache.onSource(new DataSource(streamId, producerId, epoch, metaVersion, name, summary), clock.nanoTime());
    }

    @Override
    public void onDataSourceMeta(
            final int streamId,
            final int metaVersion,
            final long timestampNs,
            final List<MetadataAttribute> attributes) {
        cache.onMetadata(new StreamMetadata(streamId, metaVersion, timestampNs, attributes), clock.nanoTime());
    }

    @Override
    public void onBlobAnnounce(
            final int streamId,
            final int metaVersion,
            final int blobType,
            final long totalLengthBytes,
            final long checksum) {
        blobs.onAnnounce(streamId, metaVersion, blobType, totalLengthBytes, checksum, clock.nanoTime());
    }

    @Override
    public void onBlobChunk(
            final int streamId,
            final int metaVersion,
            final long chunkOffset,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        blobs.onChunk(streamId, metaVersion, chunkOffset, buffer, offset, length, clock.nanoTime());
    }

    @Override
    public void onBlobComplete(final int streamId, final int metaVersion, final long checksum) {
        blobs.onComplete(streamId, metaVersion, checksum);
    }
}
