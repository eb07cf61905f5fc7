package io.tensorpool.protocol;

import io.tensorpool.ConsumerMode;

/**
 * How a consumer is served (wire specification 10.1.3).
 *
 * @param streamId           the consumer reads.
 * @param consumerId         its id.
 * @param useShm             whether it is to read shared memory.
 * @param mode               it is to read in.
 * @param payloadFallbackUri where else the frames can be had; empty for nowhere.
 * @param assigned           streams of its own; none means the shared ones.
 */
public record ConsumerConfig(
        int streamId,
        int consumerId,
        boolean useShm,
        ConsumerMode mode,
        String payloadFallbackUri,
        OwnStreams assigned) {
    /**
     * The answer to a hello: served as it wishes, on these streams.
     *
     * @param hello    it answers.
     * @param assigned streams of the consumer's own.
     * @return the answer.
     */
    public static ConsumerConfig answering(final ConsumerHello hello, final OwnStreams assigned) {
        return new ConsumerConfig(
                hello.streamId(),
                hello.consumerId(),
                hello.supportsShm(),
                hello.rate().mode(),
                "",
                assigned);
    }
}
