package io.tensorpool.config;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** The keys of driver specification 17, and {@code shm.namespace}, by table. */
final class DriverKeys {
    private static final long AERON_STREAM_ID_MAX = Integer.MAX_VALUE;
    private static final long PERIOD_MAX_MS = TimeUnit.HOURS.toMillis(1);
    private static final long COUNT_MAX = 1_000_000;
    private static final long PAGE_SIZE_DEFAULT_BYTES = 4096;
    private static final long PAGE_SIZE_MAX_BYTES = 1L << 30;
    private static final String IPC = "\"aeron:ipc?term-length=4m\"";

    /** Table {@code driver}. */
    static final List<ConfigKey<DriverDraft, ?>> DRIVER = List.of(
            key(
                    "instance_id",
                    ValueType.filledText(),
                    "\"driver-01\"",
                    "Name of this driver in logs.",
                    (draft, id) -> draft.context.instanceId(id)),
            key(
                    "aeron_dir",
                    ValueType.text(),
                    "Aeron's own default",
                    "Directory of the Aeron media driver. The variable AERON_DIR counts as well.",
                    DriverKeys::aeronDirectory),
            key(
                    "control_channel",
                    ValueType.channel(),
                    IPC,
                    "Aeron channel where clients attach.",
                    (draft, channel) -> draft.controlChannel = channel),
            key(
                    "control_stream_id",
                    aeronStreamId(),
                    "1000",
                    "Aeron stream id there.",
                    (draft, id) -> draft.controlStreamId = id),
            key(
                    "announce_channel",
                    ValueType.channel(),
                    "driver.control_channel",
                    "Aeron channel where epochs are announced.",
                    (draft, channel) -> draft.announceChannel = channel),
            key(
                    "announce_stream_id",
                    aeronStreamId(),
                    "1001",
                    "Aeron stream id there.",
                    (draft, id) -> draft.announceStreamId = id),
            key(
                    "qos_channel",
                    ValueType.channel(),
                    IPC,
                    "Aeron channel of the consumers' reports, heard where they may have streams of their own. Clients"
                            + " have a setting of their own.",
                    (draft, channel) -> draft.qosChannel = channel),
            key(
                    "qos_stream_id",
                    aeronStreamId(),
                    "1200",
                    "Aeron stream id there, which no range may hold. Clients have a setting of their own.",
                    (draft, id) -> draft.qosStreamId = id),
            key(
                    "stream_id_range",
                    ValueType.streamIdRange(),
                    "\"\"",
                    "Ids of streams that may be made on demand, both ends included; needed where"
                            + " policies.allow_dynamic_streams is true.",
                    (draft, range) -> draft.dynamicStreamRange = range),
            key(
                    "descriptor_stream_id_range",
                    ValueType.streamIdRange(),
                    "\"\"",
                    "Ids that this driver assigns to descriptor streams of single consumers; kept apart from all others."
                            + " With neither this range nor the next one, the producers answer such consumers.",
                    (draft, range) -> draft.descriptorStreamRange = range),
            key(
                    "control_stream_id_range",
                    ValueType.streamIdRange(),
                    "\"\"",
                    "Ids that it assigns to control streams of single consumers; likewise.",
                    (draft, range) -> draft.controlStreamRange = range),
            key(
                    "admin_socket",
                    ValueType.truth(),
                    "true",
                    "Whether ./tensorpool leases and revoke work, through a socket in the namespace's directory.",
                    (draft, isOpen) -> draft.context.adminSocket(isOpen)));

    /** Table {@code shm}. */
    static final List<ConfigKey<DriverDraft, ?>> SHM = List.of(
            key(
                    "base_dir",
                    ValueType.directory(),
                    "\"/dev/shm\"",
                    "Directory below which the regions are made, as tensorpool-<user>/<namespace>/...",
                    (draft, directory) -> draft.baseDir = directory),
            key(
                    "namespace",
                    ValueType.directoryName(),
                    "\"default\"",
                    "Name of this driver's directory there; one driver at a time holds it.",
                    (draft, name) -> draft.context.namespace(name)),
            key(
                    "allowed_base_dirs",
                    ValueType.directories(),
                    "[shm.base_dir]",
                    "Directories that region URIs may point into; separated by commas in the environment.",
                    DriverDraft::allowedBaseDirs),
            key(
                    "require_hugepages",
                    ValueType.truth(),
                    "false",
                    "Whether regions are on huge pages where a client leaves it open.",
                    (draft, require) -> draft.context.requireHugepages(require)),
            key(
                    "page_size_bytes",
                    ValueType.powerOfTwo(PAGE_SIZE_DEFAULT_BYTES, PAGE_SIZE_MAX_BYTES),
                    Long.toString(PAGE_SIZE_DEFAULT_BYTES),
                    "Page size in bytes. Checked, without effect: the file system is asked for its page size.",
                    DriverKeys::pageSize),
            key(
                    "permissions_mode",
                    ValueType.octalMode(),
                    "\"660\"",
                    "Permission bits of the regions, octal, whatever the umask; read and write for the owner, nothing"
                            + " for others.",
                    (draft, mode) -> draft.context.permissionsMode(mode)));

