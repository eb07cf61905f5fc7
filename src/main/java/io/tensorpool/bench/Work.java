package io.tensorpool.bench;

/** What is done with the payload of each frame. */
public enum Work {
    /** Nothing: claimed and committed; the consumer validates. */
    UNTOUCHED,
    /** The producer fills it with one byte, the low one of the sequence number; the consumer adds it up and asks whether it was intact. */
    TOUCHED,
    /** The producer copies it in from memory of its own; the consumer validates. */
    COPIED
}
