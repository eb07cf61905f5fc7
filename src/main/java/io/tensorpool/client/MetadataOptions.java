package io.tensorpool.client;

import io.tensorpool.ConfigurationException;
import io.tensorpool.Endpoint;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a client does with metadata.
 *
 * @param endpoint          of the metadata stream.
 * @param announcePeriodNs  time between two announces of a source; more than 0.
 * @param metadataPeriodNs  time after which unchanged metadata are sent again, for those that came later; more than 0.
 * @param handler           told of what is received; null for nobody. Blobs are put together only where there is one.
 * @param maxBlobBytes      longest blob that is put together, and four times that for all that are under way; 0 for none.
 * @param blobTimeoutNs     a blob of which nothing more comes for so long is given up; more than 0.
 */
public record MetadataOptions(
        Endpoint endpoint,
        long announcePeriodNs,
        long metadataPeriodNs,
        @Nullable MetadataHandler handler,
        int maxBlobBytes,
        long blobTimeoutNs) {
    /** Stream 1300, once a second each, no handler, blobs of 16 MiB at most, given up after 5 s. */
    public static final MetadataOptions DEFAULT = new MetadataOptions(
            Endpoint.ipc(1300),
            TimeUnit.SECONDS.toNanos(1),
            TimeUnit.SECONDS.toNanos(1),
            null,
            16 * 1024 * 1024,
            TimeUnit.SECONDS.toNanos(5));

    /** Checked. */
    public MetadataOptions {
        if (announcePeriodNs <= 0 || metadataPeriodNs <= 0 || blobTimeoutNs <= 0) {
            throw new ConfigurationException("metadata: announcePeriodNs = " + announcePeriodNs
                    + ", metadataPeriodNs = " + metadataPeriodNs + ", blobTimeoutNs = " + blobTimeoutNs
                    + ": each must be more than 0");
        }
        if (maxBlobBytes < 0) {
            throw new ConfigurationException("metadata: maxBlobBytes = " + maxBlobBytes + ": expected 0 or more");
        }
    }

    /**
     * The same on another stream.
     *
     * @param other endpoint.
     * @return the options.
     */
    public MetadataOptions withEndpoint(final Endpoint other) {
        return new MetadataOptions(other, announcePeriodNs, metadataPeriodNs, handler, maxBlobBytes, blobTimeoutNs);
    }

    /**
     * The same with other periods.
     *
     * @param ofAnnounces time between two announces of a source.
     * @param ofMetadata  time after which unchanged metadata are sent again.
     * @return the options.
     */
    public MetadataOptions withPeriodsNs(final long ofAnnounces, final long ofMetadata) {
        return new MetadataOptions(endpoint, ofAnnounces, ofMetadata, handler, maxBlobBytes, blobTimeoutNs);
    }

    /**
     * The same with a handler.
     *
     * @param other called by the client's conductor.
     * @return the options.
     */
    public MetadataOptions withHandler(final MetadataHandler other) {
        return new MetadataOptions(endpoint, announcePeriodNs, metadataPeriodNs, other, maxBlobBytes, blobTimeoutNs);
    }

    /**
     * The same with other limits of blobs.
     *
     * @param maxBytes  of a blob; 0 for none at all.
     * @param timeoutNs after which a blob of which nothing more comes is given up.
     * @return the options.
     */
    public MetadataOptions withBlobs(final int maxBytes, final long timeoutNs) {
        return new MetadataOptions(endpoint, announcePeriodNs, metadataPeriodNs, handler, maxBytes, timeoutNs);
    }
}
