package io.tensorpool;

/** A shared memory region could not be made for want of space. The message says how much is needed and how much there is. */
public class NoSpaceException extends RegionException {
    private static final long serialVersionUID = 1L;

    /**
     * With a message only.
     *
     * @param message names the region, the bytes needed and the bytes available.
     */
    public NoSpaceException(final String message) {
        super(message);
    }
}
