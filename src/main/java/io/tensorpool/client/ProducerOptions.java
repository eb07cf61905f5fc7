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
 */
public record ProducerOptions(
        int streamId, boolean publishTimestamps, @Nullable Endpoint descriptorEndpoint) {
    /**
     * The defaults: no publish time, the client's descriptor endpoint.
     *
     * @param streamId unsigned 32-bit id of the stream.
     * @return the options.
     */
    public static ProducerOptions of(final int streamId) {
        return new ProducerOptions(streamId, false, null);
    }

    /**
     * The same with publish times.
     *
     * @return the options.
     */
    public ProducerOptions withPublishTimestamps() {
        return new ProducerOptions(streamId, true, descriptorEndpoint);
    }
}
