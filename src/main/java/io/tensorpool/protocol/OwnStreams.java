package io.tensorpool.protocol;

/**
 * The streams of one consumer's own.
 *
 * @param descriptors for descriptors.
 * @param controls    for progress messages.
 */
public record OwnStreams(OwnStream descriptors, OwnStream controls) {
    /** None at all: the shared ones. */
    public static final OwnStreams NONE = new OwnStreams(OwnStream.NONE, OwnStream.NONE);

    /**
     * Whether there is neither.
     *
     * @return true for {@link #NONE}; a half of one counts as something.
     */
    public boolean areNone() {
        return descriptors.isNone() && controls.isNone();
    }

    /**
     * Whether an id comes without channel, or a channel without id.
     *
     * @return true if one of the two is such.
     */
    public boolean hasHalf() {
        return !(descriptors.isNone() || descriptors.isWhole()) || !(controls.isNone() || controls.isWhole());
    }
}
