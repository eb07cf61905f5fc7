package io.tensorpool.driver;

import io.tensorpool.Role;
import io.tensorpool.StreamProfile;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.PastEpochs;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** State of one stream: its current epoch, its producer, what waits for the next epoch, and the epochs gone by. */
final class DriverStream {
    private final int streamId;
    private final StreamProfile profile;
    private final List<AttachRequest> parked = new ArrayList<>();
    private final PastEpochs past;
    private @Nullable EpochMapping current;
    private @Nullable Lease producer;
    private boolean isEpochBeingMade;
    private boolean isRetried;
    private boolean isAnnounced;
    private long lastAnnounceNs;
    private long nextAnnounceNs;

    DriverStream(final int streamId, final StreamProfile profile, final PastEpochs past) {
        this.streamId = streamId;
        this.profile = profile;
        this.past = past;
    }

    int streamId() {
        return streamId;
    }

    StreamProfile profile() {
        return profile;
    }

    @Nullable
    EpochMapping current() {
        return current;
    }

    /** Puts the next epoch in place; null if it could not be made. Returns the one that was. */
    @Nullable
    EpochMapping replace(final @Nullable EpochMapping next, final long nowNs) {
        final EpochMapping previous = current;
        if (previous != null) {
            past.add(previous.epoch(), nowNs);
        }
        current = next;
        return previous;
    }

    PastEpochs past() {
        return past;
    }

    @Nullable
    Lease producer() {
        return producer;
    }

    void producer(final @Nullable Lease lease) {
        producer = lease;
    }

    /** Client id of the producer for announces; 0 for none (driver specification 8). */
    int producerId() {
        return producer == null ? 0 : producer.clientId();
    }

    boolean isEpochBeingMade() {
        return isEpochBeingMade;
    }

    void epochBeingMade(final boolean isBeingMade) {
        isEpochBeingMade = isBeingMade;
    }

    /** Keeps a request until the epoch is made. One that repeats another takes its place, so that it is answered once. */
    void park(final AttachRequest request) {
        parked.removeIf(request::repeats);
        parked.add(request);
    }

    /** Whether memory is being made for another client that is going to be the producer. */
    boolean awaitsOtherProducer(final AttachRequest request) {
        for (final AttachRequest other : parked) {
            if (other.role() == Role.PRODUCER && !other.repeats(request)) {
                return true;
            }
        }
        return false;
    }

    /** The requests that waited, of producers first: they were here before the consumers' epoch is worth having. */
    List<AttachRequest> takeParked() {
        final List<AttachRequest> taken = new ArrayList<>(parked);
        taken.sort((a, b) -> Boolean.compare(b.role() == Role.PRODUCER, a.role() == Role.PRODUCER));
        parked.clear();
        return taken;
    }

    /** Whether making the epoch may be tried once more after a failure; each epoch has one such try. */
    boolean mayRetry() {
        final boolean mayRetry = !isRetried;
        isRetried = true;
        return mayRetry;
    }

    void retryAgain() {
        isRetried = false;
    }

    boolean isAnnounceDue(final long nowNs) {
        return nowNs - nextAnnounceNs >= 0;
    }

    /** An announce goes out. Returns the time since the one before; negative for the first. */
    long onAnnounce(final long nowNs, final long periodNs) {
        final long gapNs = isAnnounced ? nowNs - lastAnnounceNs : -1;
        isAnnounced = true;
        lastAnnounceNs = nowNs;
        nextAnnounceNs = nowNs + periodNs;
        return gapNs;
    }

    @Override
    public String toString() {
        return "stream " + Integer.toUnsignedString(streamId);
    }
}
