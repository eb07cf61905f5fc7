package io.tensorpool.shm;

import io.tensorpool.EpochRegions;
import io.tensorpool.PoolRegion;
import io.tensorpool.RegionException;
import io.tensorpool.layout.PayloadPoolLayout;
import io.tensorpool.layout.SuperblockLayout;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The header ring and all payload pools of one epoch, mapped in one arena and checked against their description. Mapped
 * whole or not at all: when anything is refused, no mapping and no open file is left.
 *
 * <p>Counted by reference: the mapping is made with one reference, and the last {@link #release()} unmaps. After that an
 * access to any segment of it throws {@link IllegalStateException}; before that, an access beyond the end of a truncated
 * file throws {@link InternalError}, possibly a little later (see {@link FaultPoint}).
 *
 * <p>Any thread. Mapping and the last release can take seconds for large pools.
 */
public final class EpochMapping {
    private static final Logger LOG = System.getLogger(EpochMapping.class.getName());

    /** Arenas that a native call of some thread was using when they should have closed; tried again at each release. */
    private static final Queue<Arena> PINNED_ARENAS = new ConcurrentLinkedQueue<>();

    private final EpochRegions regions;
    private final Access access;
    private final Arena arena;
    private final MemorySegment headerRing;
    private final MemorySegment[] pools;
    private final @Nullable MemorySegment[][] slots;
    private final long[] strideBytes;
    private final AtomicInteger references = new AtomicInteger(1);

    /** Takes the arena over. */
    EpochMapping(
            final EpochRegions regions,
            final Access access,
            final Arena arena,
            final MemorySegment headerRing,
            final List<MemorySegment> pools) {
        this.regions = regions;
        this.access = access;
        this.arena = arena;
        this.headerRing = headerRing;
        this.pools = pools.toArray(MemorySegment[]::new);
        this.slots = new MemorySegment[pools.size()][regions.nslots()];
        this.strideBytes =
                regions.pools().stream().mapToLong(PoolRegion::strideBytes).toArray();
    }

    /**
     * Opens, checks and maps all regions of an epoch.
     *
     * @param regions the description, as received.
     * @param access  READ_ONLY for consumers.
     * @param policy  which files are acceptable.
     * @param options what to do with the pages.
     * @return the mapping, holding one reference.
     * @throws RegionException if the description, a path, a file or a superblock is refused, or the memory cannot be
     *     had; the message names the stream, the region and the cause.
     */
    public static EpochMapping map(
            final EpochRegions regions, final Access access, final PathPolicy policy, final MappingOptions options) {
        RegionsCheck.check(regions);
        final Arena arena = Arena.ofShared();
        try {
            final EpochMapping mapping = new EpochMapper(regions, access, policy, options, arena).map();
            LOG.log(Level.DEBUG, () -> "mapped " + mapping);
            return mapping;
        } catch (final RegionException e) {
            arena.close();
            throw new RegionException(
                    "stream " + Integer.toUnsignedString(regions.streamId()) + ", epoch "
                            + Long.toUnsignedString(regions.epoch()) + ": " + e.getMessage(),
                    e);
        } catch (final RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * The description that was mapped.
     *
     * @return as given to {@link #map}, or as made by the creator.
     */
    public EpochRegions regions() {
        return regions;
    }

    /**
     * Stream of the epoch.
     *
     * @return unsigned 32-bit id.
     */
    public int streamId() {
        return regions.streamId();
    }

    /**
     * The epoch.
     *
     * @return unsigned 64-bit number.
     */
    public long epoch() {
        return regions.epoch();
    }

    /**
     * Slots of the header ring and of each pool.
     *
     * @return a power of two.
     */
    public int nslots() {
        return regions.nslots();
    }

    /**
     * How the regions are mapped.
     *
     * @return the access.
     */
    public Access access() {
        return access;
    }

    /**
     * Takes a further reference.
     *
     * @return false if the mapping is closed; then there is nothing to release.
     */
    public boolean retain() {
        return references.getAndUpdate(count -> count == 0 ? 0 : count + 1) != 0;
    }

    /**
     * Gives a reference back; the last one unmaps everything. Where another thread is in a native call with a segment of
     * this mapping, unmapping follows at a later release of any mapping.
     *
     * @throws IllegalStateException if all references were given back before.
     */
    public void release() {
        final int before = references.getAndUpdate(count -> count == 0 ? 0 : count - 1);
        if (before == 0) {
            throw new IllegalStateException(this + " was released too often");
        }
        if (before == 1) {
            PINNED_ARENAS.add(arena);
            LOG.log(Level.DEBUG, () -> "closing " + this);
        }
        closeArenas();
    }

    private static void closeArenas() {
        for (int remaining = PINNED_ARENAS.size(); remaining > 0; remaining--) {
            final Arena next = PINNED_ARENAS.poll();
            if (next == null) {
                return;
            }
            try {
                next.close();
            } catch (final IllegalStateException e) {
                LOG.log(Level.DEBUG, () -> "a native call still uses a closed mapping: " + e.getMessage());
                PINNED_ARENAS.add(next);
            }
        }
    }

    /**
     * Whether all references were given back.
     *
     * @return true once the last {@link #release()} has begun.
     */
    public boolean isClosed() {
        return references.get() == 0;
    }

    /**
     * Process that made the regions, as the header ring says now (wire specification 7.1).
     *
     * @return its pid.
     */
    public long pid() {
        final long pid = (long) SuperblockLayout.PID_VH.getOpaque(headerRing, 0L);
        FaultPoint.pass();
        return pid;
    }

    /**
     * Last sign of life, as the header ring says now.
     *
     * @return CLOCK_MONOTONIC, ns.
     */
    public long activityTimestampNs() {
        final long timestampNs = (long) SuperblockLayout.ACTIVITY_TIMESTAMP_NS_VH.getAcquire(headerRing, 0L);
        FaultPoint.pass();
        return timestampNs;
    }

    /**
     * Gives a sign of life in the header ring and every pool. READ_WRITE mappings only.
     *
     * @param nowNs CLOCK_MONOTONIC, ns.
     */
    public void stampActivity(final long nowNs) {
        SuperblockLayout.ACTIVITY_TIMESTAMP_NS_VH.setRelease(headerRing, 0L, nowNs);
        for (final MemorySegment pool : pools) {
            SuperblockLayout.ACTIVITY_TIMESTAMP_NS_VH.setRelease(pool, 0L, nowNs);
        }
        FaultPoint.pass();
    }

    /**
     * Number of payload pools.
     *
     * @return at least 1.
     */
    public int poolCount() {
        return pools.length;
    }

    /**
     * Which pool has an id.
     *
     * @param poolId unsigned 16-bit id.
     * @return its index in the description, or -1.
     */
    public int poolIndexOfId(final int poolId) {
        for (int i = 0; i < pools.length; i++) {
            if (regions.pools().get(i).poolId() == poolId) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Id of a pool.
     *
     * @param poolIndex 0 to {@code poolCount() - 1}.
     * @return unsigned 16-bit id.
     */
    public int poolId(final int poolIndex) {
        return regions.pools().get(poolIndex).poolId();
    }

    /**
     * The pool for a payload: the one with the smallest stride that holds it (wire specification 9).
     *
     * @param lengthBytes length of the payload.
     * @return index of the pool, or -1 if none is large enough.
     */
    public int poolIndexFor(final long lengthBytes) {
        int best = -1;
        for (int i = 0; i < strideBytes.length; i++) {
            if (strideBytes[i] >= lengthBytes && (best < 0 || strideBytes[i] < strideBytes[best])) {
                best = i;
            }
        }
        return best;
    }

    /**
     * Bytes from one payload to the next.
     *
     * @param poolIndex 0 to {@code poolCount() - 1}.
     * @return a multiple of 64.
     */
    public long strideBytes(final int poolIndex) {
        return strideBytes[poolIndex];
    }

    /**
     * All bytes of a payload slot; made once and reused.
     *
     * @param poolIndex 0 to {@code poolCount() - 1}.
     * @param slot      0 to {@code nslots() - 1}.
     * @return a slice, read-only if so mapped, valid until the mapping is closed.
     */
    public MemorySegment slot(final int poolIndex, final int slot) {
        final MemorySegment known = slots[poolIndex][slot];
        if (known != null) {
            return known;
        }
        final long stride = strideBytes[poolIndex];
        final MemorySegment made = pools[poolIndex].asSlice(PayloadPoolLayout.payloadOffset(slot, stride), stride);
        slots[poolIndex][slot] = made;
        return made;
    }

    MemorySegment headerRing() {
        return headerRing;
    }

    @Override
    public String toString() {
        return "epoch " + Long.toUnsignedString(regions.epoch()) + " of stream "
                + Integer.toUnsignedString(regions.streamId()) + " (" + regions.nslots() + " slots, " + pools.length
                + " pools, " + access + ")";
    }
}
