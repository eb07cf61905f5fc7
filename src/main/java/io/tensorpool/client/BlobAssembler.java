package io.tensorpool.client;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Puts blobs together (wire specification 10.3.3): chunks come in order, without gap or overlap, and the whole has the length
 * and the checksum that were announced; else it is discarded. Memory is bounded: so long a blob, so many under way, and so much
 * for all; it grows with what arrives, not with what is announced.
 *
 * <p>A blob is known by its stream and metadata version, so that of each there is one under way. One thread.
 */
final class BlobAssembler {
    /** Receives blobs that are whole. */
    @FunctionalInterface
    interface Receiver {
        void onBlob(MetadataBlob blob);
    }

    /** Most blobs under way. */
    static final int MAX_TRANSFERS = 16;

    private static final int LIMIT_OF_ALL = 4;
    private static final int FIRST_BYTES = 64 * 1024;
    private static final long NO_CHECKSUM = 0;

    private static final class Transfer {
        private final int streamId;
        private final int metaVersion;
        private final int blobType;
        private final int totalBytes;
        private final long checksum;
        private final CRC32C crc = new CRC32C();
        private byte[] bytes;
        private int received;
        private long lastHeardNs;

        private Transfer(
                final int streamId,
                final int metaVersion,
                final int blobType,
                final int totalBytes,
                final long checksum,
                final long nowNs) {
            this.streamId = streamId;
            this.metaVersion = metaVersion;
            this.blobType = blobType;
            this.totalBytes = totalBytes;
            this.checksum = checksum;
            this.bytes = new byte[Math.min(totalBytes, FIRST_BYTES)];
            this.lastHeardNs = nowNs;
        }
    }

    private final List<Transfer> transfers = new ArrayList<>();
    private final int maxBlobBytes;
    private final long maxAllBytes;
    private final long timeoutNs;
    private final Receiver receiver;
    private long allBytes;
    private long discarded;

    /**
     * An assembler.
     *
     * @param maxBlobBytes longest blob; 0 for none.
     * @param timeoutNs    a blob of which nothing more comes for so long is given up.
     * @param receiver     of blobs that are whole.
     */
    BlobAssembler(final int maxBlobBytes, final long timeoutNs, final Receiver receiver) {
        this.maxBlobBytes = maxBlobBytes;
        this.maxAllBytes = (long) LIMIT_OF_ALL * maxBlobBytes;
        this.timeoutNs = timeoutNs;
        this.receiver = receiver;
    }

    void onAnnounce(
            final int streamId,
            final int metaVersion,
            final int blobType,
            final long totalBytes,
            final long checksum,
            final long nowNs) {
        final Transfer before = find(streamId, metaVersion);
        if (before != null) {
            discard(before); // it begins again, or there are two of them
        }
        if (maxBlobBytes == 0
                || Long.compareUnsigned(totalBytes, maxBlobBytes) > 0
                || transfers.size() >= MAX_TRANSFERS
                || allBytes + Math.min(totalBytes, FIRST_BYTES) > maxAllBytes) {
            count();
            return;
        }
        final Transfer transfer = new Transfer(streamId, metaVersion, blobType, (int) totalBytes, checksum, nowNs);
        allBytes += transfer.bytes.length;
        transfers.add(transfer);
    }

    void onChunk(
            final int streamId,
            final int metaVersion,
            final long chunkOffset,
            final DirectBuffer buffer,
            final int offset,
            final int length,
            final long nowNs) {
        final Transfer transfer = find(streamId, metaVersion);
        if (transfer == null) {
            count(); // its announce was missed or refused
            return;
        }
        if (chunkOffset != transfer.received
                || length > transfer.totalBytes - transfer.received
                || !makeRoom(transfer, transfer.received + length)) {
            discard(transfer);
            return;
        }
        buffer.getBytes(offset, transfer.bytes, transfer.received, length);
        transfer.crc.update(transfer.bytes, transfer.received, length);
        transfer.received += length;
        transfer.lastHeardNs = nowNs;
    }

    private boolean makeRoom(final Transfer transfer, final int needed) {
        final int before = transfer.bytes.length;
        if (needed <= before) {
            return true;
        }
        final int after = (int) Math.min(transfer.totalBytes, Math.max(needed, 2L * before));
        if (allBytes - before + after > maxAllBytes) {
            return false;
        }
        transfer.bytes = Arrays.copyOf(transfer.bytes, after);
        allBytes += after - before;
        return true;
    }

    void onComplete(final int streamId, final int metaVersion, final long checksum) {
        final Transfer transfer = find(streamId, metaVersion);
        if (transfer == null) {
            count();
            return;
        }
        final boolean isWhole = transfer.received == transfer.totalBytes
                && checksum == transfer.checksum
                && (checksum == NO_CHECKSUM || checksum == transfer.crc.getValue());
        if (!isWhole) {
            discard(transfer);
            return;
        }
        end(transfer);
        receiver.onBlob(new MetadataBlob(streamId, metaVersion, transfer.blobType, transfer.bytes));
    }

    /** Gives up those of which nothing more comes. Returns a work count. */
    int doWork(final long nowNs) {
        int workCount = 0;
        for (final Iterator<Transfer> i = transfers.iterator(); i.hasNext(); ) {
            final Transfer transfer = i.next();
            if (nowNs - transfer.lastHeardNs > timeoutNs) {
                allBytes -= transfer.bytes.length;
                i.remove();
                count();
                workCount++;
            }
        }
        return workCount;
    }

    private @Nullable Transfer find(final int streamId, final int metaVersion) {
        for (final Transfer transfer : transfers) {
            if (transfer.streamId == streamId && transfer.metaVersion == metaVersion) {
                return transfer;
            }
        }
        return null;
    }

    private void discard(final Transfer transfer) {
        end(transfer);
        count();
    }

    private void end(final Transfer transfer) {
        allBytes -= transfer.bytes.length;
        transfers.remove(transfer);
    }

    private void count() {
        discarded++;
    }

    /** Announces, chunks and blobs that were refused or discarded. */
    long discarded() {
        return discarded;
    }

    /** Bytes that are held now. */
    long heldBytes() {
        return allBytes;
    }
}
