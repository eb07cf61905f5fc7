package io.tensorpool.runtime;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Does file operations that may take seconds, one after another, away from a conductor: creating, allocating, opening,
 * mapping, closing, unlinking. The conductor submits and later, in its duty cycle, receives the completions.
 */
public interface FileWorker extends AutoCloseable {
    /**
     * What becomes of a task.
     *
     * @param <T> of the result.
     */
    @FunctionalInterface
    interface Completion<T> {
        /**
         * Called in the conductor's thread.
         *
         * @param result  of the task; null if it failed.
         * @param failure why it failed; null if it did not.
         */
        void onCompleted(@Nullable T result, @Nullable Throwable failure);
    }

    /**
     * Queues a task.
     *
     * @param task       runs in the worker's thread.
     * @param completion runs in the conductor's thread, within {@link #drainCompletions}.
     * @param <T>        of the result.
     */
    <T> void submit(Callable<T> task, Completion<T> completion);

    /**
     * Calls the completions of the tasks that are done.
     *
     * @return how many.
     */
    int drainCompletions();

    /**
     * Finishes what is queued and calls the completions that are left. What is submitted afterwards, by one of these
     * completions for instance, is done at once by the thread that submits it, so that no mapping is left behind.
     */
    @Override
    void close();
}
