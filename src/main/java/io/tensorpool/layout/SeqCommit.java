package io.tensorpool.layout;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * The commit protocol of a slot, and the only place with fences for shared memory. {@code seqCommit} holds the frame's sequence number
 * shifted left by one; bit 0 tells committed from in progress (wire specification 8.3).
 *
 * <pre>
 *   writer                                     reader
 *   ------                                     ------
 *   seqCommit := in progress   (release)       first := seqCommit        (acquire)
 *   ---- store-store fence ----                is it committed(seq)?
 *   payload, header fields     (plain)         header fields, payload    (plain)
 *   seqCommit := committed     (release)       ---- load-load fence ----
 *                                              seqCommit = first?        (opaque)
 * </pre>
 *
 * The specification asks for the release and acquire accesses only, and those are not enough. A release store keeps
 * earlier accesses before it, but lets <em>later</em> stores of the payload pass it: a reader could then see new payload
 * under the old committed word, twice, and accept a mixture. An acquire load keeps later accesses behind it, but lets
 * <em>earlier</em> loads of the payload sink below it: the second look at the word could happen before the payload is
 * read. The two fences close these gaps.
 *
 * <p>Any thread; a slot has one writer at a time.
 */
public final class SeqCommit {
    /**
     * Claims of at least this length are followed by a full fence. Large copies, ours or the application's, may use
     * non-temporal stores; on x86-64 a store-store fence is no instruction and does not order those behind the mark.
     */
    public static final long FULL_FENCE_LENGTH_BYTES = 1024 * 1024;

    private SeqCommit() {}

    /**
     * Word of a claimed slot.
     *
     * @param seq sequence number, unsigned, below 2^63.
     * @return the word.
     */
    public static long inProgress(final long seq) {
        return seq << 1;
    }

    /**
     * Word of a committed slot.
     *
     * @param seq sequence number, unsigned, below 2^63.
     * @return the word.
     */
    public static long committed(final long seq) {
        return seq << 1 | 1;
    }

    /**
     * Whether a word says committed.
     *
     * @param seqCommit the word.
     * @return false if the slot is claimed or was never used.
     */
    public static boolean isCommitted(final long seqCommit) {
        return (seqCommit & 1) != 0;
    }

    /**
     * Sequence number in a word.
     *
     * @param seqCommit the word.
     * @return the number, unsigned.
     */
    public static long seq(final long seqCommit) {
        return seqCommit >>> 1;
    }

    /**
     * Opens a slot for writing. Everything written to the slot's header and payload afterwards becomes visible after
     * the mark.
     *
     * @param segment            header ring.
     * @param offset             of the slot, a multiple of 8.
     * @param seq                sequence number of the frame.
     * @param claimedLengthBytes length of the payload to come, at least 0.
     */
    public static void markInProgress(
            final MemorySegment segment, final long offset, final long seq, final long claimedLengthBytes) {
        SlotLayout.SEQ_COMMIT_VH.setRelease(segment, offset, inProgress(seq));
        if (claimedLengthBytes >= FULL_FENCE_LENGTH_BYTES) {
            VarHandle.fullFence();
        } else {
            VarHandle.storeStoreFence();
        }
    }

    /**
     * Publishes a slot. Everything written before becomes visible before the word does.
     *
     * @param segment header ring.
     * @param offset  of the slot, a multiple of 8.
     * @param seq     sequence number of the frame.
     */
    public static void commit(final MemorySegment segment, final long offset, final long seq) {
        SlotLayout.SEQ_COMMIT_VH.setRelease(segment, offset, committed(seq));
    }

    /**
     * First look of a reader. What is read of the slot afterwards is at least as new as the word.
     *
     * @param segment header ring.
     * @param offset  of the slot, a multiple of 8.
     * @return the word.
     */
    public static long acquire(final MemorySegment segment, final long offset) {
        return (long) SlotLayout.SEQ_COMMIT_VH.getAcquire(segment, offset);
    }

    /**
     * Second look of a reader: what was read of the slot since {@link #acquire} belongs to the expected word, or this
     * is false.
     *
     * @param segment  header ring.
     * @param offset   of the slot, a multiple of 8.
     * @param expected the word that the first look returned.
     * @return whether the slot still holds it.
     */
    public static boolean stillHolds(final MemorySegment segment, final long offset, final long expected) {
        VarHandle.loadLoadFence();
        return (long) SlotLayout.SEQ_COMMIT_VH.getOpaque(segment, offset) == expected;
    }
}
