package io.tensorpool;

/** A shared memory region was refused or could not be made. The message names the region and the reason. */
public class RegionException extends TensorPoolException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message only.
     *
     * @param message names the region and the reason.
     */
    public RegionException(final String message) {
        super(message);
    }

    /**
     * With a cause.
     *
     * @param message names the region and the reason.
     * @param cause   what led to it.
     */
    public RegionException(final String message, final Throwable cause) {
        super(message, cause);
    }
}
