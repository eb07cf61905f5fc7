package io.tensorpool.driver;

import io.tensorpool.ResponseCode;

/** Why an attach is refused: a code and the text that other implementations use too, where they have one. */
record Refusal(ResponseCode code, String text) {
    static final Refusal CLIENT_ATTACHED = rejected("client_id already attached");
    static final Refusal PRODUCER_ATTACHED = rejected("producer already attached");
    static final Refusal NOT_PROVISIONED = rejected("stream not provisioned");
    static final Refusal LAYOUT_VERSION = rejected("layout version mismatch");
    static final Refusal NODE_ID = rejected("desired node_id unavailable");
    static final Refusal NO_HUGEPAGES = rejected("hugepages not available");
    static final Refusal NO_STANDARD_PAGES = rejected("standard pages not available");

    static final Refusal SHUTTING_DOWN = rejected("driver is shutting down");

    /** Huge pages that a client insists on and that have run out are rejected, as where there are none (4.3); else it failed. */
    static Refusal noMemory(final AttachRequest request, final boolean isSpaceMissing, final String cause) {
        return isSpaceMissing && request.hugepagesCode() == AttachRequest.HUGEPAGES
                ? rejected(NO_HUGEPAGES.text + ": " + cause)
                : new Refusal(ResponseCode.INTERNAL_ERROR, cause);
    }

    private static Refusal rejected(final String text) {
        return new Refusal(ResponseCode.REJECTED, text);
    }
}
