package io.tensorpool.client;

import io.tensorpool.TensorPoolException;

/**
 * How a producer or consumer comes by the memory of its stream and keeps it: by a driver's lease ({@link Attachment}), by
 * making it ({@link RegionOwner}), or by hearing where it is ({@link Unleased}). Conductor's thread only.
 */
interface Hold {
    /** Whose memory it is. */
    interface Owner {
        /** The memory must not be used any more, from this moment on. Other memory may come. */
        void onLeaseLost(String cause);

        /** There is no memory and never will be. */
        void onAttachFailed(TensorPoolException cause);

        /** The hold has gone on from a state; before anything else is told. */
        void onStateChanged(AttachmentState from);
    }

    AttachmentState state();

    /** Id in announces, hellos and reports; unsigned, not 0. */
    int clientId();

    /** Whether there is memory that may be used. */
    default boolean isAttached() {
        return state().holdsLease();
    }

    /** Advances what is due. Returns a work count. */
    int doWork(long nowNs);

    /** Owner: the memory is mapped, but not in use. */
    void onMapped();

    /** Owner: frames can be published or received. */
    void onActive();

    /** Owner: the memory is not mapped, while the hold goes on. */
    void onUnmapped();

    /** Gives the memory up, because it is not usable, and gets other memory. */
    void reattach(String cause);

    /** Somebody else has the same id: gives the memory up, and gets it again under another id where it can choose one. */
    default void reattachAsAnother(final String cause) {
        reattach(cause);
    }

    /** Ends for good, and tells the owner why. */
    void fail(TensorPoolException cause);

    /** Aeron has closed the client; another one will come. */
    void onAeronLost();

    /** The given Aeron client is gone, and this with it: nothing can be said to anybody. */
    void abandon(TensorPoolException cause);

    /** Gives the memory back. Over when the state is final. */
    void close(long timeoutNs);
}
