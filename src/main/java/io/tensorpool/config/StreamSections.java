package io.tensorpool.config;

import io.tensorpool.PoolSpec;
import io.tensorpool.StreamProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The tables {@code profiles.<name>} and {@code streams.<name>} of driver specification 17. */
final class StreamSections {
    private static final long NSLOTS_MAX = 1 << 30;
    private static final long POOL_ID_MAX = 0xFFFF;
    private static final long STRIDE_MAX_BYTES = 0xFFFF_FFFFL;

    /** Keys of {@code profiles.<name>}. */
    static final List<ConfigKey<ProfileDraft, ?>> PROFILE = List.of(
            new ConfigKey<>(
                    "header_nslots",
                    ValueType.powerOfTwo(1, NSLOTS_MAX),
                    "1024",
                    "Slots of the header ring and of each pool.",
                    (draft, count) -> draft.nslots = count.intValue()),
            new ConfigKey<>(
                    "payload_pools",
                    new ValueType<>("an array of tables with pool_id and stride_bytes, not empty", node -> {
                        final List<ConfigNode> pools = node.isEnvironment() ? null : node.list();
                        return pools == null || pools.isEmpty() ? null : pools;
                    }),
                    ConfigKey.REQUIRED,
                    "The pools; a payload goes into the one with the smallest stride that holds it.",
                    (draft, pools) -> draft.pools = pools));

    /** Keys of {@code profiles.<name>.payload_pools[]}. */
    static final List<ConfigKey<PoolDraft, ?>> POOL = List.of(
            new ConfigKey<>(
                    "pool_id",
                    ValueType.integer(0, POOL_ID_MAX),
                    ConfigKey.REQUIRED,
                    "Number of the pool, unique in its profile.",
                    (draft, id) -> draft.poolId = id.intValue()),
            new ConfigKey<>(
                    "stride_bytes",
                    ValueType.integer(0, STRIDE_MAX_BYTES),
                    ConfigKey.REQUIRED,
                    "Bytes of one payload slot: a multiple of 64, at most 4294967232.",
                    (draft, strideBytes) -> draft.strideBytes = strideBytes));

    /** Keys of {@code streams.<name>}. */
    static final List<ConfigKey<StreamDraft, ?>> STREAM = List.of(
            new ConfigKey<>(
                    "stream_id",
                    ValueType.streamId(),
                    ConfigKey.REQUIRED,
                    "Id of the stream, unique.",
                    (draft, id) -> draft.streamId = id),
            new ConfigKey<>(
                    "profile",
                    ValueType.filledText(),
                    ConfigKey.REQUIRED,
                    "Name of its profile.",
                    (draft, profile) -> draft.profile = profile));

    static final class ProfileDraft {
        int nslots = 1024;
        List<ConfigNode> pools = List.of();
    }

    static final class PoolDraft {
        int poolId;
        long strideBytes;
    }

    static final class StreamDraft {
        int streamId;
        String profile = "";
    }

    private StreamSections() {}

    static void readProfiles(final ConfigSource source, final DriverDraft driver) {
        source.table("profiles").forEach((name, node) -> {
            final String label = "profiles." + ConfigNode.keyOf(name);
            final ProfileDraft draft = new ProfileDraft();
            source.apply(draft, PROFILE, label, node.table(label), node.origin());
            driver.addProfile(profile(source, name, draft));
        });
    }

    /** Makes the profile anew with each pool, so that whatever it refuses is located at the pool that brought it. */
    private static StreamProfile profile(final ConfigSource source, final String name, final ProfileDraft draft) {
        final List<PoolSpec> pools = new ArrayList<>();
        for (final ConfigNode node : draft.pools) {
            final String label = "profiles." + ConfigNode.keyOf(name) + ".payload_pools[" + pools.size() + "]";
            final PoolDraft pool = new PoolDraft();
            source.apply(pool, POOL, label, node.table(label), node.origin());
            pools.add(new PoolSpec(pool.poolId, pool.strideBytes));
            ConfigKey.located(node.origin(), () -> new StreamProfile(name, draft.nslots, pools));
        }
        return new StreamProfile(name, draft.nslots, pools);
    }

    static void readStreams(final ConfigSource source, final DriverDraft driver) {
        source.table("streams").forEach((name, node) -> {
            final String label = "streams." + ConfigNode.keyOf(name);
            final Map<String, ConfigNode> table = node.table(label);
            final StreamDraft draft = new StreamDraft();
            source.apply(draft, STREAM, label, table, node.origin());
            ConfigKey.located(label + " at " + node.origin(), () -> driver.addStream(draft.streamId, draft.profile));
        });
    }
}