    /** Table {@code policies}. */
    static final List<ConfigKey<DriverDraft, ?>> POLICIES = List.of(
            key(
                    "allow_dynamic_streams",
                    ValueType.truth(),
                    "false",
                    "Whether streams that are not in this file are made on demand.",
                    DriverDraft::allowDynamicStreams),
            key(
                    "default_profile",
                    ValueType.filledText(),
                    "the first profile defined",
                    "Profile of streams made on demand.",
                    DriverDraft::defaultProfile),
            key(
                    "announce_period_ms",
                    milliseconds(1),
                    "1000",
                    "Time between two announces of a stream, in milliseconds. C consumers drop what was announced"
                            + " more than 3 s ago.",
                    (draft, ms) -> draft.context.announcePeriodNs(TimeUnit.MILLISECONDS.toNanos(ms))),
            key(
                    "announce_clock",
                    ValueType.clockDomain(),
                    "\"monotonic\"",
                    "Clock by which announces are stamped; realtime_synced only where the wall clock is disciplined, by PTP for"
                            + " instance: consumers drop what seems old.",
                    (draft, clock) -> draft.context.announceClock(clock)),
            key(
                    "lease_keepalive_interval_ms",
                    milliseconds(1),
                    "1000",
                    "Time between two keepalives of a client, in milliseconds.",
                    (draft, ms) -> draft.context.keepaliveIntervalNs(TimeUnit.MILLISECONDS.toNanos(ms))),
            key(
                    "lease_expiry_grace_intervals",
                    ValueType.integer(1, COUNT_MAX),
                    "3",
                    "Keepalives that a client may miss before its lease expires.",
                    (draft, count) -> draft.context.expiryGraceIntervals(count.intValue())),
            key(
                    "prefault_shm",
                    ValueType.truth(),
                    "true",
                    "Whether memory is touched before a producer gets it.",
                    (draft, prefault) -> draft.context.prefault(prefault)),
            key(
                    "mlock_shm",
                    ValueType.truth(),
                    "false",
                    "Whether the driver locks the regions into memory; failing to is fatal.",
                    (draft, lock) -> draft.context.lockMemory(lock)),
            key(
                    "epoch_gc_enabled",
                    ValueType.truth(),
                    "true",
                    "Whether directories of past epochs are removed.",
                    (draft, enabled) -> draft.epochGcEnabled = enabled),
            key(
                    "epoch_gc_keep",
                    ValueType.integer(1, COUNT_MAX),
                    "2",
                    "Epochs of a stream that stay, the current one included.",
                    (draft, count) -> draft.epochGcKeep = count.intValue()),
            key(
                    "epoch_gc_min_age_ns",
                    ValueType.integer(0, Long.MAX_VALUE),
                    "three announce periods",
                    "Least time that a past epoch stays, in nanoseconds.",
                    (draft, ageNs) -> draft.epochGcMinAgeNs = ageNs),
            key(
                    "epoch_gc_on_startup",
                    ValueType.truth(),
                    "false",
                    "Whether epochs that an earlier driver left in the namespace are removed at start.",
                    (draft, collect) -> draft.epochGcOnStartup = collect),
            key(
                    "cleanup_shm_on_exit",
                    ValueType.truth(),
                    "true",
                    "Whether all epochs are removed when the driver ends.",
                    (draft, cleanup) -> draft.cleanupOnExit = cleanup),
            key(
                    "reuse_existing_shm",
                    ValueType.truth(),
                    "false",
                    "Whether files of earlier epochs are used again. Checked, without effect: a stopped producer could"
                            + " still write to them.",
                    DriverKeys::reuse),
            key(
                    "node_id_reuse_cooldown_ms",
                    milliseconds(1),
                    "10000",
                    "How long a node id rests after its lease ended, in milliseconds.",
                    (draft, ms) -> draft.context.nodeIdCooldownNs(TimeUnit.MILLISECONDS.toNanos(ms))),
            key(
                    "histogram_interval_ms",
                    milliseconds(0),
                    "0",
                    "Interval of the histograms in the log (level INFO), in milliseconds; 0 for none.",
                    (draft, ms) -> draft.context.histogramIntervalNs(TimeUnit.MILLISECONDS.toNanos(ms))),
            key(
                    "shutdown_timeout_ms",
                    milliseconds(1),
                    "2000",
                    "How long a driver that was asked to end waits for its leases to be given back, in milliseconds.",
                    (draft, ms) -> draft.context.shutdownTimeoutNs(TimeUnit.MILLISECONDS.toNanos(ms))),
            key(
                    "shutdown_token",
                    ValueType.secret(),
                    "\"\"",
                    "What a request to end must bring along; empty refuses all such requests.",
                    (draft, token) -> draft.context.shutdownToken(token)));

    private DriverKeys() {}

    private static <T> ConfigKey<DriverDraft, T> key(
            final String name,
            final ValueType<T> type,
            final String defaultText,
            final String meaning,
            final BiConsumer<DriverDraft, T> setter) {
        return new ConfigKey<>(name, type, defaultText, meaning, setter);
    }

    private static ValueType<Long> aeronStreamId() {
        return ValueType.integer(1, AERON_STREAM_ID_MAX);
    }

    private static ValueType<Long> milliseconds(final long least) {
        return ValueType.integer(least, PERIOD_MAX_MS);
    }

    private static void aeronDirectory(final DriverDraft draft, final String directory) {
        if (!directory.isBlank()) {
            draft.context.aeronDirectoryName(directory);
        }
    }

    private static void pageSize(final DriverDraft draft, final long bytes) {
        if (bytes != PAGE_SIZE_DEFAULT_BYTES) {
            DriverDraft.withoutEffect("shm.page_size_bytes", bytes, "the file system is asked for its page size");
        }
    }

    private static void reuse(final DriverDraft draft, final boolean reuse) {
        if (reuse) {
            DriverDraft.withoutEffect(
                    "policies.reuse_existing_shm", true, "a stopped producer could still write to an earlier epoch");
        }
    }
}
