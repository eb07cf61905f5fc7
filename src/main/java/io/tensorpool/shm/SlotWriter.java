package io.tensorpool.shm;

import io.tensorpool.TensorShape;
import io.tensorpool.layout.HeaderRingLayout;
import io.tensorpool.layout.SeqCommit;
import io.tensorpool.layout.SlotLayout;
import io.tensorpool.layout.TensorHeaderLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes slots of one mapped epoch under the commit protocol (wire specification 8.2, 8.3 and 15.18). A frame is a claim,
 * the payload written by the caller, and a commit; to abort is to do nothing more, which leaves a gap.
 *
 * <p>The part of the header that depends on the shape is prepared in local memory once per shape, and copied into a slot once
 * per lap with another shape: a steady stream only writes what differs from frame to frame, which is in one line of the
 * processor's cache. No allocation for as long as lengths stay the same.
 *
 * <p>Single-threaded, and at most one writer per epoch at a time; it may have several slots claimed. Every method can throw {@link IllegalStateException} if the
 * mapping is closed, and {@link InternalError} if a file of it was truncated; such a fault never comes out later than
 * the call, and a fault of the caller's own writes to the payload not later than commit, which then does not commit.
 */
public final class SlotWriter {
    private final EpochMapping mapping;
    private final MemorySegment headerRing;
    private final PayloadSlices payloads;
    private final int mask;
    private final MemorySegment header;
    /** For each slot which header it has: {@link #preparedAs} when it was written there; 0 for none of ours. */
    private final int[] writtenAs;

    private @Nullable TensorShape prepared;
    private int preparedAs;

    /**
     * A writer of a mapping. It holds no reference: whoever made it does.
     *
     * @param mapping an open READ_WRITE mapping.
     */
    public SlotWriter(final EpochMapping mapping) {
        if (mapping.access() != Access.READ_WRITE) {
            throw new IllegalArgumentException(mapping + " cannot be written to");
        }
        this.mapping = mapping;
        headerRing = mapping.headerRing();
        payloads = new PayloadSlices(mapping, Access.READ_WRITE);
        mask = mapping.nslots() - 1;
        writtenAs = new int[mapping.nslots()];
        header = Arena.ofAuto().allocate(SlotLayout.LAYOUT); // zeroed; the pads stay so
        SlotLayout.PAYLOAD_OFFSET_VH.set(header, 0L, SlotLayout.PAYLOAD_OFFSET);
        SlotLayout.HEADER_BYTES_LENGTH_VH.set(header, 0L, SlotLayout.HEADER_BYTES_LENGTH);
        final long at = SlotLayout.TENSOR_HEADER_OFFSET;
        TensorHeaderLayout.BLOCK_LENGTH_VH.set(header, at, (short) TensorHeaderLayout.BLOCK_LENGTH);
        TensorHeaderLayout.TEMPLATE_ID_VH.set(header, at, (short) TensorHeaderLayout.TEMPLATE_ID);
        TensorHeaderLayout.SCHEMA_ID_VH.set(header, at, (short) TensorHeaderLayout.SCHEMA_ID);
        TensorHeaderLayout.VERSION_VH.set(header, at, (short) TensorHeaderLayout.VERSION);
    }

    /**
     * Opens the slot of a frame. The frame that was in it is gone from here on.
     *
     * @param seq         sequence number, unsigned, below 2^63; each one once.
     * @param poolIndex   0 to {@code poolCount() - 1}.
     * @param lengthBytes length of the payload, 0 to the pool's stride.
     * @throws IllegalArgumentException if the length does not fit.
     */
    public void open(final long seq, final int poolIndex, final long lengthBytes) {
        if (lengthBytes < 0 || lengthBytes > mapping.strideBytes(poolIndex)) {
            throw new IllegalArgumentException("payload of " + lengthBytes + " bytes: pool " + mapping.poolId(poolIndex)
                    + " holds 0 to " + mapping.strideBytes(poolIndex));
        }
        SeqCommit.markInProgress(headerRing, HeaderRingLayout.slotOffset((int) seq & mask), seq, lengthBytes);
        FaultPoint.pass();
    }

    /**
     * The payload of an open slot.
     *
     * @param seq         as opened.
     * @param poolIndex   as opened.
     * @param lengthBytes as opened.
     * @return to be written, of exactly that length; what is in it is left from earlier frames.
     */
    public MemorySegment payload(final long seq, final int poolIndex, final long lengthBytes) {
        return payloads.get(poolIndex, (int) seq & mask, lengthBytes);
    }

