package io.tensorpool.protocol;

/** Hears consumers present themselves. */
@FunctionalInterface
public interface ConsumerHelloListener {
    /**
     * A consumer presented itself, for the first time or again.
     *
     * @param hello what it said.
     */
    void onConsumerHello(ConsumerHello hello);
}
