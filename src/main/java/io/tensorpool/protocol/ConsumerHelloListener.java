package io.tensorpool.protocol;

/** Hears consumers present themselves. */
@FunctionalInterface
public interface ConsumerHelloListener {
    /**
     * A consumer presented itself, for the first time or again.
     *
     * @param streamId   it reads.
     * @param consumerId its own id.
     */
    void onConsumerHello(int streamId, int consumerId);
}
