package io.tensorpool.client;

import io.tensorpool.TensorPoolException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A producer or consumer that is being added: what {@link TensorPoolClient#asyncAddProducer} and
 * {@link TensorPoolClient#asyncAddConsumer} return, to be polled until it {@link #isDone}. It goes on trying until it is
 * admitted, refused or {@link #cancel cancelled}. Any thread.
 *
 * @param <T> Producer or Consumer.
 */
public final class Admission<T extends AutoCloseable> {
    private final CompletableFuture<T> future = new CompletableFuture<>();
    private final long registrationId;
    private final T candidate;
    private final AttachmentStatus attachment;
    private volatile String obstacle;

    Admission(
            final long registrationId,
            final T candidate,
            final AttachmentStatus attachment,
            final String firstObstacle) {
        this.registrationId = registrationId;
        this.candidate = candidate;
        this.attachment = attachment;
        this.obstacle = firstObstacle;
    }

    /** Conductor: what it waits for now. */
    void waitsFor(final String nextObstacle) {
        obstacle = nextObstacle;
    }

    /** Conductor: it can be used; changes nothing the second time. */
    void complete() {
        future.complete(candidate);
    }

    /** Conductor: it never will; changes nothing once it is done. */
    void fail(final TensorPoolException cause) {
        future.completeExceptionally(cause);
    }

    /**
     * Whether it is admitted or refused. In invoker mode it gets there by {@link TensorPoolClient#doWork}.
     *
     * @return true from then on.
     */
    public boolean isDone() {
        return future.isDone();
    }

    /**
     * What was added.
     *
     * @return null while it is not done; then the producer or consumer, to be closed.
     * @throws TensorPoolException why it was refused: {@link io.tensorpool.AttachException} with the driver's code and text,
     *                             {@link io.tensorpool.RegionException}, {@link io.tensorpool.ConfigurationException} in the
     *                             cause, or that it was cancelled or the client closed.
     */
    public @Nullable T poll() {
        try {
            return future.getNow(null);
        } catch (final CompletionException ex) {
            if (ex.getCause() instanceof final TensorPoolException cause) {
                throw cause;
            }
            throw ex;
        }
    }

    /**
     * Why it was refused, without throwing it.
     *
     * @return null while it is not done, and if it was admitted.
     */
    public @Nullable Throwable failure() {
        return future.isCompletedExceptionally() ? future.exceptionNow() : null;
    }

    /**
     * Number of this addition, unlike that of any other of the same client.
     *
     * @return from 1.
     */
    public long registrationId() {
        return registrationId;
    }

    /**
     * Correlation id of the newest attach request that was sent for it (driver specification, appendix B.1).
     *
     * @return 0 before the first.
     */
    public long correlationId() {
        return attachment.correlationId();
    }

    /**
     * Where it stands with the driver.
     *
     * @return a live view, which is the producer's or consumer's afterwards.
     */
    public AttachmentStatus attachment() {
        return attachment;
    }

    /**
     * What it waits for, in words for people.
     *
     * @return of no meaning once it is done.
     */
    public String obstacle() {
        return obstacle;
    }

    /** Gives it up; if it was admitted already, closes it. */
    public void cancel() {
        try {
            candidate.close();
        } catch (final Exception ex) {
            throw new TensorPoolException(candidate + ": not closed: " + ex.getMessage(), ex);
        }
    }

    @Override
    public String toString() {
        return "addition " + registrationId + " of a " + candidate + ": " + attachment;
    }
}
