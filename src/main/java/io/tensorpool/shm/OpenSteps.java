package io.tensorpool.shm;

/** Steps of opening a region at which a test can stand in for an old kernel or a fast attacker. */
interface OpenSteps {
    /** Production: every step as it is. */
    OpenSteps REAL = new OpenSteps() {};

    /** Whether to try openat2; if not, or if the kernel refuses it, the path is walked part by part. */
    default boolean tryOpenat2() {
        return true;
    }

    /** The path has passed its checks and is about to be opened. */
    default void beforeOpen(final String path) {}

    /** The file is open and about to be checked. */
    default void afterOpen(final String path) {}

    /** The open file has passed its checks and is about to be mapped. */
    default void beforeMap(final String path) {}
}
