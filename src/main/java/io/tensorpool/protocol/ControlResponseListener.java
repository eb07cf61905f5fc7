package io.tensorpool.protocol;

import io.tensorpool.ResponseCode;

/** Hears the outcome of requests that have no answer of their own. */
@FunctionalInterface
public interface ControlResponseListener {
    /**
     * A request was answered (wire specification 15.17).
     *
     * @param correlationId of the request.
     * @param code          outcome.
     * @param text          cause for people, possibly empty.
     */
    void onControlResponse(long correlationId, ResponseCode code, String text);
}
