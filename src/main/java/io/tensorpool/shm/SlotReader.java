package io.tensorpool.shm;

import io.tensorpool.layout.HeaderRingLayout;
import io.tensorpool.layout.SeqCommit;
import io.tensorpool.layout.SlotLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Reads slots of one mapped epoch under the commit protocol (wire specification 8.2, 8.3, 15.18 and 15.21).
 *
 * <p>A slot's header is read once, into local memory, the commit word looked at again, and only what was read is judged: what
 * a writer changes meanwhile cannot pass one check and fail the next. No allocation for as long as shape and lengths stay the same.
 *
 * <p>Single-threaded. Every method can throw {@link IllegalStateException} if the mapping is closed, and
 * {@link InternalError} if a file of it was truncated; such a fault never comes out later than the call.
 */
public final class SlotReader {
    /** The slot was accepted; all other results are the {@link Rejection#code()} of a cause. */
    public static final int OK = 0;

    private final EpochMapping mapping;
    private final MemorySegment headerRing;
    private final PayloadSlices payloads;
    private final int mask;
    private final MemorySegment copy;
    private final TensorHeaderDecoder decoder;
    private int lastPoolIndex;
    private int lastPoolId;

    /**
     * A reader of a mapping. It holds no reference: whoever made it does.
     *
     * @param mapping an open mapping, in either access; what is handed out is read-only.
     */
    public SlotReader(final EpochMapping mapping) {
        this.mapping = mapping;
        headerRing = mapping.headerRing();
        payloads = new PayloadSlices(mapping, Access.READ_ONLY);
        mask = mapping.nslots() - 1;
        copy = Arena.ofAuto().allocate(SlotLayout.LAYOUT);
        decoder = new TensorHeaderDecoder();
        lastPoolId = mapping.poolId(0);
    }

    /**
     * Reads the slot of a frame.
     *
     * @param seq  sequence number, unsigned, below 2^63.
     * @param view receives the frame; unchanged unless accepted.
     * @return {@link #OK}, or the code of a {@link Rejection}.
     */
    public int read(final long seq, final SlotView view) {
        final int slot = (int) seq & mask;
        final long offset = HeaderRingLayout.slotOffset(slot);
        final long expected = SeqCommit.committed(seq);
        final long found = SeqCommit.acquire(headerRing, offset);
        if (found != expected) {
            FaultPoint.pass();
            return (SeqCommit.isCommitted(found) ? Rejection.SEQ_MISMATCH : Rejection.NOT_COMMITTED).code();
        }
        return read(seq, slot, expected, view);
    }

    /**
     * Whether the writer has come as far as a frame: it has claimed its slot for that one, or a later one. A frame that was
     * not reached cannot have been announced by its writer, which commits first.
     *
     * @param seq sequence number, unsigned.
     * @return false also for a number that no slot can hold.
     */
    public boolean hasReached(final long seq) {
        final long found = SeqCommit.acquire(headerRing, HeaderRingLayout.slotOffset((int) seq & mask));
        if (Long.compareUnsigned(SeqCommit.seq(found), seq) < 0) {
            FaultPoint.pass();
            return false;
        }
        return true;
    }

    /**
     * Reads the header of a frame that its producer is still filling, or has committed meanwhile. Of the payload only that
     * part may be read that the producer said is there. A producer that does not write the header before the commit shows
     * that of an older frame here.
     *
     * @param seq  sequence number, unsigned, below 2^63.
     * @param view receives the frame; unchanged unless accepted.
     * @return {@link #OK}, or the code of a {@link Rejection}: SEQ_MISMATCH if the slot holds another frame.
     */
    public int readProgress(final long seq, final SlotView view) {
        final int slot = (int) seq & mask;
        final long found = SeqCommit.acquire(headerRing, HeaderRingLayout.slotOffset(slot));
        if (SeqCommit.seq(found) != seq) {
            FaultPoint.pass();
            return Rejection.SEQ_MISMATCH.code();
        }
        final int code = read(seq, slot, found, view);
        final boolean wasOpen = !SeqCommit.isCommitted(found);
        return code == Rejection.OVERWRITTEN.code() && wasOpen ? read(seq, view) : code; // it may be committed by now
    }

