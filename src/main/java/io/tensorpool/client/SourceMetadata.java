package io.tensorpool.client;

import io.tensorpool.MetadataAttribute;
import io.tensorpool.protocol.MetadataLimits;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.agrona.concurrent.NanoClock;
import org.jspecify.annotations.Nullable;

/**
 * What a producer tells about its stream (wire specification 10.3): name and summary, announced periodically; attributes,
 * sent whole at each change and periodically for those that come later; and blobs, sent once. Nothing is sent before one of
 * them is set.
 *
 * <p>Each change of the attributes makes a new version, counted from 1; 0 is the version of a stream without metadata. Each
 * claim takes the version that is current then as its frame's. A frame and the metadata that it refers to travel on different
 * streams: the frame may be there first.
 *
 * <p>Any thread may change it; the client's conductor sends.
 */
public final class SourceMetadata {
    /** Most that all attributes may take together on the wire, in bytes; what is larger is sent as a blob. */
    public static final int MAX_BYTES = 64 * 1024;
    /** Longest blob, in bytes. */
    public static final int MAX_BLOB_BYTES = 64 * 1024 * 1024;
    /** Most blobs that wait to be sent. */
    public static final int MAX_WAITING_BLOBS = 4;

    private static final int LENGTHS_OF_ATTRIBUTE = 3 * Integer.BYTES;

    /** Everything at one moment. */
    record Snapshot(int version, long madeNs, String name, String summary, List<MetadataAttribute> attributes) {
        boolean isSilent() {
            return version == 0 && name.isEmpty() && summary.isEmpty();
        }
    }

    private final ManyToOneConcurrentArrayQueue<BlobTransfer> blobs =
            new ManyToOneConcurrentArrayQueue<>(MAX_WAITING_BLOBS);
    private final NanoClock clock;
    private volatile Snapshot current = new Snapshot(0, 0, "", "", List.of());
    private volatile @Nullable String ended;

    SourceMetadata(final NanoClock clock) {
        this.clock = clock;
    }

    /** Conductor: what to say now. */
    Snapshot snapshot() {
        return current;
    }

    /** Conductor: the next blob to be sent, taken out. */
    @Nullable
    BlobTransfer nextBlob() {
        return blobs.poll();
    }

    /** Conductor: nothing will be sent any more. */
    void end(final String cause) {
        ended = cause;
        blobs.drain(blob -> blob.fail(cause));
    }

    /**
     * Says what the stream is, in words. No new version: it is no attribute.
     *
     * @param name    for people and for discovery: printable ASCII, at most 256 characters, possibly empty.
     * @param summary of usual shape and type, likewise, at most 1,024 characters.
     * @throws IllegalArgumentException if a text is not as described.
     */
    public void describe(final String name, final String summary) {
        check("name", name, MetadataLimits.MAX_NAME_LENGTH);
        check("summary", summary, MetadataLimits.MAX_SUMMARY_LENGTH);
        synchronized (this) {
            current = new Snapshot(current.version(), current.madeNs(), name, summary, current.attributes());
        }
    }

    private static void check(final String what, final String text, final int maxLength) {
        if (text.length() > maxLength || !MetadataAttribute.isPrintable(text)) {
            throw new IllegalArgumentException(
                    what + " '" + text + "': expected at most " + maxLength + " printable ASCII characters");
        }
    }

    /**
     * Adds an attribute, or replaces the one with the same key.
     *
     * @param attribute as it is to be.
     * @return the version now current: a new one, unless nothing changed.
     * @throws IllegalArgumentException if it would be one too many, or all together longer than {@link #MAX_BYTES}.
     */
    public int set(final MetadataAttribute attribute) {
        return change(before -> {
            final List<MetadataAttribute> after = new ArrayList<>(before);
            final int at = indexOf(before, attribute.key());
            if (at < 0) {
                after.add(attribute);
            } else {
                after.set(at, attribute);
            }
            return after;
        });
    }

