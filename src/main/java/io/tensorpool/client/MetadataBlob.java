package io.tensorpool.client;

import java.util.Arrays;

/** Metadata too large for attributes, received whole and checked (wire specification 10.3.3). */
public final class MetadataBlob {
    private final int streamId;
    private final int metaVersion;
    private final int blobType;
    private final byte[] bytes;

    MetadataBlob(final int streamId, final int metaVersion, final int blobType, final byte[] bytes) {
        this.streamId = streamId;
        this.metaVersion = metaVersion;
        this.blobType = blobType;
        this.bytes = bytes;
    }

    /**
     * Stream of its source.
     *
     * @return unsigned 32-bit id.
     */
    public int streamId() {
        return streamId;
    }

    /**
     * Version of the metadata that it belongs to.
     *
     * @return unsigned.
     */
    public int metaVersion() {
        return metaVersion;
    }

    /**
     * Kind of blob.
     *
     * @return numbered by the application, unsigned.
     */
    public int blobType() {
        return blobType;
    }

    /**
     * The blob.
     *
     * @return not copied: the blob belongs to whoever received it.
     */
    public byte[] bytes() {
        return bytes;
    }

    @Override
    public String toString() {
        return "blob of type " + Integer.toUnsignedString(blobType) + ", " + bytes.length + " bytes, of version "
                + Integer.toUnsignedString(metaVersion) + " of stream " + Integer.toUnsignedString(streamId)
                + ", hash " + Arrays.hashCode(bytes);
    }
}
