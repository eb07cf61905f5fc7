package io.tensorpool.bench;

/** When the producer publishes. */
public enum Flow {
    /** As fast as it goes while at most half the ring is not acknowledged, so that nothing is lost. */
    CONTROLLED,
    /** As fast as it goes; what the consumer misses is counted. */
    FREE,
    /** At a fixed rate, each frame stamped with the time at which it was due. */
    PACED
}
