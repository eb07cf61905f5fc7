package io.tensorpool.client;

import io.tensorpool.protocol.DescriptorListener;

/**
 * Descriptors that were taken from the stream and not handed on yet. Taking and handing on are kept apart so that a fault
 * of the shared memory, or an exception of a handler, never passes through Aeron. Consumer's thread only.
 */
final class DescriptorBatch implements DescriptorListener {
    static final int CAPACITY = 64;

    private final int streamId;
    private final long[] epochs = new long[CAPACITY];
    private final long[] seqs = new long[CAPACITY];
    private final long[] timestampsNs = new long[CAPACITY];
    private final long[] traceIds = new long[CAPACITY];
    private int size;
    private int index = -1;

    DescriptorBatch(final int streamId) {
        this.streamId = streamId;
    }

    /** Other streams share the descriptor stream; theirs are not for this consumer, whatever epoch they carry. */
    @Override
    public void onDescriptor(
            final int ofStreamId,
            final long epoch,
            final long seq,
            final long timestampNs,
            final int metaVersion,
            final long traceId) {
        if (ofStreamId == streamId) {
            epochs[size] = epoch;
            seqs[size] = seq;
            timestampsNs[size] = timestampNs;
            traceIds[size] = traceId;
            size++;
        }
    }

    /** Steps to the next descriptor, which the accessors then show; false, and empty, after the last. */
    boolean next() {
        if (++index < size) {
            return true;
        }
        size = 0;
        index = -1;
        return false;
    }

    boolean isEmpty() {
        return index + 1 >= size;
    }

    /** Becomes the one descriptor that another batch shows. */
    void hold(final DescriptorBatch other) {
        clear();
        onDescriptor(streamId, other.epoch(), other.seq(), other.timestampNs(), 0, other.traceId());
    }

    /** How many are left. */
    int size() {
        return size - index - 1;
    }

    /** Epoch of the first that is left. */
    long firstEpoch() {
        return epochs[index + 1];
    }

    /** Sequence number of the first that is left. */
    long firstSeq() {
        return seqs[index + 1];
    }

    /** Forgets what was handed on; call when empty, before taking more. */
    void clear() {
        size = 0;
        index = -1;
    }

    long epoch() {
        return epochs[index];
    }

    long seq() {
        return seqs[index];
    }

    long timestampNs() {
        return timestampsNs[index];
    }

    long traceId() {
        return traceIds[index];
    }
}