    /** Reads a slot whose commit word was seen. A tensor header that is as the one before needs no copy: it is known. */
    private int read(final long seq, final int slot, final long expected, final SlotView view) {
        final long offset = HeaderRingLayout.slotOffset(slot);
        final boolean isKnown = decoder.isAsAccepted(headerRing, offset);
        if (!isKnown) {
            final long from = SlotLayout.HEADER_BYTES_LENGTH_OFFSET;
            MemorySegment.copy(headerRing, offset + from, copy, from, HeaderRingLayout.SLOT_BYTES - from);
        }
        final int payloadOffset = (int) SlotLayout.PAYLOAD_OFFSET_VH.get(headerRing, offset);
        final int payloadSlot = (int) SlotLayout.PAYLOAD_SLOT_VH.get(headerRing, offset);
        final int poolId = Short.toUnsignedInt((short) SlotLayout.POOL_ID_VH.get(headerRing, offset));
        final long lengthBytes = Integer.toUnsignedLong((int) SlotLayout.VALUES_LEN_BYTES_VH.get(headerRing, offset));
        final long timestampNs = (long) SlotLayout.TIMESTAMP_NS_VH.get(headerRing, offset);
        final int metaVersion = (int) SlotLayout.META_VERSION_VH.get(headerRing, offset);
        final boolean intact = SeqCommit.stillHolds(headerRing, offset, expected);
        FaultPoint.pass();
        if (!intact) {
            return Rejection.OVERWRITTEN.code();
        }
        Rejection rejection = isKnown ? null : decoder.decode(copy);
        if (rejection == null) {
            rejection = judge(slot, payloadOffset, payloadSlot, poolId, lengthBytes);
        }
        if (rejection != null) {
            return rejection.code();
        }
        view.frame(seq, timestampNs, metaVersion);
        view.payload(lastPoolIndex, poolId, decoder.shape(), payloads, slot, lengthBytes);
        return OK;
    }

    /**
     * Whether a slot still holds a frame, committed or in progress: what was read of the part that its producer had told of
     * belongs to it.
     *
     * @param seq sequence number of the frame.
     * @return false if the slot was claimed for another frame.
     */
    public boolean holds(final long seq) {
        final long offset = HeaderRingLayout.slotOffset((int) seq & mask);
        final boolean holds = SeqCommit.stillHolds(headerRing, offset, SeqCommit.inProgress(seq))
                || SeqCommit.stillHolds(headerRing, offset, SeqCommit.committed(seq));
        FaultPoint.pass();
        return holds;
    }

    /**
     * Whether a frame that was accepted is still there: what was read of its payload until now belongs to it.
     *
     * @param seq sequence number of the frame.
     * @return false if it was overwritten, or is being overwritten.
     */
    public boolean isIntact(final long seq) {
        final long offset = HeaderRingLayout.slotOffset((int) seq & mask);
        final boolean intact = SeqCommit.stillHolds(headerRing, offset, SeqCommit.committed(seq));
        FaultPoint.pass();
        return intact;
    }

    /** Judges what was read beside the tensor header, and that against the tensor's shape. */
    private @Nullable Rejection judge(
            final int slot, final int payloadOffset, final int payloadSlot, final int poolId, final long lengthBytes) {
        if (payloadOffset != SlotLayout.PAYLOAD_OFFSET) {
            return Rejection.PAYLOAD_OFFSET;
        }
        if (payloadSlot != slot) {
            return Rejection.PAYLOAD_SLOT;
        }
        if (poolId != lastPoolId) {
            final int poolIndex = mapping.poolIndexOfId(poolId);
            if (poolIndex < 0) {
                return Rejection.POOL_UNKNOWN;
            }
            lastPoolIndex = poolIndex;
            lastPoolId = poolId;
        }
        if (lengthBytes > mapping.strideBytes(lastPoolIndex)) {
            return Rejection.VALUES_LENGTH;
        }
        final long shapeBytes = decoder.shape().lengthBytes();
        if (shapeBytes > lengthBytes) {
            return Rejection.EXTENT;
        }
        return shapeBytes == 0 && lengthBytes != 0 ? Rejection.DIMS : null;
    }
}
