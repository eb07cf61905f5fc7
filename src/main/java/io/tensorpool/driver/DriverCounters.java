package io.tensorpool.driver;

import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.runtime.ServiceCounters;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a driver counts; conductor's thread. */
final class DriverCounters {
    /** Why a consumer gets no stream of its own. */
    enum Decline {
        NO_LEASE("no lease"),
        HALF("half a request"),
        CHANNEL("channel"),
        NO_RANGE("no range"),
        EXHAUSTED("range exhausted");

        private final String label;

        Decline(final String label) {
            this.label = label;
        }
    }

    private final ServiceCounters counters;
    private final Map<ResponseCode, ServiceCounters.Tally> attaches = new EnumMap<>(ResponseCode.class);
    private final Map<Role, ServiceCounters.Tally> activeLeases = new EnumMap<>(Role.class);
    private final Map<RevokeReason, ServiceCounters.Tally> endedLeases = new EnumMap<>(RevokeReason.class);
    private final ServiceCounters.Tally announces;
    private final ServiceCounters.Tally epochs;
    private final ServiceCounters.Tally collectedEpochs;
    private final ServiceCounters.Tally allocatedBytes;
    private final ServiceCounters.Tally dutyCycleMaxNs;
    private final ServiceCounters.Tally tooShort;
    private final ServiceCounters.Tally newerVersion;
    private final ServiceCounters.Tally ofConsumers;
    private final ServiceCounters.Tally unknownLease;
    private final ServiceCounters.Tally refusedShutdown;
    private final ServiceCounters.Tally failedEpochs;
    private final ServiceCounters.Tally dropped;
    private final ServiceCounters.Tally grantedStreams;
    private final ServiceCounters.Tally givenBackStreams;
    private final Map<Decline, ServiceCounters.Tally> declinedStreams = new EnumMap<>(Decline.class);

    DriverCounters(final ServiceCounters counters) {
        this.counters = counters;
        for (final ResponseCode code : ResponseCode.values()) {
            attaches.put(code, counters.add("attaches answered " + code));
        }
        for (final Role role : Role.values()) {
            activeLeases.put(role, counters.add("active leases " + role.name().toLowerCase(Locale.ROOT)));
        }
        for (final RevokeReason reason : RevokeReason.values()) {
            endedLeases.put(reason, counters.add("leases " + reason.name().toLowerCase(Locale.ROOT)));
        }
        announces = counters.add("announces");
        epochs = counters.add("epochs made");
        collectedEpochs = counters.add("epoch directories removed");
        allocatedBytes = counters.add("bytes allocated for producers");
        dutyCycleMaxNs = counters.add("longest duty cycle ns");
        tooShort = counters.rare("malformed requests: lengths");
        newerVersion = counters.rare("malformed requests: newer schema version");
        ofConsumers = counters.rare("malformed hellos and reports");
        unknownLease = counters.rare("keepalives of no active lease");
        refusedShutdown = counters.rare("shutdown requests refused");
        failedEpochs = counters.rare("epochs that could not be made");
        dropped = counters.rare("messages dropped unsent");
        grantedStreams = counters.rare("consumers' own streams granted");
        givenBackStreams = counters.rare("consumers' own streams given back");
        for (final Decline cause : Decline.values()) {
            declinedStreams.put(cause, counters.rare("consumers' own streams declined: " + cause.label));
        }
    }

    void onAttachAnswered(final ResponseCode code) {
        increment(attaches.get(code));
    }

    void onLeaseGranted(final Role role) {
        increment(activeLeases.get(role));
    }

    void onLeaseEnded(final Role role, final RevokeReason reason) {
        final ServiceCounters.Tally active = activeLeases.get(role);
        if (active != null) {
            active.set(active.value() - 1);
        }
        increment(endedLeases.get(reason));
    }

    void onAnnounce() {
        announces.increment();
    }

    /** An epoch was made; bytes is 0 for a sparse one. */
    void onEpochMade(final long bytes) {
        epochs.increment();
        allocatedBytes.set(allocatedBytes.value() + bytes);
    }

    void onEpochFailed() {
        failedEpochs.increment();
    }

    void onMessageDropped() {
        dropped.increment();
    }

    void onEpochCollected() {
        collectedEpochs.increment();
    }

    void onDutyCycle(final long durationNs) {
        if (durationNs > dutyCycleMaxNs.value()) {
            dutyCycleMaxNs.set(durationNs);
        }
    }

    void onUnreadable(final boolean isNewerVersion) {
        (isNewerVersion ? newerVersion : tooShort).increment();
    }

    /** Counted by those who read hellos and reports: lengths, versions, unknown values. */
    void onUnreadableOfConsumers(final long total) {
        ofConsumers.set(total);
    }

    void onUnknownLease() {
        unknownLease.increment();
    }

    void onShutdownRefused() {
        refusedShutdown.increment();
    }

    void onConsumerStreamGranted() {
        grantedStreams.increment();
    }

    void onConsumerStreamsGivenBack() {
        givenBackStreams.increment();
    }

    void onConsumerStreamDeclined(final Decline cause) {
        final ServiceCounters.Tally declined = declinedStreams.get(cause);
        if (declined != null) {
            declined.increment();
        }
    }

    /** Every counter by its label. */
    Map<String, Long> values() {
        return counters.values();
    }

    private static void increment(final ServiceCounters.@Nullable Tally counter) {
        if (counter != null) {
            counter.increment();
        }
    }
}
