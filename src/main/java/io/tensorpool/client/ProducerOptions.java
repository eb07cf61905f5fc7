package io.tensorpool.client;

import io.tensorpool.Endpoint;
import org.jspecify.annotations.Nullable;

/**
 * How a producer publishes.
 *
 * @param streamId           unsigned 32-bit id of the stream.
 * @param publishTimestamps  whether each descriptor carries the time of its publication; costs a look at the clock per
 *                           frame (wire specification 10.2.1).
 * @param descriptorEndpoint where frames are announced; null for the client's default.
 * @param flush              called before each commit; null for none.
 * @param progress           how often consumers are told of frames that fill up.
 * @param ownMemory          what the producer makes for itself, without a driver; null where a driver does.
 */
public record ProducerOptions(
        int streamId,
        boolean publishTimestamps,
        @Nullable Endpoint descriptorEndpoint,
        @Nullable PayloadFlush flush,
        ProgressLimits progress,
        @Nullable OwnMemory ownMemory) {
    /**
     * The defaults: no publish time, the client's descriptor endpoint, no flush, a driver's memory.
     *
     * @param streamId unsigned 32-bit id of the stream.
     * @return the options.
     */
    public static ProducerOptions of(final int streamId) {
        return new ProducerOptions(streamId, false, null, null, ProgressLimits.DEFAULT, null);
    }

    /**
     * The same with publish times.
     *
     * @return the options.
     */
    public ProducerOptions withPublishTimestamps() {
        return new ProducerOptions(streamId, true, descriptorEndpoint, flush, progress, ownMemory);
    }

    /**
     * The same with frames announced elsewhere. Consumers must listen there.
     *
     * @param endpoint of the descriptors.
     * @return the options.
     */
    public ProducerOptions withDescriptorEndpoint(final Endpoint endpoint) {
        return new ProducerOptions(streamId, publishTimestamps, endpoint, flush, progress, ownMemory);
    }

    /**
     * The same with a hook that makes a device's writes visible.
     *
     * @param hook called before each commit.
     * @return the options.
     */
    public ProducerOptions withFlush(final PayloadFlush hook) {
        return new ProducerOptions(streamId, publishTimestamps, descriptorEndpoint, hook, progress, ownMemory);
    }

    /**
     * The same with other limits for messages about frames that fill up.
     *
     * @param limits {@link ProgressLimits#DEFAULT} by default.
     * @return the options.
     */
    public ProducerOptions withProgress(final ProgressLimits limits) {
        return new ProducerOptions(streamId, publishTimestamps, descriptorEndpoint, flush, limits, ownMemory);
    }

    /**
     * The same without a driver: the producer makes the memory of its stream, announces it, and removes it. Consumers then
     * read without a driver, too ({@link ConsumerOptions#withoutDriver}).
     *
     * @param memory where, and how much.
     * @return the options.
     */
    public ProducerOptions withOwnMemory(final OwnMemory memory) {
        return new ProducerOptions(streamId, publishTimestamps, descriptorEndpoint, flush, progress, memory);
    }
}
