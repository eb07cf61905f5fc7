package io.tensorpool.shm;

/** What a process may do with the regions it maps. */
public enum Access {
    /** Consumers: the pages are mapped read-only, and so are the segments. */
    READ_ONLY,
    /** The driver and the attached producer. */
    READ_WRITE
}
