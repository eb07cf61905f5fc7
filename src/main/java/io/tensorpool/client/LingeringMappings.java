package io.tensorpool.client;

import io.tensorpool.runtime.FileWorker;
import io.tensorpool.shm.EpochMapping;
import java.util.ArrayDeque;
import java.util.Deque;
import org.agrona.ErrorHandler;

/**
 * Mappings that were replaced, kept for a while because an application's thread may still be at a frame of them. Unmapping
 * is the file worker's: it stops other threads and can take long. Conductor's thread only.
 */
final class LingeringMappings {
    private record Lingering(EpochMapping mapping, long untilNs) {}

    private final Deque<Lingering> lingering = new ArrayDeque<>();
    private final FileWorker fileWorker;
    private final long lingerNs;
    private final ErrorHandler errorHandler;

    LingeringMappings(final FileWorker fileWorker, final long lingerNs, final ErrorHandler errorHandler) {
        this.fileWorker = fileWorker;
        this.lingerNs = lingerNs;
        this.errorHandler = errorHandler;
    }

    void add(final EpochMapping mapping, final long nowNs) {
        lingering.addLast(new Lingering(mapping, nowNs + lingerNs));
    }

    int doWork(final long nowNs) {
        int count = 0;
        while (!lingering.isEmpty() && nowNs - lingering.getFirst().untilNs() >= 0) {
            release(lingering.removeFirst().mapping());
            count++;
        }
        return count;
    }

    /** At once, for a mapping that nobody was ever given. */
    void release(final EpochMapping mapping) {
        fileWorker.submit(
                () -> {
                    mapping.release();
                    return mapping;
                },
                (released, failure) -> {
                    if (failure != null) {
                        errorHandler.onError(failure);
                    }
                });
    }

    void close() {
        lingering.forEach(entry -> release(entry.mapping()));
        lingering.clear();
    }
}
