package io.tensorpool.client;

import io.tensorpool.TensorPoolException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * What an application's thread waits for while a producer or consumer is being added, and what stands between: written by
 * the conductor, read by the waiting thread.
 *
 * @param <T> Producer or Consumer.
 */
final class Admission<T> {
    private final CompletableFuture<T> future = new CompletableFuture<>();
    private volatile String obstacle;

    Admission(final String firstObstacle) {
        obstacle = firstObstacle;
    }

    void waitsFor(final String nextObstacle) {
        obstacle = nextObstacle;
    }

    void complete(final T admitted) {
        future.complete(admitted);
    }

    void fail(final TensorPoolException cause) {
        future.completeExceptionally(cause);
    }

    boolean isDone() {
        return future.isDone();
    }

    String obstacle() {
        return obstacle;
    }

    /** Once done: what was added, or the exception why it was not. */
    T result() {
        try {
            return future.join();
        } catch (final CompletionException ex) {
            if (ex.getCause() instanceof final TensorPoolException cause) {
                throw cause;
            }
            throw ex;
        }
    }
}