    /**
     * Opens the slot of a frame, for its payload to be written.
     *
     * @param seq         as for {@link #open}.
     * @param poolIndex   as for {@link #open}.
     * @param lengthBytes as for {@link #open}.
     * @return as {@link #payload}.
     * @throws IllegalArgumentException if the length does not fit.
     */
    public MemorySegment claim(final long seq, final int poolIndex, final long lengthBytes) {
        open(seq, poolIndex, lengthBytes);
        return payload(seq, poolIndex, lengthBytes);
    }

    /**
     * Writes the header of a frame that was claimed, for those who follow its progress; the commit writes it again. The
     * commit word stays in progress.
     *
     * @param seq         as claimed.
     * @param poolIndex   as claimed.
     * @param lengthBytes length of the payload, at most as claimed.
     * @param shape       its shape, which must not reach beyond the payload; best the same object each time.
     * @param timestampNs capture time, ns.
     * @param metaVersion version of the metadata, unsigned.
     * @throws IllegalArgumentException if the shape and the length do not go together.
     */
    public void describe(
            final long seq,
            final int poolIndex,
            final long lengthBytes,
            final TensorShape shape,
            final long timestampNs,
            final int metaVersion) {
        final long shapeBytes = shape.lengthBytes();
        if (shapeBytes > lengthBytes || (shapeBytes == 0 && lengthBytes != 0)) {
            throw new IllegalArgumentException(
                    shape + " takes " + shapeBytes + " bytes; the payload has " + lengthBytes);
        }
        prepare(shape);
        final int slot = (int) seq & mask;
        final long offset = HeaderRingLayout.slotOffset(slot);
        if (writtenAs[slot] != preparedAs) {
            SlotLayout.PAYLOAD_SLOT_VH.set(header, 0L, slot);
            final long from = SlotLayout.VALUES_LEN_BYTES_OFFSET;
            MemorySegment.copy(header, from, headerRing, offset + from, HeaderRingLayout.SLOT_BYTES - from);
            writtenAs[slot] = preparedAs;
        }
        SlotLayout.VALUES_LEN_BYTES_VH.set(headerRing, offset, (int) lengthBytes);
        SlotLayout.POOL_ID_VH.set(headerRing, offset, (short) mapping.poolId(poolIndex));
        SlotLayout.TIMESTAMP_NS_VH.set(headerRing, offset, timestampNs);
        SlotLayout.META_VERSION_VH.set(headerRing, offset, metaVersion);
        FaultPoint.pass(); // neither a payload nor a header that got lost is committed, or told of
    }

    /**
     * Publishes the frame that was claimed.
     *
     * @param seq         as claimed.
     * @param poolIndex   as claimed.
     * @param lengthBytes length of the payload, at most as claimed.
     * @param shape       its shape, which must not reach beyond the payload; best the same object each time.
     * @param timestampNs capture time, ns.
     * @param metaVersion version of the metadata, unsigned.
     * @throws IllegalArgumentException if the shape and the length do not go together; the frame stays claimed.
     */
    public void commit(
            final long seq,
            final int poolIndex,
            final long lengthBytes,
            final TensorShape shape,
            final long timestampNs,
            final int metaVersion) {
        describe(seq, poolIndex, lengthBytes, shape, timestampNs, metaVersion);
        SeqCommit.commit(headerRing, HeaderRingLayout.slotOffset((int) seq & mask), seq);
        FaultPoint.pass();
    }

    @SuppressWarnings("ReferenceEquality") // first: a shape that is reused costs one comparison
    private void prepare(final TensorShape shape) {
        if (prepared == shape) {
            return;
        }
        if (prepared == null || !prepared.equals(shape)) {
            prepared = shape;
            if (++preparedAs == 0) { // all numbers were used
                Arrays.fill(writtenAs, 0);
                preparedAs = 1;
            }
            final long at = SlotLayout.TENSOR_HEADER_OFFSET;
            TensorHeaderLayout.DTYPE_VH.set(header, at, (short) shape.dtype().code());
            TensorHeaderLayout.MAJOR_ORDER_VH.set(
                    header, at, (short) shape.order().code());
            TensorHeaderLayout.NDIMS_VH.set(header, at, (byte) shape.ndims());
            TensorHeaderLayout.PROGRESS_UNIT_VH.set(
                    header, at, (byte) shape.progressUnit().code());
            TensorHeaderLayout.PROGRESS_STRIDE_BYTES_VH.set(header, at, shape.progressStrideBytes());
            for (int i = 0; i < TensorShape.MAX_DIMS; i++) {
                final boolean used = i < shape.ndims();
                TensorHeaderLayout.DIMS_VH.set(header, at, (long) i, used ? shape.dim(i) : 0);
                TensorHeaderLayout.STRIDES_VH.set(header, at, (long) i, used ? shape.strideBytes(i) : 0);
            }
        }
    }
}
