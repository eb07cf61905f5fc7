package io.tensorpool.runtime;

import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A file worker with a thread of its own, which ends after a while without work. */
public final class FileWorkerThread implements FileWorker {
    private static final long IDLE_SECONDS = 10;
    private static final long CLOSE_SECONDS = 60;

    private final String name;
    private final ThreadPoolExecutor executor;
    private final Queue<Runnable> completions = new ConcurrentLinkedQueue<>();

    /**
     * A worker.
     *
     * @param name of its thread.
     */
    public FileWorkerThread(final String name) {
        this.name = name;
        executor = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            final Thread thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
    }

    @Override
    public <T> void submit(final Callable<T> task, final Completion<T> completion) {
        if (executor.isShutdown()) {
            outcomeOf(task, completion).run();
        } else {
            executor.execute(() -> completions.add(outcomeOf(task, completion)));
        }
    }

    private static <T> Runnable outcomeOf(final Callable<T> task, final Completion<T> completion) {
        @Nullable T result = null;
        @Nullable Throwable failure = null;
        try {
            result = task.call();
        } catch (final Exception | Error ex) { // whoever waits for the completion must get it
            failure = ex;
        }
        final @Nullable T finalResult = result;
        final @Nullable Throwable finalFailure = failure;
        return () -> completion.onCompleted(finalResult, finalFailure);
    }

    @Override
    public int drainCompletions() {
        int count = 0;
        Runnable completion = completions.poll();
        while (completion != null) {
            completion.run();
            count++;
            completion = completions.poll();
        }
        return count;
    }

    @Override
    public void close() {
        executor.shutdown();
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        boolean interrupted = false;
        boolean isWaiting = true;
        while (isWaiting) {
            try {
                if (!executor.awaitTermination(deadlineNs - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    System.getLogger(FileWorkerThread.class.getName())
                            .log(System.Logger.Level.WARNING, "{0}: still busy after {1} s", name, CLOSE_SECONDS);
                }
                isWaiting = false;
            } catch (final InterruptedException ex) {
                interrupted =
                        true; // who waits for this close for some seconds interrupts it; a mapping would be left behind
            }
        }
        drainCompletions();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
