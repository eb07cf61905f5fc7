package io.tensorpool.client;

/**
 * What a consumer reported and has not heard back yet. It hears its own reports among all others; one that it did not send is
 * another consumer's that has the same id. Conductor's thread only.
 */
final class OwnReports {
    /** Reports that are not heard back yet; more were lost. */
    private static final int CAPACITY = 16;

    private final long[] epochs = new long[CAPACITY];
    private final long[] lastSeqs = new long[CAPACITY];
    private final long[] gaps = new long[CAPACITY];
    private final long[] lates = new long[CAPACITY];
    private long sent;
    private long heard;
    private boolean hasHeardOwn;

    void onSent(final long epoch, final long lastSeqSeen, final long dropsGap, final long dropsLate) {
        final int index = (int) (sent++ % CAPACITY);
        epochs[index] = epoch;
        lastSeqs[index] = lastSeqSeen;
        gaps[index] = dropsGap;
        lates[index] = dropsLate;
        heard = Math.max(heard, sent - CAPACITY);
    }

    /**
     * Whether a report under our id is somebody else's. Until we have heard one of our own, they may be from before we had the
     * id: a subscription begins where the slowest one of its stream stands.
     */
    boolean isAnothers(final long epoch, final long lastSeqSeen, final long dropsGap, final long dropsLate) {
        for (long i = heard; i < sent; i++) {
            final int index = (int) (i % CAPACITY);
            if (epochs[index] == epoch
                    && lastSeqs[index] == lastSeqSeen
                    && gaps[index] == dropsGap
                    && lates[index] == dropsLate) {
                heard = i + 1; // those before it were lost
                hasHeardOwn = true;
                return false;
            }
        }
        return hasHeardOwn;
    }

    /** There is another id. */
    void clear() {
        sent = 0;
        heard = 0;
        hasHeardOwn = false;
    }
}
