package io.tensorpool.client;

import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** A blob on its way out; see {@link SourceMetadata#sendBlob}. The conductor sends it, any thread may look at it. */
public final class BlobTransfer {
    private final int metaVersion;
    private final int blobType;
    private final byte[] blob;
    private final long checksum;
    private volatile int sentBytes;
    private volatile boolean isSent;
    private volatile @Nullable String failure;

    BlobTransfer(final int metaVersion, final int blobType, final byte[] blob) {
        this.metaVersion = metaVersion;
        this.blobType = blobType;
        this.blob = blob;
        final CRC32C crc = new CRC32C();
        crc.update(blob, 0, blob.length);
        this.checksum = crc.getValue();
    }

    /**
     * Version of the metadata that the blob belongs to: the current one when it was given.
     *
     * @return unsigned.
     */
    public int metaVersion() {
        return metaVersion;
    }

    int blobType() {
        return blobType;
    }

    byte[] blob() {
        return blob;
    }

    long checksum() {
        return checksum;
    }

    /**
     * Length of the blob.
     *
     * @return in bytes.
     */
    public int lengthBytes() {
        return blob.length;
    }

    /**
     * How much was sent. It starts again at 0 when the media driver was lost in between.
     *
     * @return in bytes.
     */
    public int sentBytes() {
        return sentBytes;
    }

    /**
     * Whether all of it was sent. Whether anybody received it is not known.
     *
     * @return false while it waits, is being sent, and when it failed.
     */
    public boolean isSent() {
        return isSent;
    }

    /**
     * Why it will not be sent.
     *
     * @return null if it will be or was.
     */
    public @Nullable String failure() {
        return failure;
    }

    void sentUpTo(final int bytes) {
        sentBytes = bytes;
    }

    void complete() {
        isSent = true;
    }

    void fail(final String cause) {
        failure = cause;
    }

    @Override
    public String toString() {
        final String cause = failure;
        return "blob of type " + Integer.toUnsignedString(blobType) + ", " + sentBytes + " of " + blob.length
                + " bytes sent" + (cause == null ? "" : "; " + cause);
    }
}
