package io.tensorpool.driver;

import io.tensorpool.ConfigurationException;
import io.tensorpool.StreamProfile;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which streams there are or may be, and the profile of each. */
final class StreamPlan {
    private final Map<String, StreamProfile> profiles = new LinkedHashMap<>();
    private final Map<Integer, String> streams = new LinkedHashMap<>();
    private boolean allowDynamicStreams;
    private @Nullable StreamIdRange dynamicRange;
    private @Nullable StreamIdRange descriptorRange;
    private @Nullable StreamIdRange controlRange;
    private @Nullable String defaultProfile;

    void addProfile(final StreamProfile profile) {
        profiles.put(profile.name(), profile);
    }

    void addStream(final int streamId, final String profile) {
        if (!isUsable(streamId)) {
            throw new ConfigurationException(
                    "stream_id = " + Integer.toUnsignedString(streamId) + ": expected 1 to 4294967294");
        }
        if (streams.put(streamId, profile) != null) {
            throw new ConfigurationException(
                    "stream_id = " + Integer.toUnsignedString(streamId) + " is configured twice");
        }
    }

    void allowDynamicStreams(final boolean allow) {
        allowDynamicStreams = allow;
    }

    void dynamicRange(final @Nullable StreamIdRange range) {
        dynamicRange = range;
    }

    void perConsumerRanges(final @Nullable StreamIdRange descriptors, final @Nullable StreamIdRange controls) {
        descriptorRange = descriptors;
        controlRange = controls;
    }

    /** Ids of consumers' own descriptor streams; null for none. */
    @Nullable
    StreamIdRange descriptorRange() {
        return descriptorRange;
    }

    /** Ids of consumers' own control streams; null for none. */
    @Nullable
    StreamIdRange controlRange() {
        return controlRange;
    }

    void defaultProfile(final String name) {
        defaultProfile = name;
    }

    /**
     * Checks that every name is defined, that somebody can attach, and that no id means two things.
     *
     * @param serviceStreamIds of the control, announce and QoS streams, by the keys that set them.
     */
    void conclude(final Map<String, Integer> serviceStreamIds) {
        if (profiles.isEmpty()) {
            throw new ConfigurationException("profiles: none is defined; expected at least one");
        }
        if (defaultProfile == null) {
            defaultProfile = profiles.keySet().iterator().next();
        }
        requireDefined("policies.default_profile", defaultProfile);
        streams.forEach(
                (streamId, name) -> requireDefined("profile of stream " + Integer.toUnsignedString(streamId), name));
        if (allowDynamicStreams && dynamicRange == null) {
            throw new ConfigurationException("policies.allow_dynamic_streams = true needs driver.stream_id_range");
        }
        if (streams.isEmpty() && !allowDynamicStreams) {
            throw new ConfigurationException(
                    "streams: none is defined, and policies.allow_dynamic_streams = false; nobody could attach");
        }
        requireUsable("driver.descriptor_stream_id_range", descriptorRange);
        requireUsable("driver.control_stream_id_range", controlRange);
        final List<String> faults = overlaps(serviceStreamIds);
        if (!faults.isEmpty()) {
            throw new ConfigurationException(faults);
        }
    }

    /** Ids are kept apart although they are of different kinds, as driver specification 11 asks. */
    private List<String> overlaps(final Map<String, Integer> serviceStreamIds) {
        final Map<String, StreamIdRange> ranges = new LinkedHashMap<>();
        final boolean isAny = StreamIdRange.ANY.equals(dynamicRange);
        putIfSet(ranges, "driver.stream_id_range", allowDynamicStreams && !isAny ? dynamicRange : null);
        putIfSet(ranges, "driver.descriptor_stream_id_range", descriptorRange);
        putIfSet(ranges, "driver.control_stream_id_range", controlRange);
        final List<String> faults = new ArrayList<>();
        final Map<String, StreamIdRange> earlier = new LinkedHashMap<>();
        ranges.forEach((key, range) -> {
            serviceStreamIds.forEach((serviceKey, streamId) -> addIfInside(faults, key, range, serviceKey, streamId));
            streams.keySet().forEach(streamId -> addIfInside(faults, key, range, "streams.*.stream_id", streamId));
            earlier.forEach((otherKey, other) -> {
                if (range.overlaps(other)) {
                    faults.add(otherKey + " = " + other + " overlaps " + key + " = " + range + "; keep them apart");
                }
            });
            earlier.put(key, range);
        });
        return faults;
    }

    private static void putIfSet(
            final Map<String, StreamIdRange> ranges, final String key, final @Nullable StreamIdRange range) {
        if (range != null) {
            ranges.put(key, range);
        }
    }

    private static void addIfInside(
            final List<String> faults,
            final String key,
            final StreamIdRange range,
            final String otherKey,
            final int streamId) {
        if (range.contains(streamId)) {
            faults.add(key + " = " + range + " holds " + otherKey + " = " + Integer.toUnsignedString(streamId)
                    + "; keep them apart");
        }
    }

    /** The ids are handed out, and the two that stand for none would be taken for a refusal. */
    private static void requireUsable(final String key, final @Nullable StreamIdRange range) {
        if (range != null && !(isUsable(range.first()) && isUsable(range.last()))) {
            throw new ConfigurationException(key + " = " + range + ": expected ids from 1 to 4294967294");
        }
    }

    private void requireDefined(final String key, final String name) {
        if (!profiles.containsKey(name)) {
            throw new ConfigurationException(
                    key + " = '" + name + "' is not a defined profile; defined are " + profiles.keySet());
        }
    }

    Collection<StreamProfile> profiles() {
        return profiles.values();
    }

    /** Whether a stream is there without anybody having asked for it. */
    boolean isConfigured(final int streamId) {
        return streams.containsKey(streamId);
    }

    /** Profile of a stream, or null if it is neither configured nor in the range of dynamic ones. */
    @Nullable
    StreamProfile profileOf(final int streamId) {
        final String name = streams.get(streamId);
        if (name != null) {
            return profiles.get(name);
        }
        final boolean isDynamic =
                allowDynamicStreams && dynamicRange != null && isUsable(streamId) && dynamicRange.contains(streamId);
        return isDynamic ? profiles.get(defaultProfile) : null;
    }

    /** 0 stands for no stream in some messages, 2^32 - 1 for null. */
    private static boolean isUsable(final int streamId) {
        return streamId != 0 && streamId != -1;
    }
}
