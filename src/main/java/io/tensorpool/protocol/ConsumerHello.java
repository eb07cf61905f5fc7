package io.tensorpool.protocol;

import io.tensorpool.ConsumerMode;
import io.tensorpool.ProgressHints;

/**
 * How a consumer presents itself (wire specification 10.1.2).
 *
 * @param streamId              it reads.
 * @param consumerId            its own id.
 * @param supportsShm           whether it can map shared memory.
 * @param expectedLayoutVersion it reads.
 * @param rate                  of the descriptors that it wants.
 * @param progress              whether and how often it wants progress messages.
 * @param wishes                streams of its own that it asks for.
 */
public record ConsumerHello(
        int streamId,
        int consumerId,
        boolean supportsShm,
        int expectedLayoutVersion,
        Rate rate,
        ProgressHints progress,
        OwnStreams wishes) {
    /**
     * How many descriptors a consumer wants.
     *
     * @param mode      all, or some.
     * @param maxRateHz most per second in {@link ConsumerMode#RATE_LIMITED}, unsigned; 0 is unlimited.
     */
    public record Rate(ConsumerMode mode, int maxRateHz) {
        /** Every frame. */
        public static final Rate ALL = new Rate(ConsumerMode.STREAM, 0);
    }

    /**
     * Whether it asks for a stream of its own; a half of a request is one too, since it has to be refused.
     *
     * @return true if somebody has to answer.
     */
    public boolean asks() {
        return !wishes.areNone();
    }
}
