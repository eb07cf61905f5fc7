package io.tensorpool.driver;

/**
 * Whether what waited in a stream has been read, so that silence counts against those who were not heard. A driver that
 * stood still finds what was sent in time meanwhile. One that is sent messages without end must not wait for their end:
 * those behind the most that a log holds were sent later.
 */
final class Backlog {
    /** A log gives writers at most half a term, and a message takes 32 bytes at least: enough for terms of 64 MiB. */
    static final int MESSAGES_MAX = 1 << 20;

    private final int fragmentLimit;
    private int messages;

    /**
     * None yet.
     *
     * @param fragmentLimit of each poll.
     */
    Backlog(final int fragmentLimit) {
        this.fragmentLimit = fragmentLimit;
    }

    /** Takes in how much a poll has read. True if nothing waits that was there before. */
    boolean isRead(final int fragments) {
        if (fragments < fragmentLimit) {
            messages = 0;
            return true;
        }
        messages = Math.min(messages + fragments, MESSAGES_MAX);
        return messages == MESSAGES_MAX;
    }
}
