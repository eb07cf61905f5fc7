package io.tensorpool.client;

import io.tensorpool.MetadataAttribute;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the sources of all streams last said about themselves (wire specification 10.3). The client's conductor writes it; any
 * thread may read it at any time.
 *
 * <p>Only so much is remembered: {@link #MAX_STREAMS} streams with {@link #MAX_BYTES} of attributes. When there is more,
 * newcomers take the places of streams that are not heard any more, and are refused if there are none. A stream that is not
 * heard for sixty announce periods is forgotten.
 */
public final class MetadataCache {
    /** Most streams that are remembered. */
    public static final int MAX_STREAMS = 1024;
    /** Most that all attributes take together, in bytes. */
    public static final long MAX_BYTES = 32 * 1024 * 1024;

    private static final int SILENT_AFTER_PERIODS = 4;
    private static final int FORGOTTEN_AFTER_PERIODS = 60;
    /** What an attribute takes beside its texts and its value, roughly. */
    private static final int ATTRIBUTE_BYTES = 128;

    private static final class Entry {
        private volatile @Nullable DataSource source;
        private volatile @Nullable StreamMetadata metadata;
        private long lastHeardNs;
        private long bytes;
    }

    private final Map<Integer, Entry> byStream = new ConcurrentHashMap<>();
    private final MetadataHandler handler;
    private final long periodNs;
    private final int maxStreams;
    private final long maxBytes;
    private long bytes;
    private long nextSweepNs;
    private volatile long refused;
    private volatile long unreadable;
    private volatile long discardedBlobs;

    /**
     * A cache.
     *
     * @param periodNs   time between two announces of a source.
     * @param maxStreams most streams.
     * @param maxBytes   of attributes.
     * @param handler    told of changes.
     * @param nowNs      of this client's clock.
     */
    MetadataCache(
            final long periodNs,
            final int maxStreams,
            final long maxBytes,
            final MetadataHandler handler,
            final long nowNs) {
        this.periodNs = periodNs;
        this.maxStreams = maxStreams;
        this.maxBytes = maxBytes;
        this.handler = handler;
        this.nextSweepNs = nowNs + periodNs;
    }

    /** Conductor: counts of others, for whoever looks here. */
    void mirror(final long unreadableNow, final long discardedBlobsNow) {
        if (unreadable != unreadableNow) {
            unreadable = unreadableNow;
        }
        if (discardedBlobs != discardedBlobsNow) {
            discardedBlobs = discardedBlobsNow;
        }
    }

    /** Conductor: a source presented itself. */
    void onSource(final DataSource source, final long nowNs) {
        final Entry entry = admit(source.streamId(), nowNs);
        if (entry != null && !source.equals(entry.source)) {
            entry.source = source;
            handler.onDataSource(source);
        }
    }

    /** Conductor: a stream's metadata came, for the first time or again. */
    void onMetadata(final StreamMetadata metadata, final long nowNs) {
        final Entry entry = admit(metadata.streamId(), nowNs);
        if (entry == null || metadata.equals(entry.metadata)) {
            return;
        }
        final long needed = bytesOf(metadata);
        if (bytes - entry.bytes + needed > maxBytes) {
            forgetSilent(nowNs);
        }
        if (bytes - entry.bytes + needed > maxBytes) {
            refuse();
            keep(entry, null, 0); // what was there before is not true any more
            return;
        }
        keep(entry, metadata, needed);
        handler.onMetadata(metadata);
    }

    private void keep(final Entry entry, final @Nullable StreamMetadata metadata, final long ofBytes) {
        bytes += ofBytes - entry.bytes;
        entry.bytes = ofBytes;
        entry.metadata = metadata;
    }

    private static long bytesOf(final StreamMetadata metadata) {
        long sum = 0;
        for (final MetadataAttribute attribute : metadata.attributes()) {
            sum += ATTRIBUTE_BYTES
                    + attribute.key().length()
                    + attribute.format().length()
                    + attribute.valueLengthBytes();
        }
        return sum;
    }

    private @Nullable Entry admit(final int streamId, final long nowNs) {
        Entry entry = byStream.get(streamId);
        if (entry == null) {
            if (byStream.size() >= maxStreams) {
                forgetSilent(nowNs);
            }
            if (byStream.size() >= maxStreams) {
                refuse();
                return null;
            }
            entry = new Entry();
            byStream.put(streamId, entry);
        }
        entry.lastHeardNs = nowNs;
        return entry;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread writes
    private void refuse() {
        refused++;
    }

    private void forgetSilent(final long nowNs) {
        forget(nowNs, SILENT_AFTER_PERIODS * periodNs);
    }

    private int forget(final long nowNs, final long ageNs) {
        int count = 0;
        for (final Iterator<Entry> entries = byStream.values().iterator(); entries.hasNext(); ) {
            final Entry entry = entries.next();
            if (nowNs - entry.lastHeardNs > ageNs) {
                bytes -= entry.bytes;
                entries.remove();
                count++;
            }
        }
        return count;
    }

    /** Conductor: forgets who was not heard for long. Returns a work count. */
    int doWork(final long nowNs) {
        if (nowNs - nextSweepNs < 0) {
            return 0;
        }
        nextSweepNs = nowNs + periodNs;
        return forget(nowNs, FORGOTTEN_AFTER_PERIODS * periodNs);
    }

    /**
     * How the source of a stream presented itself.
     *
     * @param streamId unsigned 32-bit id.
     * @return null if it did not.
     */
    public @Nullable DataSource source(final int streamId) {
        final Entry entry = byStream.get(streamId);
        return entry == null ? null : entry.source;
    }

    /**
     * Metadata of a stream that were received last.
     *
     * @param streamId unsigned 32-bit id.
     * @return null if none were.
     */
    public @Nullable StreamMetadata latest(final int streamId) {
        final Entry entry = byStream.get(streamId);
        return entry == null ? null : entry.metadata;
    }

    /**
     * All sources that presented themselves.
     *
     * @return a copy, in no particular order.
     */
    public List<DataSource> sources() {
        final List<DataSource> sources = new ArrayList<>();
        for (final Entry entry : byStream.values()) {
            final DataSource source = entry.source;
            if (source != null) {
                sources.add(source);
            }
        }
        return sources;
    }

    /**
     * Messages for which there was no room.
     *
     * @return how many so far; not 0 means that there is more than fits, or that somebody invents streams.
     */
    public long refusedMessages() {
        return refused;
    }

    /**
     * Messages on the metadata stream that could not be read, or break a limit.
     *
     * @return how many so far.
     */
    public long unreadableMessages() {
        return unreadable;
    }

    /**
     * Messages of blobs that were not received whole, or not wanted: there is no handler, too long, too many, out of order, a
     * wrong checksum, or nothing more came.
     *
     * @return how many so far.
     */
    public long discardedBlobMessages() {
        return discardedBlobs;
    }
}
