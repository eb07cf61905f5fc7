package io.tensorpool.client;

import java.lang.foreign.MemorySegment;

/**
 * Makes what a device wrote into a payload visible to the processors, before consumers are told of it (wire specification
 * 8.3). Not needed where the payload was written by this process, or by a device whose writes are coherent.
 */
@FunctionalInterface
public interface PayloadFlush {
    /**
     * Called in the producer's thread: by each commit and offer, before the frame is committed, and before each notice of
     * progress. What it throws leaves that call, and the frame is dropped.
     *
     * @param payload     of the claim.
     * @param filledBytes length of the prefix that has to be visible, 0 to the payload's length.
     */
    void flush(MemorySegment payload, long filledBytes);
}
