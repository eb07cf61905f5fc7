package io.tensorpool.protocol;

/** Hears consumers present themselves. */
@FunctionalInterface
public interface ConsumerHelloListener {
    /**
     * A consumer presented itself, for the first time or again.
     *
     * @param streamId   it reads.
     * @param consumerId its own id.
     * @param asksForStreams whether it asks for descriptor or control streams of its own.
     */
    void onConsumerHello(int streamId, int consumerId, boolean asksForStreams);
}
