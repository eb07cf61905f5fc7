package io.tensorpool.support;

import io.tensorpool.runtime.FileWorker;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Callable;

/** A file worker without a thread: tasks are done when completions are drained, or only when the test says so. */
public final class QueuedFileWorker implements FileWorker {
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private boolean isHeld;

    /** From now on tasks wait until {@link #release()}. */
    public void hold() {
        isHeld = true;
    }

    public void release() {
        isHeld = false;
    }

    @Override
    public <T> void submit(final Callable<T> task, final Completion<T> completion) {
        tasks.add(() -> {
            final T result;
            try {
                result = task.call();
            } catch (final Exception | InternalError ex) {
                completion.onCompleted(null, ex);
                return;
            }
            completion.onCompleted(result, null);
        });
    }

    @Override
    public int drainCompletions() {
        int count = 0;
        while (!isHeld && !tasks.isEmpty()) {
            tasks.remove().run();
            count++;
        }
        return count;
    }

    @Override
    public void close() {
        isHeld = false;
        drainCompletions();
    }
}
