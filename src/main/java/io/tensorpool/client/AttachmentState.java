package io.tensorpool.client;

/**
 * Where a producer or consumer stands with its stream (driver specification 4.12). Only {@link #ACTIVE} means that frames
 * can be published or received; everything else but the last two comes to an end by itself.
 *
 * <p>Without a driver, {@link #ATTACHING} is a producer that makes its memory, and {@link #ATTACHED} a consumer that waits for
 * an announce.
 */
public enum AttachmentState {
    /** Asked for; the client's conductor has not taken it up yet. */
    INIT,
    /** There is no connection to the Aeron media driver at present, or the driver's control stream takes no message. */
    CONNECTING,
    /** The driver was asked for a lease and has not answered yet. */
    ATTACHING,
    /** The driver refused, or did not answer in time; it is asked again after a growing delay. */
    BACKOFF,
    /** There is a lease; its memory is being mapped. */
    ATTACHED,
    /** The memory is mapped, and something else is missing: Aeron's confirmation, or a sign of life in the memory. */
    MAPPED,
    /** Frames can be published or received. */
    ACTIVE,
    /** The lease was revoked, or expired, or its driver is not heard any more; another one will be asked for. */
    REVOKED,
    /** The driver has said that it ends; the next one will be asked. */
    SHUT_DOWN,
    /** Closed, and the lease is being given back. */
    DETACHING,
    /** Ended by what {@link AttachmentStatus#failure()} says; nothing is tried any more. */
    FAILED,
    /** Closed: by the application, with the client, or because the given Aeron client was closed. */
    CLOSED;

    /**
     * Whether there is a lease that may be used.
     *
     * @return true for {@link #ATTACHED}, {@link #MAPPED} and {@link #ACTIVE}.
     */
    public boolean holdsLease() {
        return this == ATTACHED || this == MAPPED || this == ACTIVE;
    }

    /**
     * Whether nothing follows.
     *
     * @return true for {@link #FAILED} and {@link #CLOSED}.
     */
    public boolean isFinal() {
        return this == FAILED || this == CLOSED;
    }

    /** Whether a lease is to be asked for when the time has come. */
    boolean isWaiting() {
        return this == CONNECTING || this == BACKOFF || this == REVOKED || this == SHUT_DOWN;
    }
}
