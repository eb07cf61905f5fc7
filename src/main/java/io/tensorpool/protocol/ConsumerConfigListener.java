package io.tensorpool.protocol;

/** Hears how consumers are served. */
@FunctionalInterface
public interface ConsumerConfigListener {
    /**
     * Somebody said how a consumer is served.
     *
     * @param config what was said.
     */
    void onConsumerConfig(ConsumerConfig config);
}
