package io.tensorpool;

/** Root of the exceptions that this library throws of its own accord. */
public class TensorPoolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message only.
     *
     * @param message what happened, to which thing, and what was expected.
     */
    public TensorPoolException(final String message) {
        super(message);
    }

    /**
     * With a cause.
     *
     * @param message what happened, to which thing, and what was expected.
     * @param cause   what led to it.
     */
    public TensorPoolException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
