package io.tensorpool.client;

import io.tensorpool.EpochRegions;
import io.tensorpool.RegionException;
import io.tensorpool.runtime.FileWorker;
import io.tensorpool.shm.Access;
import io.tensorpool.shm.EpochMapping;
import io.tensorpool.shm.MappingOptions;
import io.tensorpool.shm.PathPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the newest epoch of a stream mapped for a reader (wire specification 10.1.1, 15.1, 15.14 and 15.21). A higher epoch
 * is mapped aside and replaces the one before when it is ready; what cannot be mapped changes nothing, so that a wrong
 * description costs no reader its epoch. An epoch that shows no sign of life is withheld until it does.
 *
 * <p>Conductor's thread only; mapping is the file worker's.
 */
final class EpochFollower {
    /** Who reads. */
    interface Reader {
        /** An epoch was mapped, in place of the one before. It is {@link #readable} once it shows a sign of life. */
        void onMapped(EpochMapping mapping);

        /** What was readable must not be read any more. Its mapping outlives this by the linger time. */
        void onUnreadable();

        /** Nothing is mapped any more. */
        void onUnmapped();

        /** A description was refused, for the first time since something was mapped. */
        void onRefused(EpochRegions regions, Throwable cause);
    }

    private final ClientContext context;
    private final FileWorker fileWorker;
    private final PathPolicy paths;
    private final LingeringMappings lingering;
    private final AnnounceCounts counts;
    private final Reader reader;

    /** What was mapped last: whatever is lower is over. */
    private @Nullable EpochRegions followed;

    private @Nullable EpochMapping mapping;
    private @Nullable EpochRegions attempted;
    private @Nullable EpochRegions next;
    private @Nullable EpochRegions lastRefused;
    private boolean isNextByProducer;
    private boolean isReadable;
    private boolean isForeign;
    private boolean isPidKnown;
    private long mappedPid;
    private long nextActivityCheckNs;
    private int generation;
    private long epochsMapped;
    private long refusals;

    EpochFollower(
            final ClientContext context,
            final FileWorker fileWorker,
            final PathPolicy paths,
            final LingeringMappings lingering,
            final AnnounceCounts counts,
            final Reader reader) {
        this.context = context;
        this.fileWorker = fileWorker;
        this.paths = paths;
        this.lingering = lingering;
        this.counts = counts;
        this.reader = reader;
    }

    /** The epoch that may be read now; null if there is none. */
    @Nullable
    EpochMapping readable() {
        return isReadable ? mapping : null;
    }

    boolean isMapped() {
        return mapping != null;
    }

    /** Epochs mapped so far, one that was mapped again after a fault as often. */
    long epochsMapped() {
        return epochsMapped;
    }

    /** Descriptions that could not be mapped, each as often as it was tried. */
    long refusals() {
        return refusals;
    }

    /**
     * A description of an epoch of the stream. What is newer than what is mapped is mapped, and what could not be mapped is
     * tried again.
     *
     * @param hasProducer whether somebody writes; reading a hole of an epoch without a producer would allocate it.
     */
    void follow(final EpochRegions regions, final boolean hasProducer) {
        final EpochRegions known = followed;
        final int order = known == null ? 1 : Long.compareUnsigned(regions.epoch(), known.epoch());
        if (order < 0) {
            counts.onLowerEpoch();
        } else if (order == 0 && (mapping != null || isForeign)) {
            if (!regions.equals(known)) {
                counts.onConflicting();
            }
        } else if (attempted == null) {
            map(regions, hasProducer);
        } else if (!regions.equals(attempted)
                && (next == null || Long.compareUnsigned(regions.epoch(), next.epoch()) >= 0)) {
            next = regions;
            isNextByProducer = hasProducer;
        }
    }

    private void map(final EpochRegions regions, final boolean hasProducer) {
        attempted = regions;
        final MappingOptions options = new MappingOptions(hasProducer && context.prefault(), context.lockMemory());
        final int startedIn = generation;
        fileWorker.submit(
                () -> EpochMapping.map(regions, Access.READ_ONLY, paths, options),
                (mapped, failure) -> onMapped(startedIn, regions, mapped, failure));
    }

    private void onMapped(
            final int startedIn,
            final EpochRegions regions,
            final @Nullable EpochMapping mapped,
            final @Nullable Throwable failure) {
        if (startedIn != generation) {
            if (mapped != null) {
                lingering.release(mapped);
            }
            return;
        }
        attempted = null;
        if (mapped != null) {
            install(regions, mapped);
        } else {
            refuse(regions, failure == null ? new InternalError("no result") : failure);
        }
        final EpochRegions following = next;
        next = null;
        if (following != null && startedIn == generation) {
            follow(following, isNextByProducer);
        }
    }

    private void install(final EpochRegions regions, final EpochMapping mapped) {
        unmap();
        followed = regions;
        mapping = mapped;
        lastRefused = null;
        isPidKnown = false;
        isForeign = false;
        epochsMapped++;
        reader.onMapped(mapped);
        checkActivity(mapped, context.nanoClock().nanoTime());
    }

    private void refuse(final EpochRegions regions, final Throwable cause) {
        counts.onRefused();
        refusals++;
        if (!regions.equals(lastRefused)) {
            lastRefused = regions;
            reader.onRefused(regions, cause);
        }
    }

    /** Looks for signs of life. Returns a work count. */
    int doWork(final long nowNs) {
        final EpochMapping of = mapping;
        if (of == null || (isReadable && nowNs - nextActivityCheckNs < 0)) {
            return 0;
        }
        return checkActivity(of, nowNs);
    }

    /** Stamps that stand still are a producer's death, or its being stopped (wire specification 15.1 and 15.14). */
    private int checkActivity(final EpochMapping of, final long nowNs) {
        nextActivityCheckNs = nowNs + context.announcePeriodNs();
        final boolean isFresh;
        try {
            if (hasForeignWriter(of)) {
                unmap();
                return 1;
            }
            isFresh = nowNs - of.activityTimestampNs() <= context.freshnessNs();
        } catch (final InternalError fault) {
            unmap();
            return 1;
        }
        if (isFresh == isReadable) {
            return 0;
        }
        isReadable = isFresh;
        if (!isFresh) {
            reader.onUnreadable();
        }
        return 1;
    }

    /** Nobody changes the pid of an epoch: a second writer is at work, and only a new epoch is trusted again. */
    private boolean hasForeignWriter(final EpochMapping of) {
        final long pid = of.pid();
        if (isPidKnown && pid != mappedPid) {
            isForeign = true;
            context.errorHandler()
                    .onError(new RegionException("the pid in " + of + " changed from " + mappedPid + " to " + pid
                            + "; it is not read any more"));
        }
        isPidKnown = true;
        mappedPid = pid;
        return isForeign;
    }

    /** A file of an epoch was truncated: it is mapped again when it is described again. */
    void onFault(final EpochMapping faulted) {
        if (faulted == mapping) {
            unmap();
        }
    }

    private void unmap() {
        if (isReadable) {
            isReadable = false;
            reader.onUnreadable();
        }
        final EpochMapping old = mapping;
        if (old != null) {
            mapping = null;
            lingering.add(old, context.nanoClock().nanoTime());
            reader.onUnmapped();
        }
    }

    /** Forgets everything: what is described next is followed, whatever its number. */
    void reset() {
        generation++;
        unmap();
        followed = null;
        attempted = null;
        next = null;
        lastRefused = null;
        isForeign = false;
    }
}