    /**
     * Removes an attribute.
     *
     * @param key of the attribute.
     * @return the version now current: a new one, unless there was no such attribute.
     */
    public int remove(final String key) {
        return change(before ->
                before.stream().filter(other -> !other.key().equals(key)).toList());
    }

    /**
     * Replaces all attributes at once, in one version.
     *
     * @param attributes as they are to be, no key twice.
     * @return the version now current: a new one, unless nothing changed.
     * @throws IllegalArgumentException if a key is there twice, there are too many, or they are longer than
     *                                  {@link #MAX_BYTES}.
     */
    public int replace(final Collection<MetadataAttribute> attributes) {
        final List<MetadataAttribute> given = List.copyOf(attributes);
        return change(before -> given);
    }

    private synchronized int change(final Function<List<MetadataAttribute>, List<MetadataAttribute>> edit) {
        final Snapshot before = current;
        final List<MetadataAttribute> attributes = List.copyOf(edit.apply(before.attributes()));
        if (!attributes.equals(before.attributes())) {
            check(attributes);
            current = new Snapshot(before.version() + 1, clock.nanoTime(), before.name(), before.summary(), attributes);
        }
        return current.version();
    }

    private static void check(final List<MetadataAttribute> attributes) {
        if (attributes.size() > MetadataLimits.MAX_ATTRIBUTES) {
            throw new IllegalArgumentException(
                    attributes.size() + " attributes: expected at most " + MetadataLimits.MAX_ATTRIBUTES);
        }
        final Set<String> keys = new HashSet<>();
        long bytes = 0;
        for (final MetadataAttribute attribute : attributes) {
            if (!keys.add(attribute.key())) {
                throw new IllegalArgumentException("key '" + attribute.key() + "' is there twice");
            }
            bytes += LENGTHS_OF_ATTRIBUTE
                    + attribute.key().length()
                    + attribute.format().length()
                    + attribute.valueLengthBytes();
        }
        if (bytes > MAX_BYTES) {
            throw new IllegalArgumentException("the attributes take " + bytes + " bytes together: expected at most "
                    + MAX_BYTES + "; send what is larger as a blob");
        }
    }

    private static int indexOf(final List<MetadataAttribute> attributes, final String key) {
        for (int i = 0; i < attributes.size(); i++) {
            if (attributes.get(i).key().equals(key)) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Version now current.
     *
     * @return unsigned; 0 before the first attribute.
     */
    public int version() {
        return current.version();
    }

    /**
     * Attributes now current.
     *
     * @return in the order in which they were added; immutable.
     */
    public List<MetadataAttribute> attributes() {
        return current.attributes();
    }

    /**
     * Sends a blob of the current version, in chunks, as fast as receivers take them. It is sent once: who comes later does not
     * get it, unless it is sent again.
     *
     * @param blobType numbered by the application, unsigned.
     * @param blob     at most {@link #MAX_BLOB_BYTES}; copied.
     * @return shows how far it is.
     * @throws IllegalArgumentException if it is too long.
     * @throws IllegalStateException    if {@link #MAX_WAITING_BLOBS} wait already, or the producer is closed.
     */
    public BlobTransfer sendBlob(final int blobType, final byte[] blob) {
        if (blob.length > MAX_BLOB_BYTES) {
            throw new IllegalArgumentException("blob of " + blob.length + " bytes: expected at most " + MAX_BLOB_BYTES);
        }
        final BlobTransfer transfer = new BlobTransfer(version(), blobType, blob.clone());
        if (ended != null || !blobs.offer(transfer)) {
            throw new IllegalStateException(
                    "blob not taken: " + (ended == null ? MAX_WAITING_BLOBS + " wait already" : ended));
        }
        final String cause = ended;
        if (cause != null) { // since it was looked at: the conductor may have left the queue for good
            transfer.fail(cause);
        }
        return transfer;
    }
}
