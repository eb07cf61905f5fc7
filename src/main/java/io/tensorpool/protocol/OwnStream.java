package io.tensorpool.protocol;

/**
 * A stream of one consumer's own, as wished for or as assigned (wire specification 10.1.2 and 10.1.3).
 *
 * @param channel  Aeron URI; empty for none.
 * @param streamId Aeron stream id; 0 for none.
 */
public record OwnStream(String channel, int streamId) {
    /** Longest channel that is read; a longer one makes its message unreadable. */
    public static final int MAX_CHANNEL_LENGTH = 512;
    /** Neither wished for nor assigned. */
    public static final OwnStream NONE = new OwnStream("", 0);

    /**
     * Whether there is neither a channel nor an id.
     *
     * @return true for {@link #NONE}.
     */
    public boolean isNone() {
        return channel.isEmpty() && streamId == 0;
    }

    /**
     * Whether there are both, a channel and an id. A half of it has to be refused.
     *
     * @return false for {@link #NONE} and for a half.
     */
    public boolean isWhole() {
        return !channel.isEmpty() && streamId != 0;
    }
}
