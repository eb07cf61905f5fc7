package io.tensorpool.driver;

import io.tensorpool.ResponseCode;
import io.tensorpool.Role;
import io.tensorpool.protocol.RevokeReason;
import io.tensorpool.runtime.ServiceCounters;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.agrona.concurrent.status.AtomicCounter;
import org.jspecify.annotations.Nullable;

/** What a driver counts; conductor's thread. */
final class DriverCounters {
    private final ServiceCounters counters;
    private final Map<ResponseCode, AtomicCounter> attaches = new EnumMap<>(ResponseCode.class);
    private final Map<Role, AtomicCounter> activeLeases = new EnumMap<>(Role.class);
    private final Map<RevokeReason, AtomicCounter> endedLeases = new EnumMap<>(RevokeReason.class);
    private final AtomicCounter announces;
    private final AtomicCounter epochs;
    private final AtomicCounter collectedEpochs;
    private final AtomicCounter allocatedBytes;
    private final AtomicCounter dutyCycleMaxNs;
    private final ServiceCounters.Rare tooShort;
    private final ServiceCounters.Rare newerVersion;
    private final ServiceCounters.Rare unknownLease;
    private final ServiceCounters.Rare refusedShutdown;
    private final ServiceCounters.Rare failedEpochs;
    private final ServiceCounters.Rare dropped;

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
        unknownLease = counters.rare("keepalives of no active lease");
        refusedShutdown = counters.rare("shutdown requests refused");
        failedEpochs = counters.rare("epochs that could not be made");
        dropped = counters.rare("messages dropped unsent");
    }

    int doWork() {
        return counters.doWork();
    }

    void onAttachAnswered(final ResponseCode code) {
        increment(attaches.get(code));
    }

    void onLeaseGranted(final Role role) {
        increment(activeLeases.get(role));
    }

    void onLeaseEnded(final Role role, final RevokeReason reason) {
        final AtomicCounter active = activeLeases.get(role);
        if (active != null) {
            active.setRelease(active.getPlain() - 1);
        }
        increment(endedLeases.get(reason));
    }

    void onAnnounce() {
        increment(announces);
    }

    /** An epoch was made; bytes is 0 for a sparse one. */
    void onEpochMade(final long bytes) {
        increment(epochs);
        allocatedBytes.setRelease(allocatedBytes.getPlain() + bytes);
    }

    void onEpochFailed() {
        failedEpochs.increment();
    }

    void onMessageDropped() {
        dropped.increment();
    }

    void onEpochCollected() {
        increment(collectedEpochs);
    }

    void onDutyCycle(final long durationNs) {
        if (durationNs > dutyCycleMaxNs.getPlain()) {
            dutyCycleMaxNs.setRelease(durationNs);
        }
    }

    void onUnreadable(final boolean isNewerVersion) {
        (isNewerVersion ? newerVersion : tooShort).increment();
    }

    void onUnknownLease() {
        unknownLease.increment();
    }

    void onShutdownRefused() {
        refusedShutdown.increment();
    }

    /** Every counter by its label. */
    Map<String, Long> values() {
        return counters.values();
    }

    private static void increment(final @Nullable AtomicCounter counter) {
        if (counter != null) {
            counter.setRelease(counter.getPlain() + 1);
        }
    }
}
