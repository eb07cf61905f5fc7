package io.tensorpool;

/** Something awaited did not happen in time. The message names it, how long was waited and what to look at. */
public class DeadlineException extends TensorPoolException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message only.
     *
     * @param message names what was awaited and for how long.
     */
    public DeadlineException(final String message) {
        super(message);
    }
}
