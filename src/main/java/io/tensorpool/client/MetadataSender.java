package io.tensorpool.client;

import io.aeron.Publication;
import io.tensorpool.TensorPoolException;
import io.tensorpool.protocol.MetadataProxy;
import org.agrona.ErrorHandler;
import org.jspecify.annotations.Nullable;

/**
 * Says for one producer what its stream is about: the announce and the metadata at once when they change, and at their
 * periods; a blob in chunks, a few per duty cycle, until the stream takes no more. Conductor's thread.
 */
final class MetadataSender {
    /** So many, that a blob is fast, and so few, that the duty cycle goes on. */
    private static final int CHUNKS_PER_CYCLE = 4;

    private final int streamId;
    private final SourceMetadata metadata;
    private final MetadataProxy proxy;
    private final MetadataOptions options;
    private final ErrorHandler errorHandler;
    private SourceMetadata.@Nullable Snapshot announced;
    private SourceMetadata.@Nullable Snapshot sent;
    private long announcedEpoch;
    private long nextAnnounceNs;
    private long nextMetadataNs;
    private @Nullable BlobTransfer blob;
    private boolean isBlobAnnounced;

    MetadataSender(
            final int streamId,
            final SourceMetadata metadata,
            final MetadataProxy proxy,
            final MetadataOptions options,
            final ErrorHandler errorHandler) {
        this.streamId = streamId;
        this.metadata = metadata;
        this.proxy = proxy;
        this.options = options;
        this.errorHandler = errorHandler;
    }

    /** While there is an epoch. Returns a work count. */
    int doWork(final long nowNs, final int producerId, final long epoch) {
        final SourceMetadata.Snapshot snapshot = metadata.snapshot();
        int workCount = 0;
        if (!snapshot.isSilent()) {
            workCount += announce(snapshot, nowNs, producerId, epoch);
            workCount += snapshot.version() == 0 ? 0 : send(snapshot, nowNs);
        }
        return workCount + sendBlob();
    }

    @SuppressWarnings("ReferenceEquality") // each change makes another snapshot
    private int announce(
            final SourceMetadata.Snapshot snapshot, final long nowNs, final int producerId, final long epoch) {
        final boolean isNew = snapshot != announced || epoch != announcedEpoch;
        if ((isNew || nowNs - nextAnnounceNs >= 0)
                && proxy.dataSourceAnnounce(
                                streamId, producerId, epoch, snapshot.version(), snapshot.name(), snapshot.summary())
                        > 0) {
            announced = snapshot;
            announcedEpoch = epoch;
            nextAnnounceNs = nowNs + options.announcePeriodNs();
            return 1;
        }
        return 0;
    }

    private int send(final SourceMetadata.Snapshot snapshot, final long nowNs) {
        final boolean isNew = sent == null || snapshot.version() != sent.version();
        if (!isNew && nowNs - nextMetadataNs < 0) {
            return 0;
        }
        try {
            if (proxy.dataSourceMeta(streamId, snapshot.version(), snapshot.madeNs(), snapshot.attributes()) <= 0) {
                return 0;
            }
        } catch (final IllegalArgumentException tooLong) {
            if (isNew) {
                errorHandler.onError(new TensorPoolException(
                        "metadata of stream " + Integer.toUnsignedString(streamId) + ", version "
                                + Integer.toUnsignedString(snapshot.version())
                                + ", are not sent: too long for the terms of the metadata stream: "
                                + tooLong.getMessage(),
                        tooLong));
            }
        }
        sent = snapshot;
        nextMetadataNs = nowNs + options.metadataPeriodNs();
        return 1;
    }

    private int sendBlob() {
        if (blob == null) {
            blob = metadata.nextBlob();
        }
        final BlobTransfer transfer = blob;
        if (transfer == null) {
            return 0;
        }
        final long result = advance(transfer);
        if (result == Publication.CLOSED || result == Publication.MAX_POSITION_EXCEEDED) {
            transfer.fail("the metadata stream has ended");
            endBlob();
        } else if (result > 0 && transfer.isSent()) {
            endBlob();
        }
        return result > 0 ? 1 : 0;
    }

    private void endBlob() {
        blob = null;
        isBlobAnnounced = false;
    }

    /** As far as the stream takes it, and not too far for one duty cycle. Returns its last answer. */
    private long advance(final BlobTransfer transfer) {
        final byte[] bytes = transfer.blob();
        final int version = transfer.metaVersion();
        long result = 1;
        if (!isBlobAnnounced) {
            result = proxy.blobAnnounce(streamId, version, transfer.blobType(), bytes.length, transfer.checksum());
            isBlobAnnounced = result > 0;
        }
        final int maxChunkBytes = proxy.maxChunkBytes();
        for (int i = 0; i < CHUNKS_PER_CYCLE && result > 0 && transfer.sentBytes() < bytes.length; i++) {
            final int offset = transfer.sentBytes();
            final int length = Math.min(maxChunkBytes, bytes.length - offset);
            result = proxy.blobChunk(streamId, version, offset, bytes, length);
            if (result > 0) {
                transfer.sentUpTo(offset + length);
            }
        }
        if (result > 0 && transfer.sentBytes() == bytes.length) {
            result = proxy.blobComplete(streamId, version, transfer.checksum());
            if (result > 0) {
                transfer.complete();
            }
        }
        return result;
    }

    /** What was sent of a blob is lost with the media driver: it begins again. */
    void onAeronLost() {
        if (blob != null) {
            blob.sentUpTo(0);
            isBlobAnnounced = false;
        }
    }

    /** The producer ends. */
    void close() {
        metadata.end("the producer is closed");
        if (blob != null) {
            blob.fail("the producer is closed");
            endBlob();
        }
    }
}
