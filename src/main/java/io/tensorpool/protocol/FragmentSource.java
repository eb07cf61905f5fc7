package io.tensorpool.protocol;

import io.aeron.logbuffer.FragmentHandler;

/** Where messages come from: {@code subscription::poll}, or a list of buffers in a test. */
@FunctionalInterface
public interface FragmentSource {
    /**
     * Hands on what has arrived.
     *
     * @param handler called for each fragment, in the calling thread.
     * @param limit   most fragments to hand on.
     * @return how many were handed on.
     */
    int poll(FragmentHandler handler, int limit);
}
