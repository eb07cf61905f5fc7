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
        private final List<PoolSpec> specs = new ArrayList<>();

        /** Takes a pool, unless a profile with it and those before it would be refused. */
        void add(final String name, final PoolDraft pool) {
            final List<PoolSpec> next = new ArrayList<>(specs);
            next.add(new PoolSpec(pool.poolId, pool.strideBytes));
            specs.add(new StreamProfile(name, nslots, next).pools().getLast());
        }

        StreamProfile profile(final String name) {
            return new StreamProfile(name, nslots, specs);
        }
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
            final Map<String, ConfigNode> table = source.table(label, node);
            if (!source.faults().concern(label)) {
                source.apply(draft, PROFILE, label, table, node.origin());
                source.faults().collect(label, () -> readPools(source, label, name, draft));
            }
            if (source.faults().concern(label)) {
                driver.addRefusedProfile(name);
            } else {
                source.faults().check(node.origin(), () -> driver.addProfile(draft.profile(name)));
            }
        });
    }

    /** Makes a profile of each pool and those before it, so that whatever it refuses is located at the pool that brought it. */
    private static void readPools(
            final ConfigSource source, final String profileLabel, final String name, final ProfileDraft draft) {
        for (int i = 0; i < draft.pools.size(); i++) {
            final ConfigNode node = draft.pools.get(i);
            final String label = profileLabel + ".payload_pools[" + i + "]";
            final PoolDraft pool = new PoolDraft();
            final Map<String, ConfigNode> table = source.table(label, node);
            if (!source.faults().concern(label)) {
                source.apply(pool, POOL, label, table, node.origin());
            }
            if (!source.faults().concern(label)) {
                source.faults().collect(label, () -> ConfigKey.located(node.origin(), () -> draft.add(name, pool)));
            }
        }
    }

    static void readStreams(final ConfigSource source, final DriverDraft driver) {
        source.table("streams").forEach((name, node) -> {
            final String label = "streams." + ConfigNode.keyOf(name);
            final Map<String, ConfigNode> table = source.table(label, node);
            final StreamDraft draft = new StreamDraft();
            if (!source.faults().concern(label)) {
                source.apply(draft, STREAM, label, table, node.origin());
            }
            if (source.faults().concern(label)) {
                driver.addRefusedStream();
            } else {
                source.faults()
                        .collect(
                                label,
                                () -> ConfigKey.located(
                                        label + " at " + node.origin(),
                                        () -> driver.addStream(draft.streamId, draft.profile)));
            }
        });
    }
}
