package io.tensorpool.client;

import io.tensorpool.ProgressState;
import io.tensorpool.shm.PrefixSlices;
import java.util.Arrays;

/** What was heard last of each slot of an epoch. Consumer's thread only. */
final class ProgressTracks {
    private static final long NONE = -1;

    private final long[] seqs;
    private final long[] filledBytes;
    private final int[] states;
    private final PrefixSlices prefixes = new PrefixSlices();

    ProgressTracks(final int nslots) {
        seqs = new long[nslots];
        Arrays.fill(seqs, NONE);
        filledBytes = new long[nslots];
        states = new int[nslots];
    }

    PrefixSlices prefixes() {
        return prefixes;
    }

    private int slot(final long seq) {
        return (int) seq & (seqs.length - 1);
    }

    /** Whether this was said already. */
    boolean isRepeated(final long seq, final long filled, final ProgressState state) {
        final int slot = slot(seq);
        return seqs[slot] == seq && filledBytes[slot] == filled && states[slot] == state.code();
    }

    /** Whether more was said before. */
    boolean isRegressed(final long seq, final long filled, final ProgressState state) {
        final int slot = slot(seq);
        return seqs[slot] == seq && (filled < filledBytes[slot] || state.code() < states[slot]);
    }

    void set(final long seq, final long filled, final ProgressState state) {
        final int slot = slot(seq);
        seqs[slot] = seq;
        filledBytes[slot] = filled;
        states[slot] = state.code();
    }
}
