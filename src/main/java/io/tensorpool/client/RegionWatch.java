package io.tensorpool.client;

import io.tensorpool.EpochRegions;
import io.tensorpool.RegionException;
import io.tensorpool.runtime.FileWorker;
import io.tensorpool.shm.EpochProbe;
import io.tensorpool.shm.PathPolicy;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks into given regions while nothing can be read from them, each announce period, and has the follower map what is
 * there. Conductor's thread only; looking is the file worker's.
 */
final class RegionWatch {
    private final ClientContext context;
    private final FileWorker fileWorker;
    private final PathPolicy paths;
    private final int streamId;
    private final GivenRegions given;
    private final EpochFollower follower;
    private final Consumer<RegionException> onRefused;
    private boolean isUnderway;
    private boolean isRefused;
    private long nextLookNs;

    RegionWatch(
            final ClientContext context,
            final FileWorker fileWorker,
            final PathPolicy paths,
            final int streamId,
            final GivenRegions given,
            final EpochFollower follower,
            final Consumer<RegionException> onRefused) {
        this.context = context;
        this.fileWorker = fileWorker;
        this.paths = paths;
        this.streamId = streamId;
        this.given = given;
        this.follower = follower;
        this.onRefused = onRefused;
        this.nextLookNs = context.nanoClock().nanoTime();
    }

    int doWork(final long nowNs) {
        if (isUnderway || follower.readable() != null || nowNs - nextLookNs < 0) {
            return 0;
        }
        nextLookNs = nowNs + context.announcePeriodNs();
        isUnderway = true;
        fileWorker.submit(
                () -> EpochProbe.describe(streamId, given.headerRegionUri(), given.poolUris(), paths),
                this::onDescribed);
        return 1;
    }

    /** What is wrong is told once, until the regions were right again. */
    private void onDescribed(final @Nullable EpochRegions described, final @Nullable Throwable failure) {
        isUnderway = false;
        if (described != null) {
            isRefused = false;
            follower.follow(described, false);
        } else if (!isRefused) {
            isRefused = true;
            onRefused.accept(
                    failure instanceof final RegionException refused
                            ? refused
                            : new RegionException(
                                    String.valueOf(failure),
                                    failure == null ? new InternalError("no result") : failure));
        }
    }
}
