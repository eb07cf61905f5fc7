package io.tensorpool.client;

/**
 * Whether the lease of the producer whose epoch a consumer reads is over (driver specification 4.9): from the notice on, the
 * epoch is not read any more, until a later one is announced.
 *
 * <p>Notices and announces travel on streams of their own, so that a notice can come after the announce that follows from it.
 * It then names somebody else than the announced producer, or none. And if it named the same, who had meanwhile attached
 * again: two further announces of the epoch that name a producer tell that it goes on; one might be on its way already.
 * Conductor's thread only.
 */
final class ProducerWatch {
    private static final int ANNOUNCES_OF_LIFE = 2;

    private boolean hasEpoch;
    private boolean isAnnounced;
    private boolean isRevoked;
    private long epoch;
    private int producerId;
    private int announcesSince;

    /** A lease of ours names an epoch, but not its producer. */
    void onGranted(final long grantedEpoch) {
        if (isLater(grantedEpoch)) {
            begin(grantedEpoch);
        }
    }

    /** An epoch is announced, with its producer; 0 for none. */
    void onAnnounce(final long announcedEpoch, final int announcedProducerId) {
        if (isLater(announcedEpoch)) {
            begin(announcedEpoch);
        } else if (announcedEpoch != epoch) {
            return;
        }
        if (announcedProducerId != 0) {
            producerId = announcedProducerId;
            if (isRevoked && ++announcesSince == ANNOUNCES_OF_LIFE) {
                isRevoked = false;
            }
        }
        isAnnounced = true;
    }

    private boolean isLater(final long other) {
        return !hasEpoch || Long.compareUnsigned(other, epoch) > 0;
    }

    private void begin(final long nextEpoch) {
        hasEpoch = true;
        isAnnounced = false;
        isRevoked = false;
        epoch = nextEpoch;
        producerId = 0;
    }

    /** A producer's lease on the stream is over. */
    void onRevoked(final int clientId) {
        if (hasEpoch && (!isAnnounced || producerId == clientId)) {
            isRevoked = true;
            announcesSince = 0;
        }
    }

    /** Whether an epoch must not be read. */
    boolean withholds(final long ofEpoch) {
        return isRevoked && Long.compareUnsigned(ofEpoch, epoch) <= 0;
    }

    /** There is nothing to read any more; what comes next may have any number. */
    void reset() {
        hasEpoch = false;
        isRevoked = false;
    }
}
