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

    private static Refusal rejected(final String text) {
        return new Refusal(ResponseCode.REJECTED, text);
    }
}
