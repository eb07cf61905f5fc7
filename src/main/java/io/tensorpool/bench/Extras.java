package io.tensorpool.bench;

/** Names of what only our own roles understand. */
final class Extras {
    /** Consumers of one stream, threads of one process that park when they are idle. */
    static final String CONSUMERS = "consumers";
    /** Streams of one producing thread. */
    static final String STREAMS = "streams";
    /** Streams that have a consumer, in one consuming thread. */
    static final String CONSUMED = "consumed";
    /** Whether each stream announces its frames on a stream of its own: 0 or 1. */
    static final String OWN_DESCRIPTORS = "own_descriptors";

    /** The library is not warmed up before the first frame. */
    static final String COLD = "cold";

    private Extras() {}
}
